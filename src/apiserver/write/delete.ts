import { errors, type Frozen, type Obj } from '../../kube/index.ts';
import type { Call, ServerContext } from '../context.ts';
import { type ResourceDef, viewOf } from '../registry/resource.ts';
import type { DeleteOptions } from '../request/options.ts';
import type { Revision, Transaction } from '../store/index.ts';
import { timestamp } from './metadata.ts';
import { outsideOf } from './outside.ts';
import { admissionRequest, validateAll, type WriteCall } from './pipeline.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

/** What a deletion left: the object that still waits for finalizers or grace, or its last state. */
export type Deleted = { revision: Revision; isGone: boolean };

/**
 * Marks or removes an object, by its finalizers, the propagation asked for, and the grace of Pods.
 * @throws StatusError 409 when the preconditions do not hold
 * @source apiserver pkg/registry/generic/registry/store.go 950-1070, pkg/registry/rest/delete.go@24a394e516bf
 */
export function deleteIn(ctx: ServerContext, tx: Transaction, call: Call, previous: Revision, o: DeleteOptions): Deleted {
  const { def, storage, request } = call;
  const old = viewOf(def, previous);
  checkPreconditions(def, old, o);
  const write: WriteCall = {
    ...call,
    options: { dryRun: o.dryRun, fieldManager: undefined, fieldValidation: 'Ignore', force: false },
  };
  const asked = admissionRequest(write, 'DELETE', undefined, old);
  if (!ctx.webhooks.isIdle && ctx.webhooks.concern('Mutating', asked, def))
    outsideOf(request, previous.key, previous.rv).mutated(() => ctx.webhooks.mutate(asked, def, o => o, call.warnings));
  validateAll(ctx, write, asked, previous);
  const finalizers = finalizersAfter(old.metadata.finalizers ?? [], o);
  const graceSeconds = graceOf(def, old, o);
  const mustWait = finalizers.length > 0 || graceSeconds > 0 || isOpenNamespace(def, old);
  const actor = request.user.username;
  if (!mustWait) return { revision: tx.remove(storage, previous, undefined, actor), isGone: true };
  const marked = mark(def, previous.object, finalizers, graceSeconds, ctx.clock.now());
  if (!marked) return { revision: previous, isGone: false };
  return { revision: tx.update(storage, previous, marked, actor), isGone: false };
}

function checkPreconditions(def: ResourceDef, old: Frozen<Obj>, o: DeleteOptions): void {
  const { name, uid, resourceVersion } = old.metadata;
  const refuse = (what: string, asked: string, has: string | undefined) =>
    errors.failure(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${def.kind}${def.group ? `.${def.group}` : ''} "${name}": the ${what} in the precondition (${asked}) does not match the ${what} in record (${has}). The object might have been ${what === 'UID' ? 'deleted and then recreated' : 'modified'}`,
      { name, ...(def.group ? { group: def.group } : {}), kind: def.kind },
    );
  if (o.uid !== undefined && o.uid !== uid) throw refuse('UID', o.uid, uid);
  if (o.resourceVersion !== undefined && o.resourceVersion !== resourceVersion)
    throw refuse('ResourceVersion', o.resourceVersion, resourceVersion);
}

/** An explicit wish adds one of the two finalizers and drops the other; no wish leaves them. */
function finalizersAfter(finalizers: readonly string[], o: DeleteOptions): string[] {
  const isExplicit = o.propagation !== undefined || o.orphanDependents !== undefined;
  if (!isExplicit) return [...finalizers];
  const rest = finalizers.filter(f => f !== ORPHAN && f !== FOREGROUND);
  if (o.orphanDependents === true || o.propagation === 'Orphan') return [...rest, ORPHAN];
  return o.propagation === 'Foreground' ? [...rest, FOREGROUND] : rest;
}

type PodState = { spec?: { nodeName?: string; terminationGracePeriodSeconds?: number }; status?: { phase?: string } };
/** Only Pods that run somewhere are given time. @source kubernetes pkg/registry/core/pod/strategy.go CheckGracefulDelete */
function graceOf(def: ResourceDef, old: Frozen<Obj>, o: DeleteOptions): number {
  if (def.group !== '' || def.plural !== 'pods') return 0;
  const { spec, status } = old as PodState;
  if (!spec?.nodeName || status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
  const asked = o.graceSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
  const pending = old.metadata.deletionGracePeriodSeconds;
  const wanted = asked < 0 ? 1 : asked;
  return pending === undefined ? wanted : Math.min(wanted, pending);
}

function isOpenNamespace(def: ResourceDef, old: Frozen<Obj>): boolean {
  return (
    def.group === '' &&
    def.plural === 'namespaces' &&
    ((old.spec as { finalizers?: readonly string[] })?.finalizers ?? []).length > 0
  );
}

/** The object as being deleted; undefined when it already is, just so. */
function mark(def: ResourceDef, old: Frozen<Obj>, finalizers: string[], graceSeconds: number, now: Date): Obj | undefined {
  const { finalizers: before = [], ...metadata } = (old as Obj).metadata;
  const isSame = before.length === finalizers.length && before.every(f => finalizers.includes(f));
  const isMarked = metadata.deletionTimestamp !== undefined;
  if (isMarked && isSame && metadata.deletionGracePeriodSeconds === graceSeconds) return undefined;
  const shortens =
    isMarked && metadata.deletionGracePeriodSeconds !== undefined && graceSeconds < metadata.deletionGracePeriodSeconds;
  const marks =
    isMarked && !shortens
      ? {}
      : { deletionTimestamp: timestamp(new Date(now.getTime() + graceSeconds * 1000)), deletionGracePeriodSeconds: graceSeconds };
  const generation = !isMarked && metadata.generation ? { generation: metadata.generation + 1 } : {};
  const marked = {
    ...(old as Obj),
    metadata: { ...metadata, ...(finalizers.length > 0 ? { finalizers } : {}), ...marks, ...generation },
  };
  return isOpenNamespace(def, old) ? { ...marked, status: { ...(old.status as object), phase: 'Terminating' } } : marked;
}
