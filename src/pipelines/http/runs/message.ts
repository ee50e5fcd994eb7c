import type { Frozen } from '../../../kube/index.ts';
import { sha256Hex, uuidFrom } from '../../../lib/index.ts';
import type { NodeRow } from '../../api/node.ts';
import { isFinal, type Run, type RunError } from '../../api/run.ts';
import type { ArtifactView, NodeState, RunState } from '../../api/view.ts';
import { compact, NEVER, timestamp } from '../wire/message.ts';

/** What clients are told, also before the engine has seen what they asked for. */
export function shownState(run: Frozen<Run>): RunState {
  const { spec, status } = run;
  const state = status?.state ?? 'PENDING';
  const retries = spec?.retryGeneration ?? 0;
  if (retries > (status?.retryGeneration ?? 0)) return 'RUNNING';
  return spec?.terminate && retries === 0 && !isFinal(state) ? 'CANCELING' : state;
}

/**
 * A Run object as the API shows it, without its pipeline spec and tasks. `namespace`, `failed_tasks` and `cached` are
 * ours, for the console; clients of upstream ignore what they do not know.
 * @source pipelines backend/src/apiserver/server/api_converter.go toApiRun@7b70c7b95f68
 */
export function runMessageOf(run: Frozen<Run>): Record<string, unknown> {
  const { metadata, spec, status } = run;
  const state = shownState(run);
  return {
    ...compact({
      experiment_id: spec?.experimentId,
      run_id: metadata.uid,
      display_name: spec?.displayName,
      storage_state: spec?.storageState ?? 'AVAILABLE',
      description: spec?.description,
      pipeline_version_reference: spec?.pipelineRef && {
        pipeline_id: spec.pipelineRef.pipelineId,
        pipeline_version_id: spec.pipelineRef.pipelineVersionId,
      },
      runtime_config: compact({ parameters: spec?.parameters, pipeline_root: spec?.pipelineRoot }),
      service_account: spec?.serviceAccountName,
      state,
      error: status?.error && isFinal(state) && errorOf(status.error),
      recurring_run_id: spec?.recurringRunId,
      namespace: metadata.namespace,
      failed_tasks: status?.counts?.Failed,
      cached: state === 'SUCCEEDED' && !status?.counts?.Succeeded && (status?.counts?.Cached ?? 0) > 0,
      state_history: status?.stateHistory?.map(h => ({
        update_time: timestamp(h.updateTime),
        state: h.state,
        ...(h.error ? { error: errorOf(h.error) } : {}),
      })),
    }),
    created_at: timestamp(metadata.creationTimestamp),
    scheduled_at: timestamp(spec?.scheduledAt ?? metadata.creationTimestamp),
    finished_at: isFinal(state) ? timestamp(status?.finishedAt) : NEVER,
  };
}

const TASK_STATE: Record<NodeState, RunState> = {
  Pending: 'PENDING',
  Running: 'RUNNING',
  Succeeded: 'SUCCEEDED',
  Failed: 'FAILED',
  Skipped: 'SKIPPED',
  // Upstream skips the executor of a cache hit, and its UI knows by that.
  Cached: 'SKIPPED',
  Canceled: 'CANCELED',
};

/** `run_details` of the nodes of a run. Task ids are UUIDs that follow from run and node, so they never change. */
export function runDetailsOf(runId: string, nodes: readonly NodeRow[]): Record<string, unknown> | undefined {
  if (nodes.length === 0) return undefined;
  const children = Map.groupBy(nodes, n => n.parent);
  const taskIds = new Map(nodes.map(n => [n.id, taskIdOf(runId, n.id)]));
  const idOf = (nodeId: string) => taskIds.get(nodeId) ?? taskIdOf(runId, nodeId);
  return { task_details: nodes.map(n => taskDetailOf(runId, n, children.get(n.id) ?? [], idOf)) };
}

export function taskIdOf(runId: string, nodeId: string): string {
  return uuidFrom(Buffer.from(sha256Hex(`${runId}/${nodeId}`), 'hex'));
}

function taskDetailOf(
  runId: string,
  node: NodeRow,
  children: readonly NodeRow[],
  idOf: (nodeId: string) => string,
): Record<string, unknown> {
  const last = node.attempts.at(-1);
  const failed = node.attempts.filter(a => a.state === 'Failed' && a !== last).map(a => a.pod);
  const state = TASK_STATE[node.state];
  return compact({
    run_id: runId,
    task_id: idOf(node.id),
    display_name: node.kind === 'root' ? 'root' : node.displayName,
    create_time: timestamp(node.createdAt),
    start_time: timestamp(node.startedAt ?? node.createdAt),
    end_time: timestamp(node.finishedAt),
    executor_detail: compact({ main_job: last?.pod, failed_main_jobs: failed }),
    state,
    execution_id: node.executionId,
    error: node.state === 'Failed' && { code: 2, message: node.message ?? last?.message ?? '' },
    inputs: artifactIds(node.inputs.artifacts),
    outputs: artifactIds(node.outputs.artifacts),
    parent_task_id: node.kind === 'root' ? undefined : idOf(node.parent ?? ''),
    state_history: [
      ...(node.startedAt ? [{ update_time: timestamp(node.startedAt), state: 'RUNNING' }] : []),
      ...(node.finishedAt ? [{ update_time: timestamp(node.finishedAt), state }] : []),
    ],
    pod_name: last?.pod,
    child_tasks: children.map(c => compact({ task_id: idOf(c.id), pod_name: c.attempts.at(-1)?.pod })),
  });
}

function artifactIds(artifacts: readonly ArtifactView[]): Record<string, { artifact_ids: string[] }> {
  const byName = Map.groupBy(
    artifacts.filter(a => a.artifactId !== undefined),
    a => a.name,
  );
  return Object.fromEntries([...byName].map(([name, some]) => [name, { artifact_ids: some.map(a => a.artifactId!) }]));
}
function errorOf(e: Frozen<RunError>): { code: number; message: string } {
  return { code: e.code, message: e.message };
}
