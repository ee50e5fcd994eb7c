import type { Frozen, Obj } from '../../kube/index.ts';
import type { ResourceDef } from '../registry/resource.ts';
import type { Store } from '../store/index.ts';

/**
 * All objects of a small kind by their namespace, read again only when one of them changed: writes look at it every time, and
 * mostly find nothing.
 */
export class ByNamespace {
  readonly #store: Store;
  readonly #def: ResourceDef;
  #rv = -1;
  #objects: ReadonlyMap<string, readonly Frozen<Obj>[]> = new Map();
  constructor(store: Store, def: ResourceDef) {
    this.#store = store;
    this.#def = def;
  }
  in(namespace: string | undefined): readonly Frozen<Obj>[] {
    if (namespace === undefined) return [];
    const storage = this.#def.storage!;
    const rv = this.#store.lastRvOf(storage);
    if (rv !== this.#rv) {
      const all = this.#store.list(storage, {}, Number.MAX_SAFE_INTEGER).map(r => r.object);
      this.#objects = Map.groupBy(all, o => o.metadata.namespace ?? '');
      this.#rv = rv;
    }
    return this.#objects.get(namespace) ?? [];
  }
}
