import { type Frozen, isReason, type ModuleEnv, type OwnerReference, type Ref } from '../../kube/index.ts';
import type { Route, RouteRequest } from '../../net/index.ts';
import { PIPELINE_API_VERSION, type Pipeline, type PipelineVersion, type PipelineVersionSpec } from '../api/pipeline.ts';
import { type ParsedPipeline, readPipeline } from '../ir/parse.ts';
import { authorize, checkLength } from './access.ts';
import { apiErrors, errorAnswer, within } from './errors.ts';
import { listPage, parseListRequest } from './list/list.ts';
import { listables } from './list/listable.ts';
import { NAME_ANNOTATION, versionObjectName } from './object-names.ts';
import { descriptionPatch, pipelineById } from './pipeline-objects.ts';
import { apiSpecOf, forgetVersion, versionMessageOf, versionRows } from './rows.ts';
import { fetchPipeline } from './upload/package-url.ts';
import { compact, decodeMessage } from './wire/message.ts';
import { pipelineVersionMessage } from './wire/messages.ts';

type VersionRow = { pipeline_version_id: string; pipeline_id: string; namespace: string; object_name: string };

/** What a new version is made of. */
export type NewVersion = {
  name: string;
  displayName?: string;
  description?: string;
  codeSourceUrl?: string;
  pipelineUrl?: string;
  tags?: Record<string, string>;
  pipeline: ParsedPipeline;
};

/** @throws ApiError 404; also when it belongs to another pipeline */
export async function versionById(
  env: ModuleEnv,
  r: RouteRequest,
  versionId: string,
  pipelineId?: string,
): Promise<Frozen<PipelineVersion>> {
  const [row] = await env.ledger.all<VersionRow>(
    'SELECT pipeline_version_id, pipeline_id, namespace, object_name FROM pipeline_version_list WHERE pipeline_version_id = ?',
    [versionId],
  );
  if (!row || (pipelineId && row.pipeline_id !== pipelineId)) throw apiErrors.notFound('PipelineVersion', versionId);
  try {
    const version = await r.client.get<PipelineVersion>(refOfRow(row));
    if (version.metadata.uid === versionId) return version;
  } catch (e) {
    if (!isReason(e, 'NotFound')) throw e;
  }
  throw apiErrors.notFound('PipelineVersion', versionId);
}

/** A version as a run's source. @throws ApiError 400 when it is not one of that pipeline */
export async function versionForRun(env: ModuleEnv, r: RouteRequest, versionId: string, pipelineId: string) {
  const version = await versionById(env, r, versionId);
  const owner = version.metadata.ownerReferences?.find(o => o.kind === 'Pipeline')?.uid ?? '';
  if (pipelineId && owner !== pipelineId)
    throw apiErrors.invalidInput(`Pipeline version ${versionId} belongs to pipeline ${owner} (not ${pipelineId})`);
  return { pipelineId: owner, versionId, pipeline: readPipeline(apiSpecOf(version.spec ?? {})) };
}

/** The newest version of a pipeline as a run's source. @throws ApiError 404 */
export async function latestVersion(env: ModuleEnv, r: RouteRequest, pipelineId: string) {
  const [row] = await env.ledger.all<VersionRow>(
    'SELECT pipeline_version_id FROM pipeline_version_list WHERE pipeline_id = ? ORDER BY created_at DESC, version DESC LIMIT 1',
    [pipelineId],
  );
  if (!row) throw apiErrors.notFound('PipelineVersion', pipelineId);
  return await versionForRun(env, r, row.pipeline_version_id, pipelineId);
}

/**
 * Creates the PipelineVersion object and its rows.
 * @throws ApiError 400 for a name too long, 409 when the pipeline has one of that name
 */
export async function createVersion(
  env: ModuleEnv,
  r: RouteRequest,
  pipeline: Frozen<Pipeline>,
  v: NewVersion,
): Promise<Frozen<PipelineVersion>> {
  checkLength('PipelineVersion', 'Name', v.name, 127);
  const { name, namespace, uid } = pipeline.metadata;
  const owner: OwnerReference = {
    apiVersion: PIPELINE_API_VERSION,
    kind: 'Pipeline',
    name,
    uid: uid!,
    controller: true,
    blockOwnerDeletion: true,
  };
  const spec: PipelineVersionSpec = {
    pipelineName: name,
    pipelineSpec: v.pipeline.spec,
    ...(v.pipeline.platform ? { platformSpec: v.pipeline.platform } : {}),
    ...(v.displayName ? { displayName: v.displayName } : {}),
    ...(v.description ? { description: v.description } : {}),
    ...(v.codeSourceUrl ? { codeSourceURL: v.codeSourceUrl } : {}),
    ...(v.pipelineUrl ? { pipelineSpecURI: v.pipelineUrl } : {}),
    ...(v.tags ? { tags: v.tags } : {}),
  };
  const metadata = {
    name: versionObjectName(name, v.name),
    ...(namespace === undefined ? {} : { namespace }),
    annotations: { [NAME_ANNOTATION]: v.name },
    labels: { 'pipelines.kubeflow.org/pipeline-id': uid! },
    ownerReferences: [owner],
  };
  try {
    const object = { apiVersion: PIPELINE_API_VERSION, kind: 'PipelineVersion', metadata, spec };
    const version = await r.client.write<PipelineVersion>({ verb: 'create', object });
    await env.ledger.transaction(versionRows(version));
    return version;
  } catch (e) {
    if (!isReason(e, 'AlreadyExists')) throw e;
    throw apiErrors.alreadyExists(
      `Failed to create a new pipeline version. The name ${v.name} already exist. Specify a new name`,
    );
  }
}

