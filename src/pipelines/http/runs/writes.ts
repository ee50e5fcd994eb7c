import type { Statement } from '../../../data/types.ts';
import type { Frozen, ModuleEnv, Ref } from '../../../kube/index.ts';
import { isReason } from '../../../kube/index.ts';
import type { RouteRequest } from '../../../net/index.ts';
import { INLINE_SPEC_LIMIT_BYTES, isFinal, RUN_API_VERSION, type Run, type RunSpec } from '../../api/run.ts';
import { lowerIr } from '../../ir/lower.ts';
import { checkParameters } from '../../ir/parameters.ts';
import { type ParsedPipeline, readPipeline } from '../../ir/parse.ts';
import { apiErrors } from '../errors.ts';
import { defaultExperiment, experimentById } from '../experiment-rows.ts';
import { runObjectName } from '../object-names.ts';
import { forgetRun, runRows } from '../rows.ts';
import { latestVersion, versionForRun } from '../versions.ts';
import { checkJsonSize } from '../wire/json-size.ts';
import { type Decoded, decodeMessage } from '../wire/message.ts';
import { runMessage } from '../wire/messages.ts';
import { shownState } from './message.ts';

type RunRow = { run_id: string; namespace: string; object_name: string };
const NAME_TRIES = 5;

/** @throws ApiError 404 */
export async function runRef(env: ModuleEnv, runId: string): Promise<Ref> {
  const [row] = await env.ledger.all<RunRow>('SELECT run_id, namespace, object_name FROM run_list WHERE run_id = ?', [runId]);
  if (!row) throw apiErrors.notFound('Run', runId);
  return { apiVersion: RUN_API_VERSION, kind: 'Run', namespace: row.namespace, name: row.object_name };
}

/**
 * The live Run, read as the caller.
 * @throws ApiError 404 also when the object is gone and its row not yet, or another took its name
 */
export async function runById(env: ModuleEnv, r: RouteRequest, runId: string): Promise<Frozen<Run>> {
  const ref = await runRef(env, runId);
  try {
    const run = await r.client.get<Run>(ref);
    if (run.metadata.uid === runId) return run;
  } catch (e) {
    if (!isReason(e, 'NotFound')) throw e;
  }
  throw apiErrors.notFound('Run', runId);
}

/**
 * Creates a Run object of a request body, and its rows before anybody is told.
 * @throws ApiError 400 for a bad spec, parameters or source; 404 for unknown experiment, pipeline, version
 */
export async function createRun(env: ModuleEnv, r: RouteRequest): Promise<Frozen<Run>> {
  const body = decodeMessage(runMessage, await r.json(REQUEST_LIMIT_BYTES));
  if (body.plugins_output !== undefined)
    throw apiErrors.badRequest(
      'plugins_output is server-owned and populated exclusively via plugin lifecycle hooks',
      'plugins_output must not be set by the client',
    );
  if (!body.display_name) throw apiErrors.invalidInput('The run name is empty. Please specify a valid name');
  const experimentId = body.experiment_id || r.query.get('experiment_id');
  const experiment = experimentId ? await experimentById(env.ledger, experimentId) : await defaultExperiment(env);
  const { pipeline, pipelineRef } = await sourceOf(env, r, body);
  const parameters = body.runtime_config?.parameters ?? {};
  checkJsonSize(parameters);
  checkParameters(pipeline.spec, parameters);
  lowerIr(pipeline.spec, pipeline.platform);
  const spec: RunSpec = {
    displayName: body.display_name,
    experimentId: experiment.experiment_id,
    parameters,
    ...(await specMembers(env, pipeline)),
    ...(pipelineRef ? { pipelineRef } : {}),
    ...(body.description ? { description: body.description } : {}),
    ...(body.runtime_config?.pipeline_root ? { pipelineRoot: body.runtime_config.pipeline_root } : {}),
    ...(body.service_account ? { serviceAccountName: body.service_account } : {}),
    ...(body.recurring_run_id ? { recurringRunId: body.recurring_run_id } : {}),
    ...(body.scheduled_at ? { scheduledAt: body.scheduled_at } : {}),
  };
  const run = await createObject(env, r, experiment.namespace, pipeline.spec.pipelineInfo.name, spec);
  const touch: Statement = {
    sql: 'UPDATE experiment SET last_run_created_at = max(last_run_created_at, (SELECT created_at FROM run_list WHERE run_id = ?)) WHERE experiment_id = ?',
    params: [run.metadata.uid!, experiment.experiment_id],
  };
  await env.ledger.transaction([...runRows(run), touch]);
  return run;
}

/** A spec with base64 and all may be as large as an upload. */
const REQUEST_LIMIT_BYTES = 32 * 1024 * 1024;

