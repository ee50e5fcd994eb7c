import { type Frozen, isReason, type ModuleEnv, type Ref } from '../../kube/index.ts';
import type { RouteRequest } from '../../net/index.ts';
import { PIPELINE_API_VERSION, type Pipeline } from '../api/pipeline.ts';
import { checkLength, DEFAULT_NAMESPACE } from './access.ts';
import { apiErrors } from './errors.ts';
import { NAME_ANNOTATION, pipelineObjectName } from './object-names.ts';
import { pipelineRows } from './rows.ts';

type PipelineRow = { pipeline_id: string; namespace: string; object_name: string };
export type NewPipeline = {
  name: string;
  displayName?: string;
  description?: string;
  namespace?: string;
  tags?: Record<string, string>;
};

export function pipelineRef(p: Frozen<Pipeline>): Ref {
  return { apiVersion: PIPELINE_API_VERSION, kind: 'Pipeline', namespace: p.metadata.namespace!, name: p.metadata.name };
}

/** A merge patch of what PATCH may change. Tags are replaced as a whole: those not named again are taken away. */
export function descriptionPatch(
  before: Readonly<Record<string, string>> | undefined,
  { display_name, tags }: { display_name?: string; tags?: Record<string, string> },
): { spec: Record<string, unknown> } {
  const gone = Object.fromEntries(Object.keys(before ?? {}).map(key => [key, null]));
  return { spec: { ...(display_name ? { displayName: display_name } : {}), ...(tags ? { tags: { ...gone, ...tags } } : {}) } };
}

/** The live Pipeline, read as the caller. @throws ApiError 404 */
export async function pipelineById(env: ModuleEnv, r: RouteRequest, pipelineId: string): Promise<Frozen<Pipeline>> {
  const rows = await env.ledger.all<PipelineRow>(
    'SELECT pipeline_id, namespace, object_name FROM pipeline_list WHERE pipeline_id = ?',
    [pipelineId],
  );
  return await live(r, rows[0], 'Pipeline', pipelineId);
}

/** @throws ApiError 404 */
export async function pipelineByName(
  env: ModuleEnv,
  r: RouteRequest,
  namespace: string,
  name: string,
): Promise<Frozen<Pipeline>> {
  const rows = await env.ledger.all<PipelineRow>(
    'SELECT pipeline_id, namespace, object_name FROM pipeline_list WHERE namespace = ? AND name = ?',
    [namespace, name],
  );
  return await live(r, rows[0], 'Namespace/Pipeline', `${namespace}/${name}`);
}

async function live(r: RouteRequest, row: PipelineRow | undefined, kind: string, said: string): Promise<Frozen<Pipeline>> {
  if (!row) throw apiErrors.notFound(kind, said);
  try {
    const pipeline = await r.client.get<Pipeline>({
      apiVersion: PIPELINE_API_VERSION,
      kind: 'Pipeline',
      namespace: row.namespace,
      name: row.object_name,
    });
    if (pipeline.metadata.uid === row.pipeline_id) return pipeline;
  } catch (e) {
    if (!isReason(e, 'NotFound')) throw e;
  }
  throw apiErrors.notFound(kind, said);
}

/**
 * Creates the Pipeline object and its row.
 * @throws ApiError 400 for a name that is empty or too long, 409 when the namespace has one of that name
 */
export async function createPipeline(env: ModuleEnv, r: RouteRequest, p: NewPipeline): Promise<Frozen<Pipeline>> {
  const namespace = p.namespace || DEFAULT_NAMESPACE;
  if (p.name === '') throw apiErrors.invalidInput("pipeline's name cannot be empty");
  checkLength('Pipeline', 'Name', p.name, 128);
  checkLength('Pipeline', 'Namespace', namespace, 63);
  const name = pipelineObjectName(p.name);
  const metadata = { name, namespace, ...(name === p.name ? {} : { annotations: { [NAME_ANNOTATION]: p.name } }) };
  const spec = {
    displayName: p.displayName || p.name,
    ...(p.description ? { description: p.description } : {}),
    ...(p.tags ? { tags: p.tags } : {}),
  };
  try {
    const pipeline = await r.client.write<Pipeline>({
      verb: 'create',
      object: { apiVersion: PIPELINE_API_VERSION, kind: 'Pipeline', metadata, spec },
    });
    await env.ledger.transaction(pipelineRows(pipeline));
    return pipeline;
  } catch (e) {
    if (!isReason(e, 'AlreadyExists')) throw e;
    throw apiErrors.alreadyExists(`Failed to create a new pipeline. The name ${p.name} already exist. Please specify a new name`);
  }
}
