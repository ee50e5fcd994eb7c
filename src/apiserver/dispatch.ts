import { type ApiRequest, type ApiResponse, errors } from '../kube/index.ts';
import type { Call, ServerContext } from './context.ts';
import { deleteCollection, deleteObject } from './handlers/delete.ts';
import { evictPod } from './handlers/eviction.ts';
import { finalizeNamespace } from './handlers/namespaces.ts';
import { bindPod, readLog } from './handlers/pods.ts';
import { getObject, listObjects } from './handlers/read.ts';
import { getScale, patchScale, replaceScale } from './handlers/scale.ts';
import { watchObjects } from './handlers/watch.ts';
import { createObject, patchObject, replaceObject } from './handlers/write.ts';
import { hasSubresource, type ResourceDef } from './registry/resource.ts';
import { negotiate } from './request/accept.ts';
import type { RequestInfo } from './request/request-info.ts';

export type Handler = (ctx: ServerContext, call: Call) => Promise<ApiResponse>;
/** Handlers by verb. */
export type Handlers = Readonly<Record<string, Handler>>;

const STORED: Handlers = {
  get: getObject,
  list: listObjects,
  watch: watchObjects,
  create: createObject,
  update: replaceObject,
  patch: patchObject,
  delete: deleteObject,
  deletecollection: deleteCollection,
};
const part = (subresource: string): Handlers => ({
  get: getObject,
  update: (ctx, call) => replaceObject(ctx, call, subresource),
  patch: (ctx, call) => patchObject(ctx, call, subresource),
});
/** By the subresource's name on any resource. */
const SUBRESOURCES: Readonly<Record<string, Handlers>> = {
  status: part('status'),
  approval: part('status'),
  ephemeralcontainers: part('ephemeralcontainers'),
  scale: { get: getScale, update: replaceScale, patch: patchScale },
  binding: { create: bindPod },
  eviction: { create: evictPod },
  log: { get: readLog },
  finalize: { update: finalizeNamespace },
};
const CROSS_NAMESPACE = new Set(['list', 'watch']);

/** The handler of a resource request and what it works on. `more` = handlers that need what only the server has. @throws StatusError 404, 405, 406 */
export function resourceCall(
  ctx: ServerContext,
  request: ApiRequest,
  info: RequestInfo,
  more: Readonly<Record<string, Handlers>>,
): { call: Call; handler: Handler } {
  const def = ctx.registry.find(info.group, info.version, info.resource);
  if (!def) throw errors.unknownResource();
  if (info.subresource && !hasSubresource(def, info.subresource)) throw errors.unknownResource();
  if (!fitsScope(def, info)) throw errors.unknownResource();
  const query = request.query ?? new URLSearchParams();
  const isText = info.subresource === 'log' || info.subresource === 'proxy';
  const answer = negotiate(isText ? undefined : request.headers?.['accept'], query, true);
  const handlers = info.subresource ? (more[info.subresource] ?? SUBRESOURCES[info.subresource]) : STORED;
  const handler = info.subresource || def.verbs.includes(info.verb) ? handlers?.[info.verb] : undefined;
  if (!handler || !def.storage) throw errors.methodNotAllowed();
  const warnings = def.deprecated ? [def.deprecated] : [];
  return { call: { request, info, def, storage: def.storage, query, answer, warnings }, handler };
}

/** Namespaced resources are written in a namespace; their lists may span all. */
function fitsScope(def: ResourceDef, info: RequestInfo): boolean {
  if (def.namespaced) return info.namespace !== undefined || (info.name === undefined && CROSS_NAMESPACE.has(info.verb));
  return info.namespace === undefined;
}
