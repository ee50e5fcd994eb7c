import type { ModuleEnv } from '../../kube/index.ts';
import type { Route, RouteRequest } from '../../net/index.ts';
import type { Pipeline } from '../api/pipeline.ts';
import { DEFAULT_NAMESPACE, listScope } from './access.ts';
import { apiErrors, errorAnswer, within } from './errors.ts';
import { listPage, parseListRequest } from './list/list.ts';
import { listables } from './list/listable.ts';
import {
  createPipeline,
  descriptionPatch,
  type NewPipeline,
  pipelineById,
  pipelineByName,
  pipelineRef,
} from './pipeline-objects.ts';
import { forgetPipeline, pipelineMessageOf, pipelineRows } from './rows.ts';
import { createVersion, newVersionOf } from './versions.ts';
import { compact, type Decoded, decodeMessage, isObject } from './wire/message.ts';
import { pipelineAndVersionMessage, pipelineMessage } from './wire/messages.ts';

const REQUEST_LIMIT_BYTES = 32 * 1024 * 1024;

/** `/apis/v2beta1/pipelines`. @source pipelines backend/src/apiserver/server/pipeline_server.go@7b70c7b95f68 */
export function pipelineRoutes(env: ModuleEnv): Route[] {
  const onError = errorAnswer;
  const byId = '/apis/v2beta1/pipelines/:pipeline_id';
  return [
    {
      method: 'GET',
      path: '/apis/v2beta1/pipelines',
      onError,
      handle: r =>
        within('Failed to list pipelines', async () => {
          const scope = await listScope(r, 'pipelines');
          const page = await listPage<{ json: string }>(env.ledger, parseListRequest(r.query, listables.pipeline), {
            select: 't.json',
            scope,
          });
          const pipelines = page.rows.map(row => JSON.parse(row.json));
          return { json: compact({ pipelines, total_size: page.totalSize, next_page_token: page.nextPageToken }) };
        }),
    },
    {
      method: 'POST',
      path: '/apis/v2beta1/pipelines',
      onError,
      handle: r =>
        within('Failed to create a pipeline', async () => ({
          json: pipelineMessageOf(await createPipeline(env, r, newPipelineOf(decodeMessage(pipelineMessage, await r.json())))),
        })),
    },
    {
      method: 'POST',
      path: '/apis/v2beta1/pipelines/create',
      onError,
      handle: r => within('Failed to create a pipeline', async () => ({ json: await createBoth(env, r) })),
    },
    {
      method: 'GET',
      path: '/apis/v2beta1/pipelines/names/:name',
      onError,
      handle: r => {
        const name = r.params['name']!;
        const namespace = r.query.get('namespace') || DEFAULT_NAMESPACE;
        return within(`Failed to get a pipeline with name ${name} and namespace ${namespace}. Check error stack.`, async () => ({
          json: pipelineMessageOf(await pipelineByName(env, r, namespace, name)),
        }));
      },
    },
    {
      method: 'GET',
      path: byId,
      onError,
      handle: r =>
        within(`Failed to get a pipeline ${r.params['pipeline_id']}. Check error stack`, async () => ({
          json: pipelineMessageOf(await pipelineById(env, r, r.params['pipeline_id']!)),
        })),
    },
    {
      method: 'PATCH',
      path: byId,
      onError,
      handle: r =>
        within(`Failed to update pipeline ${r.params['pipeline_id']}. Check error stack`, async () => {
          const changes = decodeMessage(pipelineMessage, await r.json());
          const before = await pipelineById(env, r, r.params['pipeline_id']!);
          const patch = descriptionPatch(before.spec?.tags, changes);
          const pipeline = await r.client.write<Pipeline>({ verb: 'patch', ref: pipelineRef(before), type: 'merge', patch });
          await env.ledger.transaction(pipelineRows(pipeline));
          return { json: pipelineMessageOf(pipeline) };
        }),
    },
    {
      method: 'DELETE',
      path: byId,
      onError,
      handle: r =>
        within(`Failed to delete pipeline ${r.params['pipeline_id']}. Check error stack`, async () => {
          await deletePipeline(env, r, r.params['pipeline_id']!, r.query.get('cascade') === 'true');
          return { json: {} };
        }),
    },
  ];
}

function newPipelineOf(m: Decoded<typeof pipelineMessage>): NewPipeline {
  const name = m.name || m.display_name || '';
  if (name === '') throw apiErrors.invalidInput('name is required');
  return {
    name,
    ...(m.display_name ? { displayName: m.display_name } : {}),
    ...(m.description ? { description: m.description } : {}),
    ...(m.namespace ? { namespace: m.namespace } : {}),
    ...(m.tags ? { tags: m.tags } : {}),
  };
}

/** Everything that can be wrong with the version is found before the pipeline is made. */
async function createBoth(env: ModuleEnv, r: RouteRequest): Promise<Record<string, unknown>> {
  const body = await r.json(REQUEST_LIMIT_BYTES);
  const m = decodeMessage(pipelineAndVersionMessage, body);
  if (!m.pipeline) throw apiErrors.invalidInput('pipeline is required');
  const pipeline = newPipelineOf(m.pipeline);
  const version = await newVersionOf(versionIn(body), pipeline.name, r.signal);
  return pipelineMessageOf(await createWithVersion(env, r, pipeline, version));
}
function versionIn(body: unknown): unknown {
  const version = isObject(body) ? (body['pipeline_version'] ?? body['pipelineVersion']) : undefined;
  if (!isObject(version)) throw apiErrors.invalidInput('pipeline_version is required');
  return version;
}

/** Creates both or neither. */
export async function createWithVersion(
  env: ModuleEnv,
  r: RouteRequest,
  p: NewPipeline,
  v: Parameters<typeof createVersion>[3],
): Promise<Awaited<ReturnType<typeof createPipeline>>> {
  const pipeline = await createPipeline(env, r, p);
  try {
    await createVersion(env, r, pipeline, v);
  } catch (e) {
    await r.client.write({ verb: 'delete', ref: pipelineRef(pipeline), uid: pipeline.metadata.uid! });
    await env.ledger.transaction(forgetPipeline(pipeline.metadata.uid!));
    throw e;
  }
  return pipeline;
}

/** Versions go with their pipeline, as their owner reference says, if that is wanted. */
async function deletePipeline(env: ModuleEnv, r: RouteRequest, pipelineId: string, cascade: boolean): Promise<void> {
  const pipeline = await pipelineById(env, r, pipelineId);
  const [version] = await env.ledger.all<{ id: string }>(
    'SELECT pipeline_version_id AS id FROM pipeline_version_list WHERE pipeline_id = ? ORDER BY created_at DESC LIMIT 1',
    [pipelineId],
  );
  if (version && !cascade)
    throw apiErrors.invalidInput(
      `Failed to delete pipeline with id ${pipelineId} as it has existing pipeline versions (e.g. ${version.id}). Set cascade=true to delete all versions`,
    );
  await r.client.write({ verb: 'delete', ref: pipelineRef(pipeline), uid: pipelineId, propagation: 'Background' });
  await env.ledger.transaction(forgetPipeline(pipelineId));
}
