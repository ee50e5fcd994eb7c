import {
  type AdmissionRequest,
  type ApiRequest,
  deepFreeze,
  errors,
  type FieldError,
  type Frozen,
  gvkOf,
  jsonEqual,
  type Obj,
} from '../../kube/index.ts';
import { expressionErrorsOf } from '../admission/index.ts';
import { trackFields } from '../apply/index.ts';
import { rulesErrorsOf } from '../cel/index.ts';
import type { Call, ServerContext } from '../context.ts';
import { gvkOfDef, keyOfName, type ResourceDef, toStorage, Unconverted, viewOf } from '../registry/resource.ts';
import type { WriteOptions } from '../request/options.ts';
import { validate } from '../schema/index.ts';
import { Revision, type Transaction } from '../store/index.ts';
import { validateBuiltin, validateMeta } from '../validation/index.ts';
import { ruleErrorsOf } from './crd-strategy.ts';
import { decode, schemaOf } from './decode.ts';
import { isNoop, newFinalizerErrors, stampGeneration, stampNew, stampUpdated } from './metadata.ts';
import { nameRule } from './names.ts';
import { AskFirst, outsideOf } from './outside.ts';
import { resetFields } from './reset-fields.ts';
import { prepareCreate, prepareUpdate } from './strategy.ts';

/** What one write carries through all steps. */
export type WriteCall = Call & { readonly options: WriteOptions };
/** Kinds that are written all the time and that nobody applies: not worth an owner a field. */
const UNTRACKED = new Set(['/events', 'events.k8s.io/events', 'coordination.k8s.io/leases']);
/** Kinds whose updates must name the version they are based on, as all custom resources. @source kubernetes pkg/registry: AllowUnconditionalUpdate */
const CONDITIONAL = new Set(['coordination.k8s.io/leases', 'apiextensions.k8s.io/customresourcedefinitions']);

/** Kinds with CEL in them: each expression must compile. */
const EXPRESSIONS: Readonly<Record<string, (o: Frozen<Obj>) => FieldError[]>> = {
  'apiextensions.k8s.io': ruleErrorsOf,
  'admissionregistration.k8s.io': expressionErrorsOf,
};

class DryRun extends Error {
  readonly revision: Revision;
  constructor(revision: Revision) {
    super('dry run');
    this.revision = revision;
  }
}

/**
 * Runs a write in the transaction of this tick; a dry run is undone, and its answer shows the version that stays. A write that
 * webhooks judge is left for their answer and run again.
 */
export async function commit(
  ctx: ServerContext,
  request: ApiRequest,
  dryRun: boolean,
  job: (tx: Transaction) => Revision,
): Promise<Revision> {
  for (;;) {
    try {
      return await commitOnce(ctx, request, dryRun, job);
    } catch (e) {
      if (e instanceof AskFirst) await e.ask();
      else if (e instanceof Unconverted) await ctx.conversions.resolve(e);
      else throw e;
    }
  }
}

/** The same for a write whose object is answered: in the version of the request. */
export async function commitShown(
  ctx: ServerContext,
  { request, def }: Pick<Call, 'request' | 'def'>,
  dryRun: boolean,
  job: (tx: Transaction) => Revision,
): Promise<Revision> {
  const revision = await commit(ctx, request, dryRun, job);
  await ctx.conversions.prepare(def, [revision.object]);
  return revision;
}

/** The object in the version that is stored. */
function storable(ctx: ServerContext, call: WriteCall, object: Obj, previous: Revision | undefined): Obj {
  const { def, request } = call;
  if (!def.custom?.conversion || object.apiVersion === def.storageApiVersion) return toStorage(def, object);
  return outsideOf(request, previous?.key ?? '', previous?.rv ?? 0).stored(() => ctx.conversions.toStorage(def, object));
}

async function commitOnce(
  ctx: ServerContext,
  { durable }: ApiRequest,
  dryRun: boolean,
  job: (tx: Transaction) => Revision,
): Promise<Revision> {
  const counted = (tx: Transaction) => {
    const revision = job(tx);
    ctx.quotas.charge(tx);
    return revision;
  };
  if (!dryRun) return await ctx.store.write(counted, { durable: durable ?? true });
  let before: Revision | undefined;
  try {
    return await ctx.store.write(tx => {
      const revision = counted(tx);
      before = tx.changes[0]?.previous;
      if (tx.changes.length === 0) return revision;
      throw new DryRun(revision);
    });
  } catch (e) {
    if (!(e instanceof DryRun)) throw e;
    const { resourceVersion: _, ...metadata } = e.revision.object.metadata;
    const shown = { ...e.revision.object, metadata: before ? { ...metadata, resourceVersion: String(before.rv) } : metadata };
    return new Revision(0, e.revision.key, { object: deepFreeze(shown) as Frozen<Obj> });
  }
}