/** With the spec, as every answer about versions has it. */
export function fullMessageOf(v: Frozen<PipelineVersion>): Record<string, unknown> {
  return { ...versionMessageOf(v), ...(v.spec?.pipelineSpec === undefined ? {} : { pipeline_spec: apiSpecOf(v.spec) }) };
}

/** Reads a version of a request: its spec itself, or where to fetch it from. */
export async function newVersionOf(body: unknown, otherwiseName: string, signal: AbortSignal): Promise<NewVersion> {
  const m = decodeMessage(pipelineVersionMessage, body);
  const url = m.package_url?.pipeline_url;
  if (!m.pipeline_spec && !url) throw apiErrors.invalidInput('Failed to create a pipeline version. Package URL is empty');
  const name = m.name || m.display_name || otherwiseName;
  if (name === '') throw apiErrors.invalidInput('name is required');
  return {
    name,
    displayName: m.display_name || name,
    ...(m.description ? { description: m.description } : {}),
    ...(m.code_source_url ? { codeSourceUrl: m.code_source_url } : {}),
    ...(m.tags ? { tags: m.tags } : {}),
    ...(url ? { pipelineUrl: url } : {}),
    pipeline: m.pipeline_spec ? readPipeline(m.pipeline_spec) : await fetchPipeline(url!, signal),
  };
}

/** `/apis/v2beta1/pipelines/{id}/versions`. @source pipelines backend/src/apiserver/server/pipeline_server.go@7b70c7b95f68 */
export function versionRoutes(env: ModuleEnv): Route[] {
  const onError = errorAnswer;
  const path = '/apis/v2beta1/pipelines/:pipeline_id/versions';
  return [
    {
      method: 'GET',
      path,
      onError,
      handle: r =>
        within('Failed to list pipeline versions', async () => {
          const pipeline = await pipelineById(env, r, r.params['pipeline_id']!);
          await authorize(r, 'list', 'pipelineversions', pipeline.metadata.namespace);
          const page = await listPage<{ json: string; spec: string | null }>(
            env.ledger,
            parseListRequest(r.query, listables.pipelineVersion),
            {
              select: 't.json, s.json AS spec',
              join: 'LEFT JOIN pipeline_spec_text s ON s.sha256 = t.spec_sha256',
              scope: { pipeline_id: pipeline.metadata.uid! },
            },
          );
          const pipeline_versions = page.rows.map(row => ({
            ...JSON.parse(row.json),
            ...(row.spec ? { pipeline_spec: JSON.parse(row.spec) } : {}),
          }));
          return { json: compact({ pipeline_versions, total_size: page.totalSize, next_page_token: page.nextPageToken }) };
        }),
    },
    {
      method: 'POST',
      path,
      onError,
      handle: r =>
        within('Failed to create a pipeline version', async () => {
          const version = await newVersionOf(await r.json(REQUEST_LIMIT_BYTES), '', r.signal);
          const pipeline = await pipelineById(env, r, r.params['pipeline_id']!);
          return { json: fullMessageOf(await createVersion(env, r, pipeline, version)) };
        }),
    },
    {
      method: 'GET',
      path: `${path}/:version_id`,
      onError,
      handle: r =>
        within(`Failed to get a pipeline version ${r.params['version_id']}`, async () => ({
          json: fullMessageOf(await versionById(env, r, r.params['version_id']!, r.params['pipeline_id']!)),
        })),
    },
    {
      method: 'PATCH',
      path: `${path}/:version_id`,
      onError,
      handle: r =>
        within(`Failed to update pipeline version ${r.params['version_id']}`, async () => {
          const changes = decodeMessage(pipelineVersionMessage, await r.json(REQUEST_LIMIT_BYTES));
          const { metadata, spec } = await versionById(env, r, r.params['version_id']!, r.params['pipeline_id']!);
          const patch = descriptionPatch(spec?.tags, changes);
          const ref: Ref = {
            apiVersion: PIPELINE_API_VERSION,
            kind: 'PipelineVersion',
            namespace: metadata.namespace!,
            name: metadata.name,
          };
          const version = await r.client.write<PipelineVersion>({ verb: 'patch', ref, type: 'merge', patch });
          await env.ledger.transaction(versionRows(version));
          return { json: fullMessageOf(version) };
        }),
    },
    {
      method: 'DELETE',
      path: `${path}/:version_id`,
      onError,
      handle: r =>
        within(`Failed to delete a pipeline version id ${r.params['version_id']}`, async () => {
          const { metadata } = await versionById(env, r, r.params['version_id']!, r.params['pipeline_id']!);
          const ref: Ref = {
            apiVersion: PIPELINE_API_VERSION,
            kind: 'PipelineVersion',
            namespace: metadata.namespace!,
            name: metadata.name,
          };
          await r.client.write({ verb: 'delete', ref, uid: metadata.uid! });
          await env.ledger.transaction(forgetVersion(metadata.uid!));
          return { json: {} };
        }),
    },
  ];
}

const REQUEST_LIMIT_BYTES = 32 * 1024 * 1024;

function refOfRow(row: VersionRow): Ref {
  return { apiVersion: PIPELINE_API_VERSION, kind: 'PipelineVersion', namespace: row.namespace, name: row.object_name };
}
