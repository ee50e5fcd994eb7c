import type { Frozen, ModuleEnv } from '../../../kube/index.ts';
import { metricsOf } from '../../../metadata/index.ts';
import type { Route, RouteRequest } from '../../../net/index.ts';
import type { NodeRow } from '../../api/node.ts';
import type { Run } from '../../api/run.ts';
import { specOf } from '../../effects/load.ts';
import { authorize, listScope, splitVerb } from '../access.ts';
import { apiErrors, errorAnswer, within } from '../errors.ts';
import { experimentById } from '../experiment-rows.ts';
import { listPage, parseListRequest } from '../list/list.ts';
import { listables } from '../list/listable.ts';
import { apiSpecOf } from '../rows.ts';
import { compact } from '../wire/message.ts';
import { runDetailsOf, runMessageOf } from './message.ts';
import { archiveRun, createRun, deleteRun, retryRun, runById, terminateRun, unarchiveRun } from './writes.ts';

const VERBS: Record<string, { said: string; act(env: ModuleEnv, r: RouteRequest, runId: string): Promise<void> }> = {
  archive: { said: 'Failed to archive a run', act: archiveRun },
  unarchive: { said: 'Failed to unarchive a run', act: unarchiveRun },
  terminate: { said: 'Failed to terminate a run', act: terminateRun },
  retry: { said: 'Failed to retry a run', act: retryRun },
};

/** `/apis/v2beta1/runs`. @source pipelines backend/src/apiserver/server/run_server.go@7b70c7b95f68 */
export function runRoutes(env: ModuleEnv): Route[] {
  const onError = errorAnswer;
  return [
    {
      method: 'GET',
      path: '/apis/v2beta1/runs',
      onError,
      handle: r => within('Failed to list runs', async () => ({ json: await listRuns(env, r) })),
    },
    {
      method: 'POST',
      path: '/apis/v2beta1/runs',
      onError,
      handle: r =>
        within('Failed to create a new run', async () => ({ json: await fullRunMessage(env, await createRun(env, r)) })),
    },
    {
      method: 'GET',
      path: '/apis/v2beta1/runs/:run_id',
      onError,
      handle: r =>
        within('Failed to get a run', async () => ({
          json: await fullRunMessage(env, await runById(env, r, r.params['run_id']!)),
        })),
    },
    {
      method: 'DELETE',
      path: '/apis/v2beta1/runs/:run_id',
      onError,
      handle: r =>
        within('Failed to delete a run', async () => {
          await deleteRun(env, r, r.params['run_id']!);
          return { json: {} };
        }),
    },
    {
      method: 'POST',
      path: '/apis/v2beta1/runs/:idAndVerb',
      onError,
      async handle(r) {
        const { id, verb } = splitVerb(r.params['idAndVerb']!);
        if (verb === '') throw apiErrors.wrongMethod();
        const known = Object.hasOwn(VERBS, verb) ? VERBS[verb]! : undefined;
        if (!known) throw apiErrors.unknownPath();
        return await within(known.said, async () => {
          await known.act(env, r, id);
          return { json: {} };
        });
      },
    },
  ];
}

/** The nodes of a run as the engine recorded them, parents before children. */
export async function nodesOf(env: ModuleEnv, runId: string): Promise<NodeRow[]> {
  const rows = await env.ledger.all<{ json: string }>('SELECT json FROM run_node WHERE run_uid = ? ORDER BY ordinal', [runId]);
  return rows.map(row => JSON.parse(row.json));
}

/** A run with its tasks and, unless it was made from a version, its spec. */
async function fullRunMessage(env: ModuleEnv, run: Frozen<Run>): Promise<Record<string, unknown>> {
  const uid = run.metadata.uid!;
  const [nodes, pipelineSpec, metrics] = await Promise.all([
    nodesOf(env, uid),
    run.spec?.pipelineRef ? undefined : apiSpecOfRun(env, run),
    metricsOf(env.ledger, [uid]),
  ]);
  return {
    ...runMessageOf(run),
    ...compact({ pipeline_spec: pipelineSpec, run_details: runDetailsOf(uid, nodes), metrics: metrics.get(uid) }),
  };
}

async function apiSpecOfRun(env: ModuleEnv, run: Frozen<Run>): Promise<unknown> {
  const { pipeline_spec: pipelineSpec, platform_spec: platformSpec } = await specOf(run, env.blobs);
  return apiSpecOf({ pipelineSpec, platformSpec });
}

/** Rows have no tasks, and no spec that is too large for the Run object; `GET /runs/{id}` has both. */
async function listRuns(env: ModuleEnv, r: RouteRequest): Promise<unknown> {
  const request = parseListRequest(r.query, listables.run);
  const page = await listPage<{ json: string; spec: string | null }>(env.ledger, request, {
    select: 'm.json, s.json AS spec',
    join: 'JOIN run_message m ON m.run_id = t.run_id LEFT JOIN pipeline_spec_text s ON s.sha256 = m.spec_sha256',
    scope: await runScope(env, r),
  });
  const metrics = await metricsOf(
    env.ledger,
    page.rows.map(row => row.row_key),
  );
  const runs = page.rows.map(row => ({
    ...JSON.parse(row.json),
    ...(row.spec ? { pipeline_spec: JSON.parse(row.spec) } : {}),
    ...compact({ metrics: metrics.get(row.row_key) }),
  }));
  return compact({ runs, total_size: page.totalSize, next_page_token: page.nextPageToken });
}

async function runScope(env: ModuleEnv, r: RouteRequest): Promise<Record<string, string>> {
  const experimentId = r.query.get('experiment_id');
  if (!experimentId) return await listScope(r, 'runs');
  const { namespace } = await experimentById(env.ledger, experimentId);
  await authorize(r, 'list', 'runs', namespace);
  return { experiment_id: experimentId };
}
