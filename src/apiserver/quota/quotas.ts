import { errors, type Frozen, gvkOf, jsonEqual, type Obj } from '../../kube/index.ts';
import { ByNamespace } from '../admission/by-namespace.ts';
import type { Registry } from '../registry/registry.ts';
import type { ResourceDef } from '../registry/resource.ts';
import type { Change, Store, Transaction } from '../store/index.ts';
import { type Amounts, amountsOf, minus, quantityOf, sum } from './amounts.ts';
import { isInScope, type Scope, unstated, usageOf } from './usage.ts';

type Quantities = Record<string, string>;
type Spec = { hard?: Quantities; scopes?: readonly string[]; scopeSelector?: { matchExpressions?: readonly Scope[] } };
type Quota = Frozen<Obj<Spec, { hard?: Quantities; used?: Quantities }>>;

/**
 * ResourceQuotas, kept inside the writes that they count: what is used is exact in every revision, and what would go over it
 * is refused with the whole write undone. A write in a namespace without quotas pays one look into memory.
 * @source apiserver pkg/admission/plugin/resourcequota@24a394e516bf, kubernetes pkg/controller/resourcequota
 */
export class Quotas {
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #def: ResourceDef;
  readonly #quotas: ByNamespace;
  constructor(store: Store, registry: Registry) {
    this.#store = store;
    this.#registry = registry;
    this.#def = registry.find('', 'v1', 'resourcequotas')!;
    this.#quotas = new ByNamespace(store, this.#def);
  }

  /** Counts what a transaction changed. @throws StatusError 403 when a quota is exceeded */
  charge(tx: Transaction): void {
    for (const change of [...tx.changes]) {
      if (change.resource === this.#def.storage!.id) this.#recount(tx, change);
      else this.#count(tx, change);
    }
  }

  #count(tx: Transaction, { operation, revision, previous }: Change): void {
    const { namespace } = revision.object.metadata;
    const quotas = this.#quotas.in(namespace);
    if (quotas.length === 0) return;
    const now = operation === 'DELETED' ? undefined : revision.object;
    for (const known of quotas) {
      const current = tx.get(this.#def.storage!, `${namespace}/${known.metadata.name}`);
      if (!current) continue;
      const quota = current.object as Quota;
      const delta = minus(this.#usage(quota, now), this.#usage(quota, previous?.object));
      const changed = Object.fromEntries(Object.entries(delta).filter(([, n]) => n !== 0n));
      if (now) this.#check(quota, now, changed, previous === undefined);
      if (Object.keys(changed).length > 0) tx.update(this.#def.storage!, current, withUsed(quota, sum([usedOf(quota), changed])));
    }
  }

  /** A quota that is new or limits something else is counted from what is there. */
  #recount(tx: Transaction, { operation, revision, previous }: Change): void {
    const quota = revision.object as Quota;
    if (operation === 'DELETED' || jsonEqual(quota.spec, previous?.object.spec)) return;
    const usage = sum([...this.#objectsCounted(quota)].map(o => this.#usage(quota, o)));
    tx.update(this.#def.storage!, revision, withUsed(quota, usage));
  }

  *#objectsCounted({ metadata, spec }: Quota): Generator<Frozen<Obj>> {
    const wanted = new Set(Object.keys(spec?.hard ?? {}).map(resourceOf));
    for (const def of this.#registry.all()) {
      const isStored = def.storage && `${def.group ? `${def.group}/` : ''}${def.version}` === def.storageApiVersion;
      if (!isStored || !def.namespaced || !wanted.has(def.group ? `${def.plural}.${def.group}` : def.plural)) continue;
      const found = this.#store.list(def.storage!, { namespace: metadata.namespace! }, Number.MAX_SAFE_INTEGER);
      for (const r of found) yield r.object;
    }
  }

  /** What one object takes of a quota: nothing of what it does not limit, nothing outside its scopes. */
  #usage(quota: Quota, o: Frozen<Obj> | undefined): Amounts {
    if (!o || !scopesOf(quota).every(s => isInScope(o, s))) return {};
    const plural = this.#registry.ofKind(gvkOf(o))?.plural ?? '';
    const hard = quota.spec?.hard ?? {};
    return Object.fromEntries(Object.entries(usageOf(o, plural)).filter(([name]) => Object.hasOwn(hard, name)));
  }

  #check(quota: Quota, o: Frozen<Obj>, delta: Amounts, isNew: boolean): void {
    const hard = quota.spec?.hard ?? {};
    const { name } = quota.metadata;
    const def = this.#registry.ofKind(gvkOf(o))!;
    const refuse = (detail: string) => errors.forbidden(def, o.metadata.name, detail);
    if (isNew && scopesOf(quota).every(s => isInScope(o, s))) {
      const missing = [...unstated(o, Object.keys(hard))].map(([r, names]) => `${r} for: ${names.join(',')}`);
      if (missing.length > 0) throw refuse(`failed quota: ${name}: must specify ${missing.sort().join('; ')}`);
    }
    const limits = amountsOf(hard);
    const used = usedOf(quota);
    const over = Object.keys(delta).filter(r => delta[r]! > 0n && (used[r] ?? 0n) + delta[r]! > limits[r]!);
    if (over.length === 0) return;
    const list = (amounts: Amounts) => over.sort().map(r => `${r}=${quantityOf(amounts[r] ?? 0n, hard[r])}`);
    throw refuse(`exceeded quota: ${name}, requested: ${list(delta)}, used: ${list(used)}, limited: ${list(limits)}`);
  }
}

function scopesOf({ spec }: Quota): readonly Scope[] {
  return [
    ...(spec?.scopes ?? []).map(scopeName => ({ scopeName })),
    ...((spec?.scopeSelector?.matchExpressions ?? []) as readonly Scope[]),
  ];
}
const usedOf = (quota: Quota) => amountsOf(quota.status?.used);
function withUsed(quota: Quota, used: Amounts): Obj {
  const hard = { ...quota.spec?.hard };
  const shown = Object.entries(hard).map(([name, limit]) => [name, quantityOf(used[name] ?? 0n, limit)]);
  return { ...(quota as unknown as Obj), status: { hard, used: Object.fromEntries(shown) } };
}
/** Which resource a limit is about: `count/jobs.batch`, `services.nodeports`, `requests.cpu` (of Pods). */
function resourceOf(limit: string): string {
  if (limit.startsWith('count/')) return limit.slice('count/'.length);
  if (limit === 'requests.storage' || limit.includes('.storageclass.storage.k8s.io/')) return 'persistentvolumeclaims';
  if (limit.startsWith('services.')) return 'services';
  return WHOLE.has(limit) ? limit : 'pods';
}
const WHOLE = new Set([
  'configmaps',
  'secrets',
  'replicationcontrollers',
  'resourcequotas',
  'services',
  'persistentvolumeclaims',
]);
