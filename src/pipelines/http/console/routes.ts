import { dump } from 'js-yaml';
import type { Frozen, ModuleEnv } from '../../../kube/index.ts';
import type { Route, RouteRequest } from '../../../net/index.ts';
import type { NodeRow } from '../../api/node.ts';
import { isFinal, type Run } from '../../api/run.ts';
import type { RunView } from '../../api/view.ts';
import { specOf } from '../../effects/load.ts';
import { PipelineError } from '../../errors.ts';
import type { Graph } from '../../graph/graph.ts';
import { lowerIr } from '../../ir/lower.ts';
import { readPipeline } from '../../ir/parse.ts';
import { pipelineView, type RunHead, runView } from '../../projection/view.ts';
import { podLogTail } from '../../why.ts';
import { errorAnswer, within } from '../errors.ts';
import { apiSpecOf } from '../rows.ts';
import { shownState } from '../runs/message.ts';
import { nodesOf } from '../runs/routes.ts';
import { runById } from '../runs/writes.ts';
import { versionById } from '../versions.ts';
import { isObject } from '../wire/message.ts';
import { watchViews } from './run-watch.ts';

const GRAPHS_KEPT = 100;
const TAILS_SHOWN = 3;

/** The console's documents: a run with its graph, the same as it changes, and a pipeline before any run. */
export function consoleRoutes(env: ModuleEnv): Route[] {
  const viewOf = runViewer(env);
  const onError = errorAnswer;
  return [
    {
      method: 'GET',
      path: '/console/api/runs/:run_id',
      onError,
      handle: r =>
        within('Failed to show a run', async () => ({ json: await viewOf(r, await runById(env, r, r.params['run_id']!)) })),
    },
    {
      method: 'GET',
      path: '/console/api/runs/:run_id/watch',
      onError,
      handle: r =>
        within('Failed to watch a run', async () => {
          const run = await runById(env, r, r.params['run_id']!);
          return { sse: watchViews(env, r, run, viewOf) };
        }),
    },
    {
      method: 'GET',
      path: '/console/api/pipelines/:pipeline_id/versions/:version_id',
      onError,
      handle: r =>
        within('Failed to show a pipeline version', async () => {
          const { spec } = await versionById(env, r, r.params['version_id']!, r.params['pipeline_id']!);
          const pipeline = readPipeline(apiSpecOf(spec ?? {}));
          const documents = [pipeline.spec, ...(pipeline.platform ? [pipeline.platform] : [])];
          const yaml = documents.map(d => dump(d, { lineWidth: 130 })).join('---\n');
          return { json: pipelineView(lowerIr(pipeline.spec, pipeline.platform), yaml) };
        }),
    },
  ];
}

export type RunViewer = (r: RouteRequest, run: Frozen<Run>) => Promise<RunView>;

/** Views are made of the Run object, the node rows and the graph; the graph of a run never changes and is kept. */
function runViewer(env: ModuleEnv): RunViewer {
  const graphs = new Map<string, Graph>();
  const graphOf = async (run: Frozen<Run>): Promise<Graph> => {
    const uid = run.metadata.uid!;
    let graph = graphs.get(uid);
    if (!graph) {
      const pipeline = readPipeline(await specOf(run, env.blobs));
      graph = lowerIr(pipeline.spec, pipeline.platform);
      if (graphs.size >= GRAPHS_KEPT) graphs.delete(graphs.keys().next().value!);
      graphs.set(uid, graph);
    }
    return graph;
  };
  return async (r, run) => {
    const runId = run.metadata.uid!;
    const [head, rows, last] = await Promise.all([
      headOf(env, run),
      nodesOf(env, runId),
      env.ledger.all<{ seq: number | null }>('SELECT max(seq) AS seq FROM run_event WHERE run_uid = ?', [runId]),
    ]);
    const sequence = last[0]?.seq ?? 0;
    try {
      return runView(head, await graphOf(run), rows, sequence, await logTailsOf(r, run, rows));
    } catch (e) {
      // A Run made by kubectl can have a pipeline that is none: there is no graph, but everything else.
      if (e instanceof PipelineError) return { ...head, error: head.error ?? e.message, nodes: [], edges: [], sequence };
      throw e;
    }
  };
}

async function headOf(env: ModuleEnv, run: Frozen<Run>): Promise<RunHead> {
  const { metadata, spec, status } = run;
  const name = async (table: string, key: string, id: string) =>
    (await env.ledger.all<{ name: string }>(`SELECT display_name AS name FROM ${table} WHERE ${key} = ?`, [id]))[0]?.name ?? id;
  const ref = spec?.pipelineRef;
  const [experiment, pipeline, version] = await Promise.all([
    name('experiment', 'experiment_id', spec?.experimentId ?? ''),
    ref ? name('pipeline_list', 'pipeline_id', ref.pipelineId) : undefined,
    ref ? name('pipeline_version_list', 'pipeline_version_id', ref.pipelineVersionId) : undefined,
  ]);
  const pipelineName = isObject(spec?.pipelineSpec)
    ? (spec.pipelineSpec['pipelineInfo'] as { name?: string } | undefined)?.name
    : undefined;
  const state = shownState(run);
  return {
    runId: metadata.uid!,
    name: metadata.name,
    namespace: metadata.namespace!,
    displayName: spec?.displayName ?? metadata.name,
    ...(spec?.description ? { description: spec.description } : {}),
    state,
    archived: spec?.storageState === 'ARCHIVED',
    experiment: { id: spec?.experimentId ?? '', name: experiment },
    ...(ref
      ? { pipeline: { id: ref.pipelineId, name: pipeline!, versionId: ref.pipelineVersionId, versionName: version! } }
      : pipelineName
        ? { pipeline: { id: '', name: pipelineName } }
        : {}),
    createdAt: metadata.creationTimestamp ?? '',
    ...(status?.startedAt ? { startedAt: status.startedAt } : {}),
    ...(status?.finishedAt && isFinal(state) ? { finishedAt: status.finishedAt } : {}),
    parameters: (spec?.parameters ?? {}) as Record<string, unknown>,
    ...(spec?.serviceAccountName ? { serviceAccount: spec.serviceAccountName } : {}),
    ...(spec?.pipelineRoot ? { pipelineRoot: spec.pipelineRoot } : {}),
    ...(status?.error && isFinal(state) ? { error: status.error.message } : {}),
  };
}

/** The ends of the logs of the first failed steps, read as the caller. */
async function logTailsOf(r: RouteRequest, run: Frozen<Run>, rows: readonly NodeRow[]): Promise<Map<string, string[]>> {
  const failed = rows.filter(n => n.state === 'Failed' && n.attempts.at(-1)?.pod).slice(0, TAILS_SHOWN);
  const tails = await Promise.all(failed.map(n => podLogTail(r, run.metadata.namespace!, n.attempts.at(-1)!.pod)));
  return new Map(failed.flatMap((n, i) => (tails[i] ? [[n.id, tails[i]] as const] : [])));
}
