import { type ApiResponse, errors, jsonCopy, jsonPatch, mergePatch, type Obj, strategicMergePatch } from '../../kube/index.ts';
import { applyPatch } from '../apply/index.ts';
import type { Call, ServerContext } from '../context.ts';
import { decodeProtobuf } from '../protobuf/index.ts';
import { gvkOfDef, keyOfName, type ResourceDef, viewOf } from '../registry/resource.ts';
import { checkedKind, contentTypeOf, readJson, readObject } from '../request/body.ts';
import { writeOptions } from '../request/options.ts';
import type { Revision, Transaction } from '../store/index.ts';
import { schemaOf } from '../write/decode.ts';
import { forgetOutside } from '../write/outside.ts';
import { commitShown, createIn, decoded, isApply, updateIn, type WriteCall } from '../write/pipeline.ts';
import { resetFields } from '../write/reset-fields.ts';
import { respondWith } from './read.ts';

const GENERATED_NAME_TRIES = 8;

/** POST to a collection. */
export async function createObject(ctx: ServerContext, call: Call): Promise<ApiResponse> {
  const options = writeOptions('CreateOptions', call.query);
  const write: WriteCall = { ...call, options };
  const object = decoded(write, readObject(call.request, call.def, call.def, decodeProtobuf));
  const revision = await commitShown(ctx, call, options.dryRun, tx => createWithName(ctx, tx, write, object));
  return respondWith(ctx, call, 201, revision);
}

/** A generated name that is taken is drawn again. */
function createWithName(ctx: ServerContext, tx: Transaction, call: WriteCall, object: Obj): Revision {
  const isGenerated = !object.metadata.name && object.metadata.generateName;
  for (let tries = 1; ; tries++) {
    try {
      return createIn(ctx, tx, call, object);
    } catch (e) {
      if (!isGenerated || (e as { reason?: string }).reason !== 'AlreadyExists' || tries >= GENERATED_NAME_TRIES) throw e;
      forgetOutside(call.request, '');
    }
  }
}

function checkName(call: Call, object: Obj): void {
  const { name } = call.info;
  object.metadata.name ||= name!;
  if (object.metadata.name !== name) {
    throw errors.badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  }
}

/** PUT of an object or of its status. */
export async function replaceObject(ctx: ServerContext, call: Call, subresource = ''): Promise<ApiResponse> {
  const { def, info, storage } = call;
  const options = writeOptions('UpdateOptions', call.query);
  const write: WriteCall = { ...call, options };
  const object = decoded(write, readObject(call.request, def, def, decodeProtobuf));
  checkName(call, object);
  const revision = await commitShown(ctx, call, options.dryRun, tx => {
    const previous = tx.get(storage, keyOfName(def, info.namespace, info.name!));
    if (!previous) throw errors.notFound(def, info.name!);
    return updateIn(ctx, tx, write, previous, object, subresource);
  });
  return respondWith(ctx, call, 200, revision);
}

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/** The kinds of patch that a resource takes. @throws StatusError 415 */
export function patchTypeOf(call: Call): string {
  const type = contentTypeOf(call.request);
  const types = call.def.custom
    ? [JSON_PATCH, MERGE_PATCH, APPLY_PATCH]
    : [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH];
  if (!types.includes(type)) throw errors.unsupportedMediaType(types);
  return type;
}

/** The document after a patch of any type but apply. @throws StatusError 400, 422 */
export function patched<T>(type: string, document: T, patch: unknown, schema: Parameters<typeof strategicMergePatch>[2]): T {
  if (type === JSON_PATCH) return jsonPatch(document, patch);
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch))
    throw errors.badRequest('error decoding patch: the patch is not an object');
  return type === MERGE_PATCH ? mergePatch(document, patch) : strategicMergePatch(document, patch, schema);
}

/** PATCH of an object or of its status; an apply creates what is not there. Atomic: it meets no conflict with others. */
export async function patchObject(ctx: ServerContext, call: Call, subresource = ''): Promise<ApiResponse> {
  const { def, info, storage, request } = call;
  const type = patchTypeOf(call);
  const options = writeOptions('PatchOptions', call.query, isApply(call));
  const write: WriteCall = { ...call, options };
  const patch = readJson(request, `${def.kind} patch`);
  let isNew = false;
  const revision = await commitShown(ctx, call, options.dryRun, tx => {
    const previous = tx.get(storage, keyOfName(def, info.namespace, info.name!));
    if (isApply(call)) {
      const object = applied(ctx, write, patch, previous, subresource);
      isNew = !previous;
      return previous ? updateIn(ctx, tx, write, previous, object, subresource) : createIn(ctx, tx, write, object);
    }
    if (!previous) throw errors.notFound(def, info.name!);
    const document = viewOf(def, previous);
    const after = jsonCopy(patched(type, document, patch, schemaOf(def))) as Obj;
    const object = decoded(write, checkedKind(after, def, def.custom !== undefined));
    checkName(call, object);
    return updateIn(ctx, tx, write, previous, object, subresource);
  });
  return respondWith(ctx, call, isNew ? 201 : 200, revision);
}

function applied(ctx: ServerContext, call: WriteCall, body: unknown, previous: Revision | undefined, subresource: string): Obj {
  const { def, info, options } = call;
  // Copied, since each try starts anew and decoding takes its argument over.
  const configuration = checkedKind(jsonCopy(body), def, def.custom !== undefined);
  checkName(call, configuration);
  if (!previous && subresource) throw errors.notFound(def, info.name!);
  const live = previous && viewOf(def, previous);
  checkAppliedVersion(def, configuration, previous);
  const request = {
    live,
    patch: strict(call, configuration),
    manager: options.fieldManager!,
    force: options.force,
    schema: schemaOf(def),
    gvk: gvkOfDef(def),
    now: ctx.clock.now(),
  };
  const merged = applyPatch({ ...request, subresource, reset: resetFields(def, subresource) });
  return decoded({ ...call, options: { ...options, fieldValidation: 'Ignore' } }, jsonCopy(merged));
}

/** Unknown fields of what is applied are the caller's; those of the merged object may be old. Defaults are not applied: nobody owns them. */
function strict(call: WriteCall, configuration: Obj): Obj {
  decoded(call, jsonCopy(configuration));
  return configuration;
}

function checkAppliedVersion(def: ResourceDef, configuration: Obj, previous: Revision | undefined): void {
  const { resourceVersion, uid, name } = configuration.metadata;
  if (!previous && uid)
    throw errors.conflict(def, name, `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`);
  if (!previous && resourceVersion) throw errors.notFound(def, name);
  if (previous && resourceVersion && resourceVersion !== previous.object.metadata.resourceVersion)
    throw errors.conflict(def, name);
}
