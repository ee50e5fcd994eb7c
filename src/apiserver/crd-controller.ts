import { type Frozen, isReason, type Obj, resourcePath, type Transport } from '../kube/index.ts';
import type { Logger } from '../lib/index.ts';
import { checked, SYSTEM } from './bootstrap.ts';
import { CLEANUP_FINALIZER, type CrdSpec, CustomResources } from './registry/crds.ts';
import type { Registry } from './registry/registry.ts';
import type { Change, Store } from './store/index.ts';

/** Serves custom resources from the moment that their definition is stored, and clears them away with it. */
export class CrdController {
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #transport: Transport;
  readonly #log: Logger;
  readonly #resources: CustomResources;
  readonly #cleaning = new Map<string, () => void>();

  constructor(o: { store: Store; registry: Registry; transport: Transport; log: Logger }) {
    this.#store = o.store;
    this.#registry = o.registry;
    this.#transport = o.transport;
    this.#log = o.log;
    this.#resources = new CustomResources(o.registry);
  }

  /** Serves what is stored and follows the rest. The hub calls before the writer is told. */
  start(): void {
    const { storage } = this.#registry.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')!;
    for (const crd of this.#store.list(storage!, {}, Number.MAX_SAFE_INTEGER)) this.#take(crd.object);
    this.#store.hub.listen(storage!.id, changes => {
      for (const c of changes) this.#changed(c);
    });
  }

  #changed({ operation, revision }: Change): void {
    if (operation !== 'DELETED') this.#take(revision.object);
    else this.#resources.withdraw(revision.object.metadata.name);
  }

  #take(crd: Frozen<Obj>): void {
    this.#resources.serve(crd);
    if (crd.metadata.deletionTimestamp && crd.metadata.finalizers?.includes(CLEANUP_FINALIZER)) this.#clean(crd);
  }

  /** Deletes all custom resources; the last one to go takes the finalizer along. */
  #clean(crd: Frozen<Obj>): void {
    const { name } = crd.metadata;
    if (this.#cleaning.has(name)) return;
    const { group, names } = crd.spec as unknown as CrdSpec;
    const def = this.#registry.anyVersion(group, names.plural);
    if (!def?.storage) return;
    const storage = def.storage;
    const finish = () => {
      if (!this.#cleaning.has(name) || this.#store.count(storage, {}) > 0) return;
      this.#cleaning.get(name)?.();
      this.#cleaning.delete(name);
      void this.#release(name);
    };
    this.#cleaning.set(name, this.#store.hub.listen(storage.id, finish));
    const deletions = this.#store.list(storage, {}, Number.MAX_SAFE_INTEGER).map(({ object }) => {
      const path = resourcePath(def, object.metadata.namespace, object.metadata.name);
      return this.#transport.request({ method: 'DELETE', path, user: SYSTEM });
    });
    void Promise.all(deletions).then(finish);
  }

  async #release(name: string): Promise<void> {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
    try {
      const current = checked(await this.#transport.request({ method: 'GET', path, user: SYSTEM })) as Frozen<Obj>;
      const finalizers = (current.metadata.finalizers ?? []).filter(f => f !== CLEANUP_FINALIZER);
      const headers = { 'content-type': 'application/merge-patch+json' };
      checked(
        await this.#transport.request({ method: 'PATCH', path, user: SYSTEM, headers, object: { metadata: { finalizers } } }),
      );
    } catch (error) {
      if (!isReason(error, 'NotFound')) this.#log.error('a definition could not be released', { crd: name, error });
    }
  }
}
