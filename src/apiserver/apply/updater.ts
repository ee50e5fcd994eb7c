import { jsonEqual } from '../../kube/index.ts';
import { type Comparison, compare } from './compare.ts';
import { difference, EMPTY, type FieldSet, intersection, isEmpty, recursiveDifference, union } from './field-set.ts';
import type { FieldType } from './field-type.ts';
import { fieldsOf, withNamedFields, withSchema } from './fields-of.ts';
import { mergeConfiguration, removeFields } from './merge.ts';

/** Who owns which fields, and in the words of which API version. Keyed by whatever tells managers apart. */
export type Owned = { readonly apiVersion: string; readonly isApplied: boolean; readonly set: FieldSet };
export type Managers = ReadonlyMap<string, Owned>;
export type Typed = { readonly value: unknown; readonly type: FieldType };
/** The object in another version; undefined when that version is gone, and ownership in it with it. */
export type Convert = (object: Typed, apiVersion: string) => Typed | undefined;
export type Conflicts = { readonly manager: string; readonly set: FieldSet }[];

export class ApplyConflicts extends Error {
  readonly conflicts: Conflicts;
  constructor(conflicts: Conflicts) {
    super('apply conflicts');
    this.conflicts = conflicts;
  }
}

type Change = { live: Typed; apiVersion: string; managers: Managers; manager: string; convert: Convert; ignored: FieldSet };

/** Takes what `next` changes away from its other owners. With `force` false, changed fields of others are conflicts. */
function takeOver(change: Change, next: Typed, force: boolean, compared?: Comparison) {
  const { live, apiVersion, managers, manager, convert, ignored } = change;
  const comparison = withoutIgnored(compared ?? compare(live.value, next.value, live.type), ignored);
  const comparisons = new Map<string, Comparison | undefined>([[apiVersion, comparison]]);
  const conflicts: Conflicts = [];
  const result = new Map<string, Owned>();
  for (const [name, owned] of managers) {
    if (name === manager) {
      result.set(name, owned);
      continue;
    }
    if (!comparisons.has(owned.apiVersion)) {
      const before = convert(live, owned.apiVersion);
      const after = convert(next, owned.apiVersion);
      const isSame = before?.value === live.value && after?.value === next.value;
      comparisons.set(owned.apiVersion, isSame ? comparison : before && after && compare(before.value, after.value, before.type));
    }
    const changes = comparisons.get(owned.apiVersion);
    if (!changes) continue;
    const lost = intersection(owned.set, union(changes.modified, changes.added));
    if (!isEmpty(lost)) conflicts.push({ manager: name, set: lost });
    const left = difference(difference(owned.set, lost), changes.removed);
    if (!isEmpty(left)) result.set(name, left === owned.set ? owned : { ...owned, set: left });
  }
  if (!force && conflicts.length > 0) throw new ApplyConflicts(conflicts);
  return { managers: result, comparison };
}

function withoutIgnored({ added, modified, removed }: Comparison, ignored: FieldSet): Comparison {
  return {
    added: recursiveDifference(added, ignored),
    modified: recursiveDifference(modified, ignored),
    removed: recursiveDifference(removed, ignored),
  };
}

/** Ownership follows the schema: sets below a field that became atomic collapse. */
function reconciled({ live, managers, convert }: Change): Managers {
  let result: Map<string, Owned> | undefined;
  for (const [name, owned] of managers) {
    const set = withSchema(owned.set, convert(live, owned.apiVersion)?.type ?? live.type);
    if (set !== owned.set) (result ??= new Map(managers)).set(name, { ...owned, set });
  }
  return result ?? managers;
}

/**
 * Ownership after a write that is not an apply: the writer owns what it changed.
 *
 * @param compared what differs between live and `next`, when the caller knows
 * @source structured-merge-diff merge/update.go Update@15d075473efe
 */
export function updateOwnership(change: Change, next: Typed, compared?: Comparison): Managers {
  const { managers, comparison } = takeOver({ ...change, managers: reconciled(change) }, next, true, compared);
  const had = managers.get(change.manager)?.set ?? EMPTY;
  const kept = difference(had, comparison.removed);
  const set = recursiveDifference(union(union(kept, comparison.modified), comparison.added), change.ignored);
  if (isEmpty(set)) managers.delete(change.manager);
  else managers.set(change.manager, { apiVersion: change.apiVersion, isApplied: false, set });
  return managers;
}

/**
 * The object and its owners after `config` was applied: merged, less what the manager applied before and nobody else owns.
 * Gives `live.value` itself when nothing changes.
 *
 * @throws ApplyConflicts when others own fields that would change and `force` is false
 * @source structured-merge-diff merge/update.go Apply@15d075473efe
 */
export function applyConfiguration(
  change: Change,
  config: Typed,
  force: boolean,
): { value: unknown; merged: unknown; managers: Managers } {
  const { live, apiVersion, manager, ignored } = change;
  const before = reconciled(change);
  const merged: Typed = { value: mergeConfiguration(live.value, config.value, live.type), type: live.type };
  const last = before.get(manager);
  const set = recursiveDifference(fieldsOf(config.value, live.type), ignored);
  const owners = new Map(before).set(manager, { apiVersion, isApplied: true, set });
  const next = last && !isEmpty(last.set) ? prune({ ...change, managers: owners }, merged, last) : merged;
  const { managers } = takeOver({ ...change, managers: owners }, next, force);
  if (isEmpty(set)) managers.delete(manager);
  return { value: jsonEqual(live.value, next.value) ? live.value : next.value, merged: merged.value, managers };
}

/** Removes what `last` owned, then gives back what somebody owns and what never was the manager's. */
function prune({ convert, managers, apiVersion }: Change, merged: Typed, last: Owned): Typed {
  const before = convert(merged, last.apiVersion);
  if (!before) return merged;
  let pruned: Typed = { ...before, value: removeFields(before.value, withNamedFields(last.set, before.type), before.type) };
  for (const [version, managed] of ownedByVersion(managers, last.apiVersion)) {
    const all = convert(before, version);
    const rest = convert(pruned, version);
    if (!all || !rest) continue;
    const named = (set: FieldSet) => withNamedFields(set, all.type);
    const kept = union(named(fieldsOf(rest.value, all.type)), named(managed));
    pruned = { ...all, value: removeFields(all.value, difference(named(fieldsOf(all.value, all.type)), kept), all.type) };
  }
  const back = convert(pruned, last.apiVersion);
  if (!back) return merged;
  const named = (set: FieldSet) => withNamedFields(set, before.type);
  const gone = difference(named(fieldsOf(before.value, before.type)), named(fieldsOf(back.value, before.type)));
  const mine = intersection(gone, named(last.set));
  return convert({ ...before, value: removeFields(before.value, mine, before.type) }, apiVersion) ?? merged;
}

/** All that is owned, a set a version; `first` leads, since conversion may need what it holds. */
function ownedByVersion(managers: Managers, first: string): [string, FieldSet][] {
  const sets = new Map<string, FieldSet>();
  for (const { apiVersion, set } of managers.values()) sets.set(apiVersion, union(sets.get(apiVersion) ?? EMPTY, set));
  return [...sets].sort(([a], [b]) => Number(b === first) - Number(a === first));
}