type Source = { pipeline: ParsedPipeline; pipelineRef?: NonNullable<RunSpec['pipelineRef']> };
async function sourceOf(env: ModuleEnv, r: RouteRequest, body: Decoded<typeof runMessage>): Promise<Source> {
  const { pipeline_id: pipelineId = '', pipeline_version_id = '' } = body.pipeline_version_reference ?? {};
  const versionId = pipeline_version_id || body.pipeline_version_id;
  if (body.pipeline_spec && (versionId || pipelineId))
    throw apiErrors.invalidInput('A run has either a pipeline_spec or a pipeline_version_reference, not both');
  if (body.pipeline_spec) {
    checkJsonSize(body.pipeline_spec);
    return { pipeline: readPipeline(body.pipeline_spec) };
  }
  if (!versionId && !pipelineId) throw apiErrors.invalidInput('Pipeline spec source is missing');
  const version = versionId ? await versionForRun(env, r, versionId, pipelineId) : await latestVersion(env, r, pipelineId);
  return { pipeline: version.pipeline, pipelineRef: { pipelineId: version.pipelineId, pipelineVersionId: version.versionId } };
}

/** Large specs go to the blob store; the object holds their hash. */
async function specMembers(env: ModuleEnv, { spec, platform }: ParsedPipeline): Promise<Partial<RunSpec>> {
  const members = platform ? { platformSpec: platform } : {};
  const json = Buffer.from(JSON.stringify(spec));
  if (json.byteLength <= INLINE_SPEC_LIMIT_BYTES) return { pipelineSpec: spec, ...members };
  return { pipelineSpecHash: (await env.blobs.put(json)).sha256, ...members };
}

async function createObject(
  env: ModuleEnv,
  r: RouteRequest,
  namespace: string,
  pipelineName: string,
  spec: RunSpec,
): Promise<Frozen<Run>> {
  for (let tries = 1; ; tries++) {
    const metadata = { name: runObjectName(pipelineName, env.ids.suffix()), namespace };
    try {
      return await r.client.write<Run>({ verb: 'create', object: { apiVersion: RUN_API_VERSION, kind: 'Run', metadata, spec } });
    } catch (e) {
      if (!isReason(e, 'AlreadyExists') || tries === NAME_TRIES) throw e;
    }
  }
}

async function patchSpec(env: ModuleEnv, r: RouteRequest, ref: Ref, spec: Partial<RunSpec>): Promise<void> {
  const run = await r.client.write<Run>({ verb: 'patch', ref, type: 'merge', patch: { spec } });
  await env.ledger.transaction(runRows(run));
}

const STOPPABLE: ReadonlySet<string> = new Set(['PENDING', 'RUNNING', 'PAUSED']);

/** @throws ApiError 400 unless it is pending, running or paused */
export async function terminateRun(env: ModuleEnv, r: RouteRequest, runId: string): Promise<void> {
  const run = await runById(env, r, runId);
  if (!STOPPABLE.has(shownState(run))) throw apiErrors.invalidInput(`Failed to terminate a run ${runId}. Row not found`);
  await patchSpec(env, r, await runRef(env, runId), { terminate: true });
}

/** @throws ApiError 409 unless it has failed or was canceled */
export async function retryRun(env: ModuleEnv, r: RouteRequest, runId: string): Promise<void> {
  const run = await runById(env, r, runId);
  const state = shownState(run);
  if (!isFinal(state) || !['FAILED', 'CANCELED'].includes(state))
    throw apiErrors.badRequest(
      `Failed to retry run ${runId} as it does not allow retries`,
      `run is not in a failed state: State=${JSON.stringify(state)}`,
    );
  await patchSpec(env, r, await runRef(env, runId), { retryGeneration: (run.spec?.retryGeneration ?? 0) + 1 });
}

export async function archiveRun(env: ModuleEnv, r: RouteRequest, runId: string): Promise<void> {
  await patchSpec(env, r, await runRef(env, runId), { storageState: 'ARCHIVED' });
}

/** @throws ApiError 400 while its experiment is archived */
export async function unarchiveRun(env: ModuleEnv, r: RouteRequest, runId: string): Promise<void> {
  const run = await runById(env, r, runId);
  const experimentId = run.spec?.experimentId ?? '';
  if ((await experimentById(env.ledger, experimentId)).storage_state === 'ARCHIVED')
    throw apiErrors.failedPrecondition(
      `Failed to unarchive run ${runId} as experiment ${experimentId} must be un-archived first`,
      `the experiment ${experimentId} is archived`,
    );
  await patchSpec(env, r, await runRef(env, runId), { storageState: 'AVAILABLE' });
}

/** Deletes object and rows; a running one is stopped by that. */
export async function deleteRun(env: ModuleEnv, r: RouteRequest, runId: string): Promise<void> {
  const ref = await runRef(env, runId);
  try {
    await r.client.write({ verb: 'delete', ref, uid: runId, propagation: 'Background' });
  } catch (e) {
    if (!isReason(e, 'NotFound')) throw e;
  }
  await env.ledger.transaction(forgetRun(runId));
}

/** Archives what an experiment has, as archiving the experiment asks for. */
export async function archiveRunsOf(env: ModuleEnv, r: RouteRequest, experimentId: string): Promise<void> {
  const rows = await env.ledger.all<RunRow>(
    "SELECT run_id, namespace, object_name FROM run_list WHERE experiment_id = ? AND storage_state = 'AVAILABLE'",
    [experimentId],
  );
  for (const row of rows) {
    try {
      await archiveRun(env, r, row.run_id);
    } catch (e) {
      // Deleted meanwhile: nothing to archive.
      if (!isReason(e, 'NotFound')) throw e;
    }
  }
}
