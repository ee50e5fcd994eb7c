import type { Obj } from '../../kube/index.ts';
import { GROUP } from '../../lib/index.ts';
import type { RouteRequest } from '../../net/index.ts';
import { PIPELINES_GROUP } from '../api/pipeline.ts';
import { apiErrors } from './errors.ts';

/** Where things go whose client names no namespace, as upstream's single-user installation has it. */
export const DEFAULT_NAMESPACE = 'kubeflow';
export const DEFAULT_SERVICE_ACCOUNT = 'pipeline-runner';

/** What the API needs from the start. */
export const httpBootstrap: Obj[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: DEFAULT_NAMESPACE } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: DEFAULT_SERVICE_ACCOUNT, namespace: DEFAULT_NAMESPACE } },
];

const RESOURCES = {
  experiments: { group: PIPELINES_GROUP, resource: 'experiments' },
  pipelines: { group: PIPELINES_GROUP, resource: 'pipelines' },
  pipelineversions: { group: PIPELINES_GROUP, resource: 'pipelineversions' },
  runs: { group: GROUP, resource: 'runs' },
} as const;
type Resource = keyof typeof RESOURCES;

/**
 * Asks whether the caller may; needed for rows only, since what goes through the caller's client is checked there.
 * @throws ApiError 403
 */
export async function authorize(r: RouteRequest, verb: string, resource: Resource, namespace?: string): Promise<void> {
  const what = { ...RESOURCES[resource], ...(namespace === undefined ? {} : { namespace }) };
  if (await r.client.can(verb, what)) return;
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
  throw apiErrors.permissionDenied(`User '${r.user.username}' is not authorized to ${verb} ${resource} ${where}`);
}

/**
 * The equality that a list is limited to: the namespace asked for; without one, everything to whoever may see everything,
 * and the default namespace to others.
 */
export async function listScope(r: RouteRequest, resource: Resource): Promise<Record<string, string>> {
  const namespace = r.query.get('namespace');
  if (namespace) {
    await authorize(r, 'list', resource, namespace);
    return { namespace };
  }
  if (await r.client.can('list', RESOURCES[resource])) return {};
  await authorize(r, 'list', resource, DEFAULT_NAMESPACE);
  return { namespace: DEFAULT_NAMESPACE };
}

/** Ids and verbs share a path segment: `POST /runs/{id}:terminate`. */
export function splitVerb(segment: string): { id: string; verb: string } {
  const colon = segment.lastIndexOf(':');
  return colon < 0 ? { id: segment, verb: '' } : { id: segment.slice(0, colon), verb: segment.slice(colon + 1) };
}

/** @throws ApiError 400 with upstream's text. @source pipelines backend/src/apiserver/validation/length.go@7b70c7b95f68 */
export function checkLength(kind: string, field: string, value: string, most: number): void {
  if (Buffer.byteLength(value) > most) throw apiErrors.invalidInput(`${kind}.${field} length cannot exceed ${most}`);
}
