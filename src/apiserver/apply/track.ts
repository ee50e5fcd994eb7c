import { type Frozen, type Gvk, type ManagedFieldsEntry, type Obj, parseGvk, type Schema } from '../../kube/index.ts';
import { compare } from './compare.ts';
import { EMPTY, type FieldSet, isEmpty, union } from './field-set.ts';
import {
  capUpdateManagers,
  decodeManagedFields,
  encodeManagedFields,
  managerKey,
  type Ownership,
  wireTime,
  withoutManagedFields,
  withoutServerFields,
} from './managed-fields.ts';
import { objectTypeOf } from './object-type.ts';
import { type Convert, type Owned, updateOwnership } from './updater.ts';

export type TrackRequest = {
  /** The stored object; absent on create. */
  live?: Frozen<Obj> | undefined;
  /** The object about to be stored: defaulted, admitted. May be frozen. */
  updated: Frozen<Obj> | Obj;
  manager: string;
  operation: 'Update';
  schema: Schema | undefined;
  gvk: Gvk;
  now: Date;
  subresource?: string | undefined;
  /** Fields that this endpoint takes from the stored object and that its writer therefore never owns. */
  reset?: FieldSet | undefined;
  convert?: Convert | undefined;
};

/**
 * The object with managedFields kept up for a write that is not an apply: the writer owns what it changed, everybody else
 * keeps the rest. A write that changes nothing leaves them untouched, time included; `[{}]` strips them for good.
 *
 * @source apimachinery pkg/util/managedfields/internal/{fieldmanager,managedfieldsupdater,skipnonapplied}.go@eed236ceee2c
 */
export function trackFields(request: TrackRequest): Obj {
  const { live, updated, manager, subresource, now } = request;
  const entries = ownershipEntries(live, updated, subresource);
  if (live && entries.length === 0) return withEntries(updated, undefined);
  const before = decodeManagedFields(entries) ?? { managers: new Map(), times: new Map() };
  const after = ownershipAfterUpdate({ ...request, manager }, before, now);
  return withEntries(updated, after === before ? entries : encodeManagedFields(after));
}

/** The entries to start from: a client may edit them on the main resource, and cannot lose them by ignorance. */
function ownershipEntries(
  live: Frozen<Obj> | undefined,
  updated: Frozen<Obj> | Obj,
  subresource: string | undefined,
): readonly Frozen<ManagedFieldsEntry>[] {
  const stored = live?.metadata.managedFields ?? [];
  const given = updated.metadata.managedFields;
  if (subresource || !given || given === stored) return stored;
  if (given.length === 1 && isEmpty(given[0] as FieldSet)) return [];
  return given.length === 0 || !decodeManagedFields(given) ? stored : given;
}

/** Ownership after `updated` replaces `live`; the same one when nothing that can be owned changed. */
export function ownershipAfterUpdate(request: Omit<TrackRequest, 'operation'>, before: Ownership, now: Date): Ownership {
  const { live, updated, manager, gvk, subresource = '', reset = EMPTY } = request;
  const { apiVersion } = parseGvk(gvk);
  const type = objectTypeOf(request.schema);
  const old = live ? withoutManagedFields(live as Obj) : {};
  const next = withoutManagedFields(updated as Obj);
  const comparison = compare(old, next, type);
  if (isEmpty(comparison.added) && isEmpty(comparison.modified) && isEmpty(comparison.removed)) return before;

  // The writer's earlier entry takes part like everybody's, so that what it no longer sets leaves it too.
  const self = '';
  const managers = updateOwnership(
    {
      live: { value: old, type },
      apiVersion,
      managers: before.managers,
      manager: self,
      convert: request.convert ?? (object => object),
      ignored: reset,
    },
    { value: next, type },
    comparison,
  );
  const owners = new Map<string, Owned>(managers);
  const times = new Map(before.times);
  const mine = owners.get(self);
  owners.delete(self);
  const set = mine ? withoutServerFields(mine.set) : EMPTY;
  if (!isEmpty(set)) {
    const key = managerKey({ manager, operation: 'Update', apiVersion, subresource });
    const had = owners.get(key)?.set ?? EMPTY;
    owners.set(key, { apiVersion, isApplied: false, set: union(had, set) });
    times.set(key, wireTime(now));
  }
  return capUpdateManagers({ managers: owners, times });
}

function withEntries(object: Frozen<Obj> | Obj, entries: readonly Frozen<ManagedFieldsEntry>[] | undefined): Obj {
  if (object.metadata.managedFields === entries) return object as Obj;
  const bare = withoutManagedFields(object as Obj);
  if (!entries || entries.length === 0) return bare;
  return { ...bare, metadata: { ...bare.metadata, managedFields: entries as ManagedFieldsEntry[] } };
}

export { withEntries };
