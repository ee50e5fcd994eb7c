import { type Frozen, type Gvk, type Obj, parseGvk, type Schema } from '../../kube/index.ts';
import { applyErrors } from './errors.ts';
import { EMPTY, type FieldSet } from './field-set.ts';
import { isObject } from './json.ts';
import {
  decodeManagedFields,
  encodeManagedFields,
  managerId,
  managerKey,
  wireTime,
  withoutManagedFields,
  withoutServerFields,
} from './managed-fields.ts';
import { objectTypeOf } from './object-type.ts';
import { ownershipAfterUpdate, withEntries } from './track.ts';
import { ApplyConflicts, applyConfiguration, type Convert, type Managers } from './updater.ts';

export type ApplyRequest = {
  /** The stored object; absent when apply creates. */
  live?: Frozen<Obj> | undefined;
  /** The applied configuration: what the manager wants to own. May be frozen. */
  patch: Frozen<Obj> | Obj;
  manager: string;
  force: boolean;
  schema: Schema | undefined;
  gvk: Gvk;
  now: Date;
  subresource?: string | undefined;
  /** Fields that this endpoint takes from the stored object: neither applied nor owned, e.g. `{'f:status': {}}`. */
  reset?: FieldSet | undefined;
  /** For kinds whose versions differ in fields. Default: versions differ in name only. */
  convert?: Convert | undefined;
};

const BEFORE_FIRST_APPLY = 'before-first-apply';

/**
 * Server-side apply: the live object with the configuration merged in, less what the manager applied before and nobody else
 * owns, with managedFields kept up. The result still wants defaults and validation. When nothing changes, the times of
 * managedFields stay.
 *
 * @throws StatusError 409 with upstream's texts and causes when others own fields that would change and `force` is false;
 *   400 for managedFields in the patch or another version; 422 for lists that cannot be merged
 * @source apimachinery pkg/util/managedfields/internal@eed236ceee2c, structured-merge-diff merge/update.go@15d075473efe
 */
export function applyPatch(request: ApplyRequest): Obj {
  const { live, patch, manager, force, gvk, now, subresource = '', reset = EMPTY } = request;
  const { apiVersion, kind } = parseGvk(gvk);
  if (patch.metadata?.managedFields !== undefined) throw applyErrors.managedFieldsInPatch();
  if (patch.apiVersion !== apiVersion) throw applyErrors.wrongVersion(patch.apiVersion, apiVersion);
  const type = objectTypeOf(request.schema);
  const before = ownershipOf(request);
  const key = managerKey({ manager, operation: 'Apply', apiVersion, subresource });
  const old = live ? withoutManagedFields(live as Obj) : { apiVersion, kind };
  try {
    const { value, merged, managers } = applyConfiguration(
      {
        live: { value: old, type },
        apiVersion,
        managers: before.managers,
        manager: key,
        convert: request.convert ?? (object => object),
        ignored: reset,
      },
      { value: withoutReset(patch, reset), type },
      force,
    );
    const owners = withServerFieldsUnowned(managers, key);
    const times = new Map(before.times);
    if (value !== old || !times.has(key)) times.set(key, wireTime(now));
    return withEntries(withoutEmptied(value, merged) as Obj, encodeManagedFields({ managers: owners, times }));
  } catch (e) {
    if (!(e instanceof ApplyConflicts)) throw e;
    throw applyErrors.conflict(
      e.conflicts.map(({ manager: owner, set }) => ({ owner: managerId(owner, before.managers.get(owner)!.apiVersion), set })),
    );
  }
}

/** Ownership so far; an object that nobody tracked belongs to `before-first-apply`. */
function ownershipOf(request: ApplyRequest) {
  const { live, now } = request;
  const stored = decodeManagedFields(live?.metadata.managedFields) ?? { managers: new Map(), times: new Map() };
  if (!live || stored.managers.size > 0) return stored;
  const first = {
    ...request,
    live: undefined,
    updated: live,
    manager: BEFORE_FIRST_APPLY,
    subresource: undefined,
    reset: undefined,
  };
  return ownershipAfterUpdate(first, stored, now);
}

function withServerFieldsUnowned(managers: Managers, key: string): Managers {
  const owned = managers.get(key);
  return owned ? new Map(managers).set(key, { ...owned, set: withoutServerFields(owned.set) }) : managers;
}

/** The configuration without top-level fields that the endpoint resets. */
function withoutReset(patch: Frozen<Obj> | Obj, reset: FieldSet): unknown {
  return Object.fromEntries(Object.entries(patch).filter(([name]) => !(`f:${name}` in reset)));
}

/** Maps and lists that apply emptied are absent on the wire; a null that was in the configuration stays. */
function withoutEmptied(value: unknown, merged: unknown): unknown {
  if (value === merged || !isObject(value) || !isObject(merged)) return value;
  const kept = Object.entries(value).filter(([name, member]) => member !== null || merged[name] === null);
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutEmptied(member, merged[name])]));
}
