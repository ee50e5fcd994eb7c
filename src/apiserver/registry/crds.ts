import type { FieldError, Frozen, Obj, Schema } from '../../kube/index.ts';
import type { ConversionWebhook } from '../conversion/conversions.ts';
import { compileCrd } from '../schema/index.ts';
import { ALL_VERBS, STATUS_VERBS } from './builtins.ts';
import type { Registry } from './registry.ts';
import { apiVersionOf, type PrinterColumn, type ResourceDef, type Subresource } from './resource.ts';

/** Deletes the custom resources before their definition goes. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

type Names = {
  plural: string;
  singular?: string;
  kind: string;
  listKind?: string;
  shortNames?: readonly string[];
  categories?: readonly string[];
};
type Version = {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  subresources?: {
    status?: object;
    scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  };
  additionalPrinterColumns?: readonly PrinterColumn[];
  selectableFields?: readonly { jsonPath: string }[];
};
export type CrdSpec = {
  group: string;
  names: Names;
  scope: 'Namespaced' | 'Cluster';
  versions: readonly Version[];
  conversion?: { strategy?: string; webhook?: ConversionWebhook };
};

const compiled = new WeakMap<object, { errors: FieldError[]; versions: Map<string, Schema> }>();
/** Compiled once a revision of the definition: its spec stays the same object. */
export function compiledCrd(crd: Frozen<Obj>): { errors: FieldError[]; versions: Map<string, Schema> } {
  const known = compiled.get(crd.spec as object);
  if (known) return known;
  const result = compileCrd(crd);
  compiled.set(crd.spec as object, result);
  return result;
}

/** GA before beta before alpha, higher numbers first, then other names. @source apimachinery pkg/version/helpers.go@eed236ceee2c */
export function compareVersions(a: string, b: string): number {
  const rank = (v: string) => {
    const m = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(v);
    return m ? [m[2] === undefined ? 3 : m[2] === 'beta' ? 2 : 1, Number(m[1]), Number(m[3] ?? 0)] : [0, 0, 0];
  };
  const [x, y] = [rank(a), rank(b)];
  for (let i = 0; i < 3; i++) if (x[i] !== y[i]) return y[i]! - x[i]!;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The resources that a definition serves: one a served version. */
export function defsOf(registry: Registry, crd: Frozen<Obj>): ResourceDef[] {
  const spec = crd.spec as unknown as CrdSpec;
  const { group, names } = spec;
  const { versions: schemas } = compiledCrd(crd);
  const stored = spec.versions.find(v => v.storage)!;
  const storageApiVersion = apiVersionOf({ group, version: stored.name });
  const storage = registry.storage(group, names.plural, `${storageApiVersion}/${names.kind}` as `${string}/${string}`);
  const served = spec.versions.filter(v => v.served).sort((a, b) => compareVersions(a.name, b.name));
  return served.map(version => ({
    group,
    version: version.name,
    plural: names.plural,
    singular: names.singular || names.kind.toLowerCase(),
    kind: names.kind,
    listKind: names.listKind || `${names.kind}List`,
    namespaced: spec.scope === 'Namespaced',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs: ALL_VERBS,
    subresources: subresourcesOf(group, names.kind, version),
    generation: true,
    storage,
    storageApiVersion,
    custom: {
      crdName: crd.metadata.name,
      schema: schemas.get(version.name) ?? {},
      columns: version.additionalPrinterColumns ?? [],
      ...(version.subresources?.scale ? { scale: version.subresources.scale } : {}),
      selectableFields: (version.selectableFields ?? []).map(f => f.jsonPath.replace(/^\./, '')),
      hasVersions: spec.versions.length > 1,
      ...(spec.conversion?.strategy === 'Webhook' ? { conversion: spec.conversion.webhook! } : {}),
      terminating: crd.metadata.deletionTimestamp !== undefined,
    },
    ...(version.deprecated
      ? {
          deprecated:
            version.deprecationWarning ?? `${apiVersionOf({ group, version: version.name })} ${names.kind} is deprecated`,
        }
      : {}),
  }));
}

function subresourcesOf(group: string, kind: string, { name, subresources }: Version): Subresource[] {
  const list: Subresource[] = [];
  if (subresources?.status) list.push({ name: 'status', group, version: name, kind, verbs: STATUS_VERBS });
  if (subresources?.scale) list.push({ name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: STATUS_VERBS });
  return list;
}

/** Keeps the registry in step with the definitions: call with each new state, or undefined when one is gone. */
export class CustomResources {
  readonly #registry: Registry;
  readonly #served = new Map<string, ResourceDef[]>();
  constructor(registry: Registry) {
    this.#registry = registry;
  }
  serve(crd: Frozen<Obj>): void {
    const next = defsOf(this.#registry, crd);
    this.withdraw(crd.metadata.name);
    for (const def of next) this.#registry.add(def);
    this.#served.set(crd.metadata.name, next);
  }
  withdraw(name: string): void {
    for (const def of this.#served.get(name) ?? []) this.#registry.remove(def);
    this.#served.delete(name);
  }
}