/** Admission, strategy, validation and storing of a new object. `o` is decoded. @source apiserver pkg/registry/generic/registry/store.go@24a394e516bf */
export function createIn(ctx: ServerContext, tx: Transaction, call: WriteCall, o: Obj): Revision {
  const { def, info, storage, request } = call;
  if (def.custom?.terminating)
    throw errors.failure(403, 'Forbidden', 'create not allowed while custom resource definition is terminating');
  const object = mutated(ctx, call, 'CREATE', undefined, () => {
    const now = ctx.clock.now();
    const stamped = stampNew(def, o, info.namespace, ctx.ids, now);
    if (!stamped.metadata.name && !stamped.metadata.generateName) {
      throw invalid(def, '', [
        { reason: 'FieldValueRequired', field: 'metadata.name', message: 'Required value: name or generateName is required' },
      ]);
    }
    const prepared = prepareCreate(def, tracked(call, stamped, undefined, now), { user: request.user, now });
    return ctx.admission.mutate(admissionRequest(call, 'CREATE', prepared, undefined), def);
  });
  const found = [
    ...validateMeta(object.metadata, { namespaced: def.namespaced, ...nameRule(def) }),
    ...validated(def, object, undefined),
  ];
  if (found.length > 0) throw invalid(def, object.metadata.name, found);
  validateAll(ctx, call, admissionRequest(call, 'CREATE', object, undefined), undefined);
  const key = keyOfName(def, info.namespace, object.metadata.name);
  const existing = tx.get(storage, key);
  if (existing) throw errors.alreadyExists(def, object.metadata.name);
  return tx.insert(storage, key, storable(ctx, call, object, undefined), request.user.username);
}

/** The object after the built-in mutations and then those of webhooks, which are asked outside the transaction. */
function mutated(
  ctx: ServerContext,
  call: WriteCall,
  operation: 'CREATE' | 'UPDATE',
  previous: Revision | undefined,
  build: () => Obj,
): Obj {
  const { def, request } = call;
  const known =
    ctx.webhooks.isIdle && !def.custom?.conversion ? undefined : outsideOf(request, previous?.key ?? '', previous?.rv ?? 0);
  if (known?.isMutated) return known.object!;
  const object = build();
  if (!known) return object;
  const r = admissionRequest(call, operation, object, previous && viewOf(def, previous));
  // The same object in every run: what was asked about it stays true.
  if (!ctx.webhooks.concern('Mutating', r, def)) return known.keep(object);
  const settle = (o: Obj) => decode(def, o, 'Ignore', []);
  return known.mutated(async () => {
    const after = (await ctx.webhooks.mutate(r, def, settle, call.warnings))!;
    // What webhooks add belongs to who wrote.
    return tracked(call, after, object as Frozen<Obj>, ctx.clock.now(), call.info.subresource);
  })!;
}

/** All that may refuse a write: the built-in steps and policies, then webhooks. */
export function validateAll(ctx: ServerContext, call: WriteCall, r: AdmissionRequest, previous: Revision | undefined): void {
  const { def, request, warnings } = call;
  ctx.admission.validate(r, def, warnings);
  ctx.policies.validate(r, def, warnings);
  if (ctx.webhooks.isIdle || !ctx.webhooks.concern('Validating', r, def)) return;
  const known = outsideOf(request, previous?.key ?? '', previous?.rv ?? 0);
  known.validated(() => ctx.webhooks.validate(r, def, warnings));
}

/** The same for a new state of an object. An update that empties the finalizers of a deleted object removes it. */
export function updateIn(
  ctx: ServerContext,
  tx: Transaction,
  call: WriteCall,
  previous: Revision,
  o: Obj,
  subresource = '',
): Revision {
  const { def, info, storage, request } = call;
  const old = viewOf(def, previous);
  checkPreconditions(def, o, old);
  const now = ctx.clock.now();
  const changed = mutated(ctx, call, 'UPDATE', previous, () => {
    const stamped = stampUpdated(def, o, old, info.namespace);
    const prepared = prepareUpdate(def, stamped, old, subresource, { user: request.user, now });
    const owned = tracked(call, prepared, old, now, subresource);
    return ctx.admission.mutate(admissionRequest(call, 'UPDATE', owned, old), def);
  });
  const object = stampGeneration(
    def,
    changed,
    old,
    call.def.subresources.some(s => s.name === 'status'),
  );
  const found = [
    ...validateMeta(object.metadata, { namespaced: def.namespaced, old: old.metadata }),
    ...newFinalizerErrors(object, old),
    // A debug container is added to a Pod whose spec is else fixed.
    ...(subresource === 'ephemeralcontainers' ? [] : validated(def, object, old)),
  ];
  if (found.length > 0) throw invalid(def, object.metadata.name, found);
  validateAll(ctx, call, admissionRequest(call, 'UPDATE', object, old), previous);
  if (isNoop(object, old)) return previous;
  const stored = storable(ctx, call, object, previous);
  if (isGone(def, object, old)) return tx.remove(storage, previous, stored, request.user.username);
  return tx.update(storage, previous, stored, request.user.username);
}

