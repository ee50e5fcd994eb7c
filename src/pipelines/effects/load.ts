import { isDataError } from '../../data/index.ts';
import type { Blobs, Sql } from '../../data/types.ts';
import type { Frozen } from '../../kube/types.ts';
import type { Run } from '../api/run.ts';
import type { RunFact } from '../controller/run.ts';
import type { RunEvent } from '../engine/events.ts';
import { apply } from '../engine/fold.ts';
import { initialState, type RunInfo } from '../engine/state.ts';
import { PipelineError } from '../errors.ts';
import type { Graph, Json } from '../graph/graph.ts';
import { lowerIr } from '../ir/lower.ts';
import { readPipeline } from '../ir/parse.ts';

/**
 * Reads a run from its object, the blob store and the ledger. A pipeline that is lost or cannot be lowered is a fact, not
 * an error.
 */
export async function loadRun(run: Frozen<Run>, ledger: Sql, blobs: Blobs): Promise<RunFact> {
  let graph: Graph;
  try {
    const parsed = readPipeline(await specOf(run, blobs));
    graph = lowerIr(parsed.spec, parsed.platform);
  } catch (e) {
    if (e instanceof PipelineError) return { error: e.message };
    if (isDataError(e, 'NotFound')) return { error: `the pipeline of this run is lost: ${e.message}` };
    throw e;
  }
  const rows = await ledger.all<{ json: string }>('SELECT json FROM run_event WHERE run_uid = ? ORDER BY seq', [
    run.metadata.uid!,
  ]);
  const events = rows.map(r => JSON.parse(r.json) as RunEvent);
  return { state: apply(initialState(graph, runInfo(run)), events), cache: {} };
}

/** The pipeline of a run: inline, or in the blob store under its hash. */
export async function specOf(run: Frozen<Run>, blobs: Blobs): Promise<{ pipeline_spec: unknown; platform_spec?: unknown }> {
  const { pipelineSpec, pipelineSpecHash, platformSpec } = run.spec ?? {};
  const inline =
    pipelineSpec ?? (pipelineSpecHash ? JSON.parse(new TextDecoder().decode(await blobs.read(pipelineSpecHash))) : {});
  return { pipeline_spec: inline, ...(platformSpec ? { platform_spec: platformSpec } : {}) };
}

export function runInfo(run: Frozen<Run>): RunInfo {
  const { metadata, spec } = run;
  return {
    uid: metadata.uid!,
    name: metadata.name,
    namespace: metadata.namespace!,
    displayName: spec?.displayName ?? metadata.name,
    createdAt: metadata.creationTimestamp!,
    ...(spec?.scheduledAt ? { scheduledAt: spec.scheduledAt } : {}),
    parameters: (spec?.parameters ?? {}) as { [name: string]: Json },
    ...(spec?.pipelineRoot ? { pipelineRoot: spec.pipelineRoot } : {}),
    serviceAccountName: spec?.serviceAccountName || 'pipeline-runner',
    cacheDisabled: spec?.cacheDisabled === true,
  };
}
