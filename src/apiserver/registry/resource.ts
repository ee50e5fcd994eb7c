import type { Schema } from '../../kube/index.ts';
import { type Frozen, type Gvk, gvkOf, type Obj } from '../../kube/index.ts';
import type { Revision, StoredResource } from '../store/index.ts';

/** A subresource as discovery shows it: its kind and verbs. */
export type Subresource = { name: string; group: string; version: string; kind: string; verbs: readonly string[] };
export type PrinterColumn = {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
  jsonPath: string;
};
/** What a custom resource has beyond a built-in one, of its CRD. */
export type Custom = {
  crdName: string;
  schema: Schema;
  columns: readonly PrinterColumn[];
  scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  selectableFields: readonly string[];
  /** The CRD is being deleted: nothing new may be created. */
  terminating: boolean;
};
/** One resource in one version: everything that handlers need to know about it. */
export type ResourceDef = {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
  /** `spec` changes count up metadata.generation. */
  readonly generation: boolean;
  /** Where it is kept; absent for what is answered and forgotten (reviews). */
  readonly storage?: StoredResource;
  readonly storageApiVersion: string;
  /** To and from the version that is stored, when it has another shape than apiVersion alone. */
  readonly convert?: Conversion;
  readonly custom?: Custom;
  readonly deprecated?: string;
};
export type Conversion = { toStorage(o: Obj): Obj; fromStorage(o: Frozen<Obj>): Obj };

export function apiVersionOf(r: { group: string; version: string }): string {
  return r.group ? `${r.group}/${r.version}` : r.version;
}
export function gvkOfDef(def: ResourceDef): Gvk {
  return gvkOf({ apiVersion: apiVersionOf(def), kind: def.kind });
}
export function hasSubresource(def: ResourceDef, name: string): boolean {
  return def.subresources.some(s => s.name === name);
}
/** The key of an object in its storage. */
export function keyOfName(def: ResourceDef, namespace: string | undefined, name: string): string {
  return def.namespaced ? `${namespace}/${name}` : name;
}

const views = new WeakMap<object, Map<string, Frozen<Obj>>>();

/** The stored object as this version shows it; shared, like the stored one. */
export function viewOf(def: ResourceDef, revision: Revision): Frozen<Obj> {
  const stored = revision.object;
  if (stored.apiVersion === apiVersionOf(def)) return stored;
  let known = views.get(stored);
  if (!known) views.set(stored, (known = new Map()));
  let view = known.get(def.version + def.group);
  if (!view) {
    view = Object.freeze(
      def.convert ? def.convert.fromStorage(stored) : { ...stored, apiVersion: apiVersionOf(def) },
    ) as Frozen<Obj>;
    known.set(def.version + def.group, view);
  }
  return view;
}
/** Its bytes: the stored ones whenever the version is the stored one. */
export function bytesOf(def: ResourceDef, revision: Revision): Uint8Array {
  if (def.storageApiVersion === apiVersionOf(def)) return revision.bytes;
  return Buffer.from(JSON.stringify(viewOf(def, revision)));
}
/** An object of this version in the version that is stored. */
export function toStorage(def: ResourceDef, o: Obj): Obj {
  if (def.convert) return def.convert.toStorage(o);
  return o.apiVersion === def.storageApiVersion ? o : { ...o, apiVersion: def.storageApiVersion };
}