/** A deleted object goes with its last finalizer, unless its grace still runs. */
function isGone(def: ResourceDef, o: Obj, old: Frozen<Obj>): boolean {
  if (!old.metadata.deletionTimestamp || (o.metadata.finalizers ?? []).length > 0) return false;
  if (def.kind === 'Namespace' && def.group === '') return ((o.spec as { finalizers?: string[] })?.finalizers ?? []).length === 0;
  return !old.metadata.deletionGracePeriodSeconds;
}

function checkPreconditions(def: ResourceDef, o: Obj, old: Frozen<Obj>): void {
  const { name, uid, resourceVersion } = o.metadata;
  if (uid && uid !== old.metadata.uid) {
    throw errors.conflict(
      def,
      name,
      `StorageError: invalid object, Code: 4, Key: ${def.plural}/${name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
    );
  }
  if (resourceVersion && resourceVersion !== '0') {
    if (resourceVersion !== old.metadata.resourceVersion) throw errors.conflict(def, name);
  } else if (def.custom || CONDITIONAL.has(`${def.group}/${def.plural}`)) {
    throw invalid(def, name, [
      {
        reason: 'FieldValueInvalid',
        field: 'metadata.resourceVersion',
        message: 'Invalid value: 0: must be specified for an update',
      },
    ]);
  }
}

function validated(def: ResourceDef, object: Obj, old: Frozen<Obj> | undefined): FieldError[] {
  if (def.custom) {
    const found = validate(def.custom.schema, object, old);
    return [...found, ...rulesErrorsOf(def.custom.schema, object, old, found)];
  }
  const found = validateBuiltin(gvkOfDef(def), object as Frozen<Obj>, old);
  const expressions = EXPRESSIONS[def.group];
  const isSame = object.spec !== undefined && jsonEqual(object.spec, old?.spec);
  return found.length === 0 && expressions && !isSame ? expressions(object as Frozen<Obj>) : found;
}

export function invalid(def: ResourceDef, name: string, found: readonly FieldError[]): Error {
  return errors.invalid(def, name, found);
}

/** Who wrote: the named manager, else the program. @source apiserver pkg/endpoints/handlers/create.go managerOrUserAgent */
export function managerOf(call: WriteCall): string {
  const agent = call.request.headers?.['user-agent']?.split('/')[0];
  return call.options.fieldManager ?? (agent || 'unknown');
}

function tracked(call: WriteCall, updated: Obj, live: Frozen<Obj> | undefined, now: Date, subresource = ''): Obj {
  const { def } = call;
  // An apply brings its own bookkeeping.
  if (UNTRACKED.has(`${def.group}/${def.plural}`) || isApply(call)) return updated;
  const reset = resetFields(def, subresource);
  return trackFields({
    live,
    updated,
    manager: managerOf(call),
    operation: 'Update',
    schema: schemaOf(def),
    gvk: gvkOf(updated),
    now,
    subresource,
    reset,
  });
}
export function isApply(call: Call): boolean {
  return (
    call.request.method === 'PATCH' && call.request.headers?.['content-type']?.startsWith('application/apply-patch') === true
  );
}

export function admissionRequest(
  call: WriteCall,
  operation: AdmissionRequest['operation'],
  object: Obj | undefined,
  old: Frozen<Obj> | undefined,
): AdmissionRequest {
  const { def, info, request, options } = call;
  const name = object?.metadata.name ?? old?.metadata.name ?? info.name ?? '';
  return {
    operation,
    gvk: gvkOfDef(def),
    name,
    user: request.user,
    dryRun: options.dryRun,
    ...(info.namespace ? { namespace: info.namespace } : {}),
    ...(info.subresource ? { subresource: info.subresource } : {}),
    ...(object ? { object: object as Frozen<Obj> } : {}),
    ...(old ? { oldObject: old } : {}),
  };
}

/** Decodes a client's object for this resource: see `decode`. */
export function decoded(call: WriteCall, o: Obj): Obj {
  return decode(call.def, o, call.options.fieldValidation, call.warnings);
}
