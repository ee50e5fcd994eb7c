import type { Frozen, ManagedFieldsEntry, Meta } from '../../kube/index.ts';
import { EMPTY, type FieldSet, isEmpty, union } from './field-set.ts';
import type { Managers, Owned } from './updater.ts';

/** What tells one manager from another, as upstream: appliers are one whatever the version they apply in. */
export type ManagerId = { manager: string; operation: 'Apply' | 'Update'; apiVersion: string; subresource: string };
/** The decoded managedFields of an object: who owns what, since when. */
export type Ownership = { managers: Managers; times: ReadonlyMap<string, string> };

/** More Update entries than this are folded into one. @source apimachinery pkg/util/managedfields/internal/fieldmanager.go@eed236ceee2c */
const MAX_UPDATE_MANAGERS = 10;
const OLD_UPDATES = 'ancient-changes';

/** Fields that nobody owns. */
const UNOWNED = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
];

export function managerKey(id: ManagerId): string {
  return JSON.stringify([id.manager, id.operation, id.operation === 'Apply' ? '' : id.apiVersion, id.subresource]);
}
export function managerId(key: string, apiVersion: string): ManagerId {
  const [manager, operation, , subresource] = JSON.parse(key) as [string, ManagerId['operation'], string, string];
  return { manager, operation, apiVersion, subresource };
}

/** Entries as ownership; undefined when one of them is not well-formed. */
export function decodeManagedFields(entries: readonly Frozen<ManagedFieldsEntry>[] | undefined): Ownership | undefined {
  const managers = new Map<string, Owned>();
  const times = new Map<string, string>();
  for (const { manager = '', operation, apiVersion = '', subresource = '', fieldsType, fieldsV1, time } of entries ?? []) {
    if ((operation !== 'Apply' && operation !== 'Update') || fieldsType !== 'FieldsV1' || !apiVersion) return undefined;
    const key = managerKey({ manager, operation, apiVersion, subresource });
    managers.set(key, { apiVersion, isApplied: operation === 'Apply', set: (fieldsV1 ?? EMPTY) as FieldSet });
    if (time !== undefined) times.set(key, time);
  }
  return { managers, times };
}

/** Entries in upstream's order: appliers first, then by time, manager, version, subresource. */
export function encodeManagedFields({ managers, times }: Ownership): ManagedFieldsEntry[] {
  const entries = [...managers].map(([key, { apiVersion, set }]): ManagedFieldsEntry => {
    const { manager, operation, subresource } = managerId(key, apiVersion);
    const time = times.get(key);
    return {
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: set,
      ...(subresource ? { subresource } : {}),
    };
  });
  const rank = (e: ManagedFieldsEntry) => [e.operation, e.time ?? '', e.manager, e.apiVersion, e.subresource ?? ''] as string[];
  return entries
    .map(entry => ({ entry, by: rank(entry) }))
    .sort((a, b) => {
      const at = a.by.findIndex((part, i) => part !== b.by[i]);
      return at < 0 ? 0 : a.by[at]! < b.by[at]! ? -1 : 1;
    })
    .map(({ entry }) => entry);
}

/** The set without the fields that belong to the server. */
export function withoutServerFields(set: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const element in set) {
    if (element === 'f:apiVersion' || element === 'f:kind') continue;
    if (element !== 'f:metadata') {
      result[element] = set[element]!;
      continue;
    }
    const metadata = Object.fromEntries(
      Object.entries(set[element]!).filter(([e]) => e !== '.' && !UNOWNED.includes(e.slice(2))),
    );
    if (!isEmpty(metadata)) result[element] = metadata;
  }
  return result;
}

/** Folds the oldest Update entries of a version into `ancient-changes` until at most ten are left. */
export function capUpdateManagers({ managers, times }: Ownership): Ownership {
  const updaters = [...managers].filter(([, owned]) => !owned.isApplied).map(([key]) => key);
  if (updaters.length <= MAX_UPDATE_MANAGERS) return { managers, times };
  const timeOf = (key: string) => times.get(key) ?? '';
  updaters.sort((a, b) => (timeOf(a) === timeOf(b) ? (a < b ? -1 : 1) : timeOf(a) < timeOf(b) ? -1 : 1));
  const owners = new Map(managers);
  const since = new Map(times);
  const firstOf = new Map<string, string>();
  let count = updaters.length;
  for (const key of updaters) {
    if (count <= MAX_UPDATE_MANAGERS) break;
    const owned = owners.get(key)!;
    const bucket = managerKey({ manager: OLD_UPDATES, operation: 'Update', apiVersion: owned.apiVersion, subresource: '' });
    const first = firstOf.get(owned.apiVersion);
    if (first === undefined) {
      firstOf.set(owned.apiVersion, key);
      continue;
    }
    if (!owners.has(bucket)) {
      owners.set(bucket, owners.get(first)!);
      owners.delete(first);
    }
    owners.set(bucket, { ...owned, set: union(owners.get(bucket)!.set, owned.set) });
    if (bucket !== key) owners.delete(key);
    since.set(bucket, timeOf(key));
    count--;
  }
  return { managers: owners, times: since };
}

/** The object without its managedFields: they own nothing and nobody owns them. */
export function withoutManagedFields<T extends { metadata: Meta }>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** RFC 3339 in whole seconds, as the wire has it. */
export function wireTime(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}
