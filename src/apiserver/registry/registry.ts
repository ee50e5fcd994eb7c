import { errors, type Gvk, type ResourceInfo, type ResourceMapper } from '../../kube/index.ts';
import type { Store, StoredResource } from '../store/index.ts';
import { selectableFields } from '../validation/index.ts';
import { ALL_VERBS, BUILTINS, type BuiltinRow, STATUS_VERBS } from './builtins.ts';
import { eventConversion, hpaConversion } from './conversion.ts';
import { apiVersionOf, gvkOfDef, type ResourceDef, type Subresource } from './resource.ts';

const MINUTE = 60_000;
/** What is rewritten all the time keeps a short past. */
const SHORT_HISTORY = new Set(['/events', '/nodes', 'coordination.k8s.io/leases']);
/** Fields that an index serves; the others are compared while scanning. */
const INDEXED_FIELDS: Readonly<Record<string, readonly string[]>> = {
  '/pods': ['spec.nodeName'],
  '/events': ['involvedObject.uid', 'involvedObject.name'],
};

/** Everything that is served, by path and by kind. Custom resources come and go. */
export class Registry implements ResourceMapper {
  readonly #store: Store;
  readonly #groups = new Map<string, Map<string, Map<string, ResourceDef>>>();
  readonly #kinds = new Map<Gvk, ResourceDef>();
  /** Counts up with each change: what is derived (discovery, OpenAPI) is valid for one epoch. */
  epoch = 0;

  constructor(store: Store) {
    this.#store = store;
    for (const { group, version, rows } of BUILTINS) for (const row of rows) this.add(this.#builtin(group, version, row));
  }

  /** Group to version to plural to definition, in order of registration. */
  get groups(): ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, ResourceDef>>> {
    return this.#groups;
  }
  find(group: string, version: string, plural: string): ResourceDef | undefined {
    return this.#groups.get(group)?.get(version)?.get(plural);
  }
  ofKind(gvk: Gvk): ResourceDef | undefined {
    return this.#kinds.get(gvk);
  }
  /** Any version of a resource; the stored one, which needs no conversion, when it is served. */
  anyVersion(group: string, plural: string): ResourceDef | undefined {
    const versions = [...(this.#groups.get(group)?.values() ?? [])].flatMap(resources => resources.get(plural) ?? []);
    return versions.find(def => apiVersionOf(def) === def.storageApiVersion) ?? versions[0];
  }
  all(): ResourceDef[] {
    return [...this.#kinds.values()];
  }

  add(def: ResourceDef): void {
    const versions = this.#groups.get(def.group) ?? new Map<string, Map<string, ResourceDef>>();
    this.#groups.set(def.group, versions);
    const resources = versions.get(def.version) ?? new Map<string, ResourceDef>();
    versions.set(def.version, resources);
    resources.set(def.plural, def);
    this.#kinds.set(gvkOfDef(def), def);
    this.epoch++;
  }
  remove(def: ResourceDef): void {
    const versions = this.#groups.get(def.group);
    const resources = versions?.get(def.version);
    resources?.delete(def.plural);
    if (resources?.size === 0) versions?.delete(def.version);
    if (versions?.size === 0) this.#groups.delete(def.group);
    if (this.#kinds.get(gvkOfDef(def))?.plural === def.plural) this.#kinds.delete(gvkOfDef(def));
    this.epoch++;
  }

  async resourceFor(gvk: Gvk): Promise<ResourceInfo> {
    const def = this.#kinds.get(gvk);
    if (!def) throw errors.unknownResource();
    const { group, version, plural, kind, namespaced } = def;
    return { group, version, plural, kind, namespaced };
  }

  /** Storage of a resource, by the group and plural under which it is kept. */
  storage(group: string, plural: string, gvk: Gvk): StoredResource {
    const name = `${group}/${plural}`;
    const indexed = INDEXED_FIELDS[name] ?? [];
    return this.#store.resource({
      group,
      plural,
      historyMs: SHORT_HISTORY.has(name) ? 5 * MINUTE : 7 * 24 * 60 * MINUTE,
      encrypted: name === '/secrets',
      indexed,
      fields: o => {
        if (indexed.length === 0) return {};
        const fields = selectableFields(gvk, o);
        return Object.fromEntries(indexed.flatMap(f => (fields[f] ? [[f, fields[f]]] : [])));
      },
    });
  }

  #builtin(group: string, version: string, row: BuiltinRow): ResourceDef {
    const [storedGroup, storedVersion] = row.storedAs ? row.storedAs.split('/') : [group, version];
    const storageApiVersion = apiVersionOf({ group: storedGroup!, version: storedVersion! });
    const verbs = row.verbs ?? ALL_VERBS;
    const storage = verbs.includes('watch')
      ? this.storage(storedGroup!, row.plural, `${storageApiVersion}/${row.kind}`)
      : undefined;
    const subresources = (row.sub ?? []).map(
      (s): Subresource =>
        typeof s === 'string'
          ? { name: s, group, version, kind: row.kind, verbs: STATUS_VERBS }
          : s.version
            ? s
            : { ...s, group, version },
    );
    return {
      group,
      version,
      plural: row.plural,
      singular: row.kind.toLowerCase(),
      kind: row.kind,
      listKind: `${row.kind}List`,
      namespaced: !row.cluster,
      shortNames: row.short ?? [],
      categories: row.categories ?? [],
      verbs,
      subresources,
      generation: !row.plain,
      storageApiVersion,
      ...(storage ? { storage } : {}),
      ...(row.storedAs ? { convert: group === 'autoscaling' ? hpaConversion : eventConversion } : {}),
    };
  }
}
