import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Client } from './client.ts';
import { isReason } from './errors.ts';
import { type Frozen, type Gvk, keyOf, type Obj } from './types.ts';

type Item = Frozen<Obj>;
export type Change = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: Item; old?: Item };

const NONE: ReadonlySet<Item> = new Set();
const versionOf = (o: Item): number => Number(o.metadata.resourceVersion ?? 0);

/**
 * A cache of all objects of one kind, kept by list and watch, indexed by namespace and by controlling owner.
 * Writers hand their answers in by `observe`, so that a cache is never older than its own process's writes.
 */
export class Informer {
  readonly gvk: Gvk;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #items = new Map<string, Item>();
  readonly #byNamespace = new Map<string, Set<Item>>();
  readonly #byOwner = new Map<string, Set<Item>>();
  readonly #listeners = new Set<(c: Change) => void>();
  /** The newest version that the watch has delivered. */
  #seen = 0;
  #markSynced!: () => void;
  readonly synced: Promise<void>;

  constructor(gvk: Gvk, client: Client, clock: Clock, log: Logger) {
    this.gvk = gvk;
    this.#client = client;
    this.#clock = clock;
    this.#log = log.with({ informer: gvk });
    this.synced = new Promise(resolve => {
      this.#markSynced = resolve;
    });
  }

  get(key: string): Item | undefined {
    return this.#items.get(key);
  }
  all(): Iterable<Item> {
    return this.#items.values();
  }
  inNamespace(namespace: string): ReadonlySet<Item> {
    return this.#byNamespace.get(namespace) ?? NONE;
  }
  ownedBy(uid: string): ReadonlySet<Item> {
    return this.#byOwner.get(uid) ?? NONE;
  }
  get size(): number {
    return this.#items.size;
  }
  onChange(listener: (c: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes in an object that a write returned. What the watch has passed already is ignored: it may be gone since. */
  observe(object: Item): void {
    if (versionOf(object) > this.#seen) this.#set(object);
  }

  /** Lists and watches until aborted; every failure is retried with a growing pause. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#resync();
        failures = 0;
        await this.#follow(signal);
      } catch (e) {
        if (signal.aborted) return;
        if (!isReason(e, 'Expired')) {
          this.#log.warn('list or watch failed', { error: e });
          await this.#clock.sleep(Math.min(30_000, 50 * 2 ** failures++), signal).catch(() => {});
        }
      }
    }
  }

  async #resync(): Promise<void> {
    const fresh = new Map<string, Item>();
    let version = 0;
    for await (const page of this.#client.list(this.gvk)) {
      for (const item of page.items) fresh.set(keyOf(item), item);
      version = Number(page.resourceVersion);
    }
    this.#seen = Math.max(this.#seen, version);
    for (const item of [...this.#items.values()]) if (!fresh.has(keyOf(item)) && versionOf(item) <= version) this.#remove(item);
    for (const item of fresh.values()) this.#set(item);
    this.#markSynced();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    // A watch may end normally at its timeout: go on from the last version, no new list.
    while (!signal.aborted) {
      for await (const event of this.#client.watch(this.gvk, { resourceVersion: String(this.#seen), signal })) {
        this.#seen = Math.max(this.#seen, versionOf(event.object));
        if (event.type === 'DELETED') this.#remove(event.object);
        else if (event.type !== 'BOOKMARK') this.#set(event.object);
      }
    }
  }

  #set(object: Item): void {
    const key = keyOf(object);
    const old = this.#items.get(key);
    if (old && versionOf(old) >= versionOf(object)) return;
    if (old) this.#unindex(old);
    this.#items.set(key, object);
    add(this.#byNamespace, object.metadata.namespace, object);
    add(this.#byOwner, controllerUid(object), object);
    this.#emit(old ? { type: 'MODIFIED', object, old } : { type: 'ADDED', object });
  }

  #remove(object: Item): void {
    const old = this.#items.get(keyOf(object));
    if (!old || versionOf(old) > versionOf(object)) return;
    this.#unindex(old);
    this.#items.delete(keyOf(object));
    this.#emit({ type: 'DELETED', object, old });
  }

  #unindex(old: Item): void {
    this.#byNamespace.get(old.metadata.namespace ?? '')?.delete(old);
    const uid = controllerUid(old);
    const owned = uid ? this.#byOwner.get(uid) : undefined;
    owned?.delete(old);
    if (uid && owned?.size === 0) this.#byOwner.delete(uid);
  }

  #emit(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** The uid of the owner that controls an object. */
export function controllerUid(o: Item): string | undefined {
  return o.metadata.ownerReferences?.find(r => r.controller)?.uid;
}
function add(index: Map<string, Set<Item>>, key: string | undefined, object: Item): void {
  if (key === undefined) return;
  const set = index.get(key);
  if (set) set.add(object);
  else index.set(key, new Set([object]));
}

/** One informer a kind, shared by all controllers of a process. */
export class Informers {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #informers = new Map<Gvk, Informer>();
  constructor(o: { client: Client; clock: Clock; log: Logger; signal: AbortSignal }) {
    this.#client = o.client;
    this.#clock = o.clock;
    this.#log = o.log;
    this.#signal = o.signal;
  }
  /** The informer of a kind, started on first use. */
  of(gvk: Gvk): Informer {
    let informer = this.#informers.get(gvk);
    if (!informer) {
      informer = new Informer(gvk, this.#client, this.#clock, this.#log);
      this.#informers.set(gvk, informer);
      void informer.run(this.#signal);
    }
    return informer;
  }
  /** The informer if some controller uses the kind already. */
  peek(gvk: Gvk): Informer | undefined {
    return this.#informers.get(gvk);
  }
  async synced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map(i => i.synced));
  }
}
