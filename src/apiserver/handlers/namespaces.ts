import { type ApiResponse, errors, type Obj } from '../../kube/index.ts';
import type { Call, ServerContext } from '../context.ts';
import { decodeProtobuf } from '../protobuf/index.ts';
import { readObject } from '../request/body.ts';
import { writeOptions } from '../request/options.ts';
import { commit } from '../write/pipeline.ts';
import { respondWith } from './read.ts';

/** PUT namespaces/finalize: the only way to change spec.finalizers; the last one lets a deleted namespace go. */
export async function finalizeNamespace(ctx: ServerContext, call: Call): Promise<ApiResponse> {
  const { def, info, storage, request } = call;
  const body = readObject(request, def, def, decodeProtobuf) as Obj<{ finalizers?: string[] }>;
  const { dryRun } = writeOptions('UpdateOptions', call.query);
  const revision = await commit(ctx, call.request, dryRun, tx => {
    const previous = tx.get(storage, info.name!);
    if (!previous) throw errors.notFound(def, info.name!);
    const { resourceVersion } = body.metadata;
    const old = previous.object as unknown as Obj<object>;
    if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) throw errors.conflict(def, info.name!);
    const finalizers = body.spec?.finalizers ?? [];
    const next = { ...old, spec: { ...old.spec, ...(finalizers.length > 0 ? { finalizers } : { finalizers: undefined }) } };
    if (finalizers.length === 0) delete (next.spec as { finalizers?: unknown }).finalizers;
    const isLast = finalizers.length === 0 && old.metadata.deletionTimestamp && !old.metadata.finalizers?.length;
    return isLast
      ? tx.remove(storage, previous, next, request.user.username)
      : tx.update(storage, previous, next, request.user.username);
  });
  return respondWith(ctx, call, 200, revision);
}
