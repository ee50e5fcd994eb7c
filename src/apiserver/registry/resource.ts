import type { Schema } from '../../kube/index.ts';
import { type Frozen, type Gvk, gvkOf, type Obj } from '../../kube/index.ts';
import type { ConversionWebhook } from '../conversion/conversions.ts';
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
  /** The definition has more than one version. */
  hasVersions: boolean;
  /** Converts between versions; absent when they differ in their name only. */
  conversion?: ConversionWebhook;
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
export function gvkOfDef(def: Pick<ResourceDef, 'group' | 'version' | 'kind'>): Gvk {
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
const versionKey = (def: ResourceDef) => def.version + def.group;

/** Thrown by `viewOf` for what only a webhook can convert and has not yet. */
export class Unconverted extends Error {
  readonly def: ResourceDef;
  readonly object: Frozen<Obj>;
  constructor(def: ResourceDef, object: Frozen<Obj>) {
    super(`${object.metadata.name} is not converted to ${apiVersionOf(def)} yet`);
    this.def = def;
    this.object = object;
  }
}
/** Whether a stored object can be viewed in a version at once. */
export function hasView(def: ResourceDef, stored: Frozen<Obj>): boolean {
  return stored.apiVersion === apiVersionOf(def) || views.get(stored)?.has(versionKey(def)) === true;
}
export function setView(def: ResourceDef, stored: Frozen<Obj>, view: Frozen<Obj>): void {
  const known = views.get(stored) ?? new Map<string, Frozen<Obj>>();
  views.set(stored, known.set(versionKey(def), view));
}

/** The stored object as this version shows it; shared, like the stored one. @throws Unconverted */
export function viewOf(def: ResourceDef, revision: Revision): Frozen<Obj> {
  const stored = revision.object;
  if (stored.apiVersion === apiVersionOf(def)) return stored;
  let view = views.get(stored)?.get(versionKey(def));
  if (!view) {
    if (def.custom?.conversion) throw new Unconverted(def, stored);
    view = Object.freeze(
      def.convert ? def.convert.fromStorage(stored) : { ...stored, apiVersion: apiVersionOf(def) },
    ) as Frozen<Obj>;
    setView(def, stored, view);
  }
  return view;
}
/** Its bytes: the stored ones whenever the version is the stored one. */
export function bytesOf(def: ResourceDef, revision: Revision): Uint8Array {
  // An object may still be stored in a version that was the stored one before.
  const isStored = def.storageApiVersion === apiVersionOf(def);
  if (isStored && !(def.custom?.hasVersions && revision.object.apiVersion !== def.storageApiVersion)) return revision.bytes;
  return Buffer.from(JSON.stringify(viewOf(def, revision)));
}
/** An object of this version in the version that is stored. */
export function toStorage(def: ResourceDef, o: Obj): Obj {
  if (def.convert) return def.convert.toStorage(o);
  return o.apiVersion === def.storageApiVersion ? o : { ...o, apiVersion: def.storageApiVersion };
}
