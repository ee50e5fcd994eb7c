import { type Client, type Frozen, type Gvk, Informer, type Obj, type Source } from '../../kube/index.ts';
import type { Clock, Logger } from '../../lib/index.ts';
import { type Content, type Garbage, OwnerGraph } from './owner-graph.ts';

const CRD: Gvk = 'apiextensions.k8s.io/v1/CustomResourceDefinition';
/** A kind that cannot be listed must not keep the others waiting. */
const SYNC_PATIENCE_MS = 5_000;

type CrdSpec = { group: string; names: { kind: string }; versions: { name: string; served: boolean; storage: boolean }[] };
type Following = { client: Client; clock: Clock; signal: AbortSignal };
export type FeedOptions = { log: Logger; kinds: readonly Gvk[] };

/**
 * Follows all objects of all kinds, custom ones as their CRDs come and go, and offers two facts: `garbage` (one key, `all`) for the
 * garbage collector and `contents` (a key a namespace that is being deleted). It follows as the garbage collector, whose first
 * plan asks for it.
 */
export class ObjectFeed {
  readonly graph = new OwnerGraph();
  readonly #o: FeedOptions;
  readonly #kinds = new Map<Gvk, AbortController>();
  readonly #wanted = new Set<string>();
  #isReady = false;
  #garbageChanged: () => void = () => {};
  #contentsChanged: (namespace: string) => void = () => {};

  constructor(o: FeedOptions) {
    this.#o = o;
  }
  /** The kinds that are followed now. */
  get kinds(): readonly Gvk[] {
    return [...this.#kinds.keys()];
  }

  readonly garbage: Source<readonly Garbage[]> = {
    name: 'garbage',
    start: async ({ changed }) => {
      this.#garbageChanged = () => changed('all');
    },
    get: () => (this.#isReady ? (this.graph.garbage() as Frozen<Garbage[]>) : undefined),
  };
  readonly contents: Source<readonly Content[]> = {
    name: 'contents',
    start: async ({ changed }) => {
      this.#contentsChanged = changed;
    },
    get: namespace => (this.#isReady ? (this.graph.inNamespace(namespace) as Frozen<Content[]>) : undefined),
    want: namespace => {
      this.#wanted.add(namespace);
    },
    drop: namespace => {
      this.#wanted.delete(namespace);
    },
  };

  /** An owner was found alive by a read. */
  confirm(ownerUid: string): void {
    this.graph.confirm(ownerUid);
    this.#garbageChanged();
  }
  /** Something was seen that its watch has not delivered yet. */
  observe(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Frozen<Obj>): void {
    const { isWork } = this.graph.observe(type, object);
    if (!this.#isReady) return;
    if (isWork) this.#garbageChanged();
    const { namespace } = object.metadata;
    if (namespace && this.#wanted.has(namespace)) this.#contentsChanged(namespace);
  }

  /** Starts following, once; resolves when all is known. */
  async follow(o: Following): Promise<void> {
    if (this.#kinds.size > 0) return;
    const synced = this.#o.kinds.map(gvk => this.#follow(gvk, o));
    const crds = this.#follow(CRD, o, (type, crd) => this.#crdChanged(type, crd, o));
    await Promise.race([Promise.all([...synced, crds]), o.clock.sleep(SYNC_PATIENCE_MS, o.signal)]);
    this.#isReady = true;
    this.#garbageChanged();
    for (const namespace of this.#wanted) this.#contentsChanged(namespace);
  }

  #follow(gvk: Gvk, o: Following, also?: (type: string, o: Frozen<Obj>) => void): Promise<void> {
    if (this.#kinds.has(gvk)) return Promise.resolve();
    const stop = new AbortController();
    this.#kinds.set(gvk, stop);
    const informer = new Informer(gvk, o.client, o.clock, this.#o.log);
    informer.onChange(({ type, object }) => {
      this.observe(type, object);
      also?.(type, object);
    });
    void informer.run(AbortSignal.any([o.signal, stop.signal]));
    return informer.synced;
  }
  #crdChanged(type: string, object: Frozen<Obj>, o: Following): void {
    const { group, names, versions } = object.spec as Frozen<CrdSpec>;
    const version = versions.find(v => v.served && v.storage) ?? versions.find(v => v.served);
    if (!version) return;
    const gvk: Gvk = `${group}/${version.name}/${names.kind}`;
    const isServed = (object.status as { conditions?: { type: string; status: string }[] } | undefined)?.conditions?.some(
      c => c.type === 'Established' && c.status === 'True',
    );
    if (type === 'DELETED') {
      this.#kinds.get(gvk)?.abort();
      this.#kinds.delete(gvk);
    } else if (isServed) void this.#follow(gvk, o);
  }
}
