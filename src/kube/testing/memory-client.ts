import type { Client, ListOptions, WatchEvent, Write } from '../client.ts';
import { errors } from '../errors.ts';
import { parseLabelSelector } from '../selectors.ts';
import { deepFreeze, type Frozen, type Gvk, gvkOf, keyOf, type Obj, parseGvk, type Ref, type UserInfo } from '../types.ts';

type Item = Frozen<Obj>;
type Watcher = { gvk: Gvk; push(e: WatchEvent): void };

/** A small API for unit tests of controllers: create, update, merge patch, delete with finalizers, watch. No schemas, no RBAC. */
export class MemoryApi {
  readonly #items = new Map<string, Item>();
  readonly #watchers = new Set<Watcher>();
  readonly #history: { gvk: Gvk; event: WatchEvent; version: number }[] = [];
  /** What was asked, in order: `create v1/Pod default/a`. */
  readonly calls: string[] = [];
  /** What the node says when it is asked for the log of a Pod. */
  log: Client['log'] = async () => {
    throw errors.unavailable('no node');
  };
  #version = 1;

  client(user: UserInfo = { username: 'admin', groups: [] }): Client {
    return new MemoryClient(this, user);
  }
  put(o: Obj): Item {
    return this.store(
      { ...o, metadata: { uid: `uid-${keyOf(o)}`, ...o.metadata } },
      this.#items.has(idOf(o)) ? 'MODIFIED' : 'ADDED',
    );
  }
  get(ref: Ref): Item {
    const found = this.#items.get(idOf(ref));
    if (!found) throw errors.notFound(resourceOf(gvkOf(ref)), ref.name);
    return found;
  }
  list(gvk: Gvk, o: ListOptions = {}): Item[] {
    const selector = parseLabelSelector(o.labels ?? '');
    return [...this.#items.values()].filter(
      i =>
        gvkOf(i) === gvk &&
        (o.namespace === undefined || i.metadata.namespace === o.namespace) &&
        selector.matches(i.metadata.labels),
    );
  }
  get version(): string {
    return String(this.#version);
  }
  store(o: Obj, type: 'ADDED' | 'MODIFIED' | 'DELETED'): Item {
    const version = ++this.#version;
    const object = deepFreeze(structuredClone({ ...o, metadata: { ...o.metadata, resourceVersion: String(version) } })) as Item;
    if (type === 'DELETED') this.#items.delete(idOf(o));
    else this.#items.set(idOf(o), object);
    const entry = { gvk: gvkOf(o), event: { type, object }, version };
    this.#history.push(entry);
    for (const w of this.#watchers) if (w.gvk === entry.gvk) w.push(entry.event);
    return object;
  }
  watch(gvk: Gvk, since: number, push: (e: WatchEvent) => void): () => void {
    for (const h of this.#history) if (h.gvk === gvk && h.version > since) push(h.event);
    const watcher = { gvk, push };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

class MemoryClient implements Client {
  readonly user: UserInfo;
  readonly #api: MemoryApi;
  constructor(api: MemoryApi, user: UserInfo) {
    this.#api = api;
    this.user = user;
  }
  as(username: string, groups: readonly string[] = []): Client {
    return new MemoryClient(this.#api, { username, groups });
  }
  async get<T extends Obj>(ref: Ref): Promise<Frozen<T>> {
    return this.#api.get(ref) as Frozen<T>;
  }
  async *list<T extends Obj>(gvk: Gvk, o?: ListOptions) {
    yield { items: this.#api.list(gvk, o) as unknown as Frozen<T>[], resourceVersion: this.#api.version };
  }
  async *watch<T extends Obj>(
    gvk: Gvk,
    o: ListOptions & { resourceVersion: string; signal: AbortSignal },
  ): AsyncIterable<WatchEvent<T>> {
    const queue: WatchEvent[] = [];
    let wake = () => {};
    const stop = this.#api.watch(gvk, Number(o.resourceVersion), e => {
      queue.push(e);
      wake();
    });
    o.signal.addEventListener('abort', () => wake());
    try {
      while (!o.signal.aborted) {
        while (queue.length > 0) yield queue.shift() as WatchEvent<T>;
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
    } finally {
      stop();
    }
  }
  async write<T extends Obj>(w: Write): Promise<Frozen<T>> {
    const target: Ref | Obj = 'object' in w ? w.object : w.ref;
    this.#api.calls.push(`${w.verb} ${gvkOf(target)} ${keyOf('metadata' in target ? target : { metadata: target })}`);
    return this.#apply(w) as Frozen<T>;
  }
  #apply(w: Write): Item {
    switch (w.verb) {
      case 'create':
        if (this.#api.list(gvkOf(w.object)).some(i => keyOf(i) === keyOf(w.object)))
          throw errors.alreadyExists(resourceOf(gvkOf(w.object)), w.object.metadata.name);
        return this.#api.put(w.object);
      case 'update': {
        const live = this.#api.get(refTo(w.object));
        const expected = w.object.metadata.resourceVersion;
        if (expected && expected !== live.metadata.resourceVersion)
          throw errors.conflict(resourceOf(gvkOf(live)), live.metadata.name);
        return this.#save(w.subresource === 'status' ? { ...(live as Obj), status: w.object.status } : w.object);
      }
      case 'patch': {
        if (w.type !== 'merge') throw errors.badRequest(`the memory API knows no ${w.type} patch`);
        return this.#save(merge(this.#api.get(w.ref), w.patch) as Obj);
      }
      case 'delete': {
        const live = this.#api.get(w.ref) as Obj;
        if (!live.metadata.finalizers?.length) return this.#api.store(live, 'DELETED');
        return this.#api.store(
          { ...live, metadata: { ...live.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } },
          'MODIFIED',
        );
      }
      default:
        throw errors.badRequest(`the memory API knows no ${w.verb}`);
    }
  }
  #save(o: Obj): Item {
    const ends = o.metadata.deletionTimestamp && !o.metadata.finalizers?.length;
    return this.#api.store(o, ends ? 'DELETED' : 'MODIFIED');
  }
  async can(): Promise<boolean> {
    return true;
  }
  log(...asked: Parameters<Client['log']>): ReturnType<Client['log']> {
    return this.#api.log(...asked);
  }
  async exec(): Promise<never> {
    throw errors.unavailable('no node');
  }
  async portForward(): Promise<never> {
    throw errors.unavailable('no node');
  }
}

function idOf(o: Obj | Ref): string {
  return `${gvkOf(o)} ${keyOf('metadata' in o ? o : { metadata: o })}`;
}
function refTo(o: Obj): Ref {
  const { namespace, name } = o.metadata;
  return { apiVersion: o.apiVersion, kind: o.kind, name, ...(namespace ? { namespace } : {}) };
}
function resourceOf(gvk: Gvk): { group: string; plural: string } {
  const { group, kind } = parseGvk(gvk);
  return { group, plural: `${kind.toLowerCase()}s` };
}
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(typeof target === 'object' && !Array.isArray(target) ? target : {}) };
  for (const [k, v] of Object.entries(patch)) {
    if (v === null) delete result[k];
    else result[k] = merge(result[k], v);
  }
  return result;
}
