import { errors, type FieldError, type Frozen, jsonEqual, type Obj } from '../../kube/index.ts';
import type { Ids } from '../../lib/ids.ts';
import type { ResourceDef } from '../registry/resource.ts';

/** RFC 3339 with whole seconds, as metav1.Time is written. */
export function timestamp(now: Date): string {
  return now.toISOString().replace(/\.\d+Z$/, 'Z');
}

const MAX_GENERATED_BASE = 58;

/** Name, namespace, uid and times of a new object. @throws StatusError 400. @source apiserver pkg/registry/rest/create.go@24a394e516bf */
export function stampNew(def: ResourceDef, o: Obj, namespace: string | undefined, ids: Ids, now: Date): Obj {
  const {
    selfLink: _,
    deletionTimestamp: __,
    deletionGracePeriodSeconds: ___,
    ...metadata
  } = o.metadata as Obj['metadata'] & { selfLink?: string };
  if (metadata.resourceVersion) throw errors.badRequest('resourceVersion should not be set on objects to be created');
  delete metadata.resourceVersion;
  if (!metadata.name && metadata.generateName)
    metadata.name = `${metadata.generateName.slice(0, MAX_GENERATED_BASE)}${ids.suffix(5)}`;
  return {
    ...o,
    metadata: {
      ...scoped(def, metadata, namespace),
      uid: ids.uuid(),
      creationTimestamp: timestamp(now),
      ...(def.generation || def.custom ? { generation: 1 } : {}),
    },
  };
}

/** The namespace of the request on namespaced objects, none on others. @throws StatusError 400 when the body says another */
export function scoped(def: ResourceDef, metadata: Obj['metadata'], namespace: string | undefined): Obj['metadata'] {
  const expected = def.namespaced ? namespace : undefined;
  if (metadata.namespace && metadata.namespace !== (expected ?? '')) {
    throw errors.badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const { namespace: _, ...rest } = metadata;
  return expected ? { ...rest, namespace: expected } : rest;
}

/** What a client cannot change, from the stored object. @source apiserver pkg/registry/rest/update.go@24a394e516bf */
export function stampUpdated(def: ResourceDef, o: Obj, old: Frozen<Obj>, namespace: string | undefined): Obj {
  const { selfLink: _, ...given } = o.metadata as Obj['metadata'] & { selfLink?: string };
  const metadata: Obj['metadata'] = scoped(def, given, namespace);
  for (const key of [
    'uid',
    'creationTimestamp',
    'generation',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generateName',
  ] as const) {
    const value = old.metadata[key];
    if (value === undefined) delete metadata[key];
    else (metadata as Record<string, unknown>)[key] = value;
  }
  return { ...o, metadata };
}

/** Counts up the generation when something besides metadata and status changed. */
export function stampGeneration(def: ResourceDef, o: Obj, old: Frozen<Obj>, statusIsOwn: boolean): Obj {
  if (!def.generation && !def.custom) return o;
  const { metadata: _, status: a, ...now } = o as Obj & Record<string, unknown>;
  const { metadata: __, status: b, ...before } = old as Frozen<Obj> & Record<string, unknown>;
  const isSame = jsonEqual(now, before) && (statusIsOwn || jsonEqual(a, b));
  return isSame ? o : { ...o, metadata: { ...o.metadata, generation: (old.metadata.generation ?? 0) + 1 } };
}

/** @throws nothing: the errors of finalizers that appear while an object is being deleted */
export function newFinalizerErrors(o: Obj, old: Frozen<Obj>): FieldError[] {
  if (!old.metadata.deletionTimestamp) return [];
  const added = (o.metadata.finalizers ?? []).filter(f => !old.metadata.finalizers?.includes(f));
  if (added.length === 0) return [];
  const shown = added.map(f => JSON.stringify(f)).join(', ');
  return [
    {
      reason: 'FieldValueForbidden',
      field: 'metadata.finalizers',
      message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${shown}}`,
    },
  ];
}

/** Whether a write would change nothing but the times of managed fields. */
export function isNoop(o: Obj, old: Frozen<Obj>): boolean {
  const { resourceVersion: _, managedFields: mine, ...metadata } = o.metadata;
  const { resourceVersion: __, managedFields: theirs, ...before } = old.metadata;
  const timeless = (entries: readonly Frozen<NonNullable<typeof mine>[number]>[] | undefined) =>
    entries?.map(({ time: _time, ...rest }) => rest) ?? [];
  return jsonEqual({ ...o, metadata }, { ...old, metadata: before }) && jsonEqual(timeless(mine), timeless(theirs));
}
