import { type ApiResponse, errors, type Obj } from '../../kube/index.ts';
import type { Call, ServerContext } from '../context.ts';
import { decodeProtobuf } from '../protobuf/index.ts';
import { apiVersionOf, keyOfName, type ResourceDef, viewOf } from '../registry/resource.ts';
import { contentTypeOf, readJson } from '../request/body.ts';
import { filterOf } from '../request/filter.ts';
import { type DeleteOptions, deleteOptions, listOptions } from '../request/options.ts';
import type { Revision } from '../store/index.ts';
import { type Deleted, deleteIn } from '../write/delete.ts';
import { commitShown } from '../write/pipeline.ts';
import { readAll, respondWith } from './read.ts';
import { respond } from './respond.ts';

function optionsOf(call: Call): DeleteOptions {
  const { request, query } = call;
  const isProtobuf =
    request.object === undefined && request.body?.byteLength && contentTypeOf(request) === 'application/vnd.kubernetes.protobuf';
  return deleteOptions(isProtobuf ? decodeProtobuf(request.body!) : readJson(request, 'DeleteOptions'), query);
}

async function remove(ctx: ServerContext, call: Call, key: string, name: string, o: DeleteOptions): Promise<Deleted> {
  let isGone = false;
  const revision = await commitShown(ctx, call, o.dryRun, tx => {
    const previous = tx.get(call.storage, key);
    if (!previous) throw errors.notFound(call.def, name);
    const deleted = deleteIn(ctx, tx, call, previous, o);
    isGone = deleted.isGone;
    return deleted.revision;
  });
  return { revision, isGone };
}

/** DELETE of one object: a Status when it is gone, the object while it waits, always the object of a Pod. */
export async function deleteObject(ctx: ServerContext, call: Call): Promise<ApiResponse> {
  const { def, info } = call;
  const o = optionsOf(call);
  const { revision, isGone } = await remove(ctx, call, keyOfName(def, info.namespace, info.name!), info.name!, o);
  if (!isGone || def.plural === 'pods')
    return respondWith(ctx, call, !isGone && o.orphanDependents === false ? 202 : 200, revision);
  return respond(200, success(def, revision), call.answer);
}

function success(def: ResourceDef, revision: Revision): object {
  const { name, uid } = revision.object.metadata;
  const details = { name, ...(def.group ? { group: def.group } : {}), kind: def.plural, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

/** DELETE of a collection: what is selected, each for itself; answers with what was deleted. */
export async function deleteCollection(ctx: ServerContext, call: Call): Promise<ApiResponse> {
  const { def, query, storage } = call;
  const o = optionsOf(call);
  const { items, rv } = await readAll(ctx, call, filterOf(def, storage, listOptions(query, false)));
  const deleted = await Promise.all(
    items.map(async item => {
      try {
        return (await remove(ctx, call, item.key, item.object.metadata.name, o)).revision;
      } catch (e) {
        // Somebody else was faster: that is what was asked for.
        if ((e as { reason?: string }).reason === 'NotFound') return undefined;
        throw e;
      }
    }),
  );
  const objects: readonly unknown[] = deleted.filter(r => r !== undefined).map(r => viewOf(def, r) as Obj);
  return respond(
    200,
    { kind: def.listKind, apiVersion: apiVersionOf(def), metadata: { resourceVersion: String(rv) }, items: objects },
    call.answer,
  );
}
