import { type ApiRequest, type ApiResponse, errors } from '../kube/index.ts';
import type { Call, ServerContext } from './context.ts';
import { deleteCollection, deleteObject } from './handlers/delete.ts';
import { getObject, listObjects } from './handlers/read.ts';
import { watchObjects } from './handlers/watch.ts';
import { createObject, patchObject, replaceObject } from './handlers/write.ts';
import { hasSubresource } from './registry/resource.ts';
import { negotiate } from './request/accept.ts';
import type { RequestInfo } from './request/request-info.ts';

export type Handler = (ctx: ServerContext, call: Call) => Promise<ApiResponse>;

/** Verbs of stored resources. */
const VERBS: Readonly<Record<string, Handler>> = {
  get: getObject,
  list: listObjects,
  watch: watchObjects,
  create: createObject,
  update: replaceObject,
  patch: patchObject,
  delete: deleteObject,
  deletecollection: deleteCollection,
};
const STATUS: Readonly<Record<string, Handler>> = {
  get: getObject,
  update: (ctx, call) => replaceObject(ctx, call, 'status'),
  patch: (ctx, call) => patchObject(ctx, call, 'status'),
};
const READS_TABLES = new Set(['get', 'list', 'watch']);

/** The handler of a resource request and what it works on. @throws StatusError 404, 405, 406 */
export function resourceCall(ctx: ServerContext, request: ApiRequest, info: RequestInfo): { call: Call; handler: Handler } {
  const def = ctx.registry.find(info.group, info.version, info.resource);
  if (!def) throw errors.unknownResource();
  if (info.subresource && !hasSubresource(def, info.subresource)) throw errors.unknownResource();
  if (def.namespaced !== (info.namespace !== undefined) && (!def.namespaced || !['list', 'watch'].includes(info.verb)))
    throw errors.unknownResource();
  const query = request.query ?? new URLSearchParams();
  const answer = negotiate(request.headers?.['accept'], query, READS_TABLES.has(info.verb) || request.method !== 'GET');
  const handlers = info.subresource === 'status' ? STATUS : VERBS;
  const handler = info.subresource === '' && !def.verbs.includes(info.verb) ? undefined : handlers[info.verb];
  if (!handler || !def.storage) throw errors.methodNotAllowed();
  return { call: { request, info, def, storage: def.storage, query, answer, warnings: [] }, handler };
}
