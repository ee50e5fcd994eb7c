import {
  type ApiResponse,
  type ApiWatchEvent,
  errors,
  type Frozen,
  isReason,
  type Obj,
  type StatusError,
} from '../../kube/index.ts';
import type { Call, ServerContext } from '../context.ts';
import { apiVersionOf, bytesOf, type ResourceDef, viewOf } from '../registry/resource.ts';
import { type Filter, filterOf } from '../request/filter.ts';
import { type ListOptions, listOptions } from '../request/options.ts';
import type { Change, Hub, Revision } from '../store/index.ts';
import { atLeast, prepareAll, readAll } from './read.ts';
import { partialOf, tableOf } from './table.ts';

/** A watcher that is this many events behind is told 410 and let go. */
const BACKLOG = 10_000;
const BOOKMARK_MS = 60_000;
/** Changes replayed from disk at once. */
const REPLAY = 1000;

type Type = ApiWatchEvent['type'];
/** An event before it is written: the revision and what it is to this watcher, or a ready-made object. */
type Entry = { type: Type; revision: Revision; shownRv?: number } | { type: Type; object: Frozen<Obj> };

const lines = new WeakMap<Revision, Map<string, Uint8Array>>();
/** One buffer an event, shared by all watchers of a version. */
function lineOf(def: ResourceDef, type: Type, revision: Revision): Uint8Array {
  let known = lines.get(revision);
  if (!known) lines.set(revision, (known = new Map()));
  const name = `${type} ${apiVersionOf(def)}`;
  let line = known.get(name);
  if (!line)
    known.set(
      name,
      (line = Buffer.concat([Buffer.from(`{"type":"${type}","object":`), bytesOf(def, revision), Buffer.from('}\n')])),
    );
  return line;
}

/** WATCH: what has changed since a revision, then what changes, until the timeout. */
export async function watchObjects(ctx: ServerContext, call: Call): Promise<ApiResponse> {
  const { def, answer } = call;
  const o = listOptions(call.query, true);
  const filter = filterOf(def, call.storage, o);
  await atLeast(ctx, o.resourceVersion);
  const watcher = new Watcher(ctx, call, o, filter);
  await watcher.start();
  return {
    code: 200,
    headers: { 'content-type': answer.stream ? 'application/json;stream=watch' : 'application/json' },
    events: watcher.events(),
    bytes: () => watcher.lines(),
  };
}

class Watcher {
  readonly #ctx: ServerContext;
  readonly #call: Call;
  readonly #o: ListOptions;
  readonly #hub: Hub;
  readonly #filter: Filter;
  #queue: Entry[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #isFirstRow = true;
  /** Everything up to here was queued. */
  #rv = 0;
  readonly #cleanup: (() => void)[] = [];

  constructor(ctx: ServerContext, call: Call, o: ListOptions, filter: Filter) {
    this.#ctx = ctx;
    this.#call = call;
    this.#o = o;
    this.#hub = call.request.durable === false ? ctx.store.committed : ctx.store.hub;
    this.#filter = filter;
  }

  async start(): Promise<void> {
    const { store, clock, ids } = this.#ctx;
    const { resourceVersion, sendInitialEvents } = this.#o;
    const wantsState = sendInitialEvents ?? !resourceVersion;
    try {
      if (wantsState) await this.#queueState();
      else this.#rv = resourceVersion ?? store.rv;
      this.#replay();
    } catch (e) {
      if (!isReason(e, 'Expired')) throw e;
      this.#fail(e);
      return;
    }
    this.#cleanup.push(this.#hub.listen(this.#call.storage.id, changes => this.#take(changes)));
    const seconds = this.#o.timeoutSeconds ?? 1800 + Math.floor(ids.random() * 1800);
    this.#cleanup.push(clock.after(Math.max(0, seconds) * 1000, () => this.#end()));
    if (this.#o.allowWatchBookmarks) this.#bookmarkLater();
    const { signal } = this.#call.request;
    if (signal?.aborted) this.#end();
    else if (signal) {
      const abort = () => this.#end();
      signal.addEventListener('abort', abort, { once: true });
      this.#cleanup.push(() => signal.removeEventListener('abort', abort));
    }
  }

  async #queueState(): Promise<void> {
    const { items, rv } = await readAll(this.#ctx, this.#call, this.#filter);
    // A watch may not tell what could still be lost.
    if (this.#call.request.durable !== false) await this.#ctx.store.durable();
    this.#rv = rv;
    for (const revision of items) this.#queue.push({ type: 'ADDED', revision });
    if (this.#o.sendInitialEvents)
      this.#queue.push({ type: 'BOOKMARK', object: this.#bookmark({ 'k8s.io/initial-events-end': 'true' }) });
  }

  #replay(): void {
    for (;;) {
      const before = this.#rv;
      this.#take(this.#ctx.store.changesSince(this.#call.storage, this.#rv, REPLAY, this.#hub));
      if (this.#rv === before) return;
    }
  }

  /** Selectors turn changes into other ones: an object that leaves is DELETED, one that enters is ADDED. */
  #take(changes: readonly Change[]): void {
    const { info, def } = this.#call;
    for (const change of changes) {
      if (change.rv <= this.#rv) continue;
      this.#rv = change.rv;
      const { revision, previous, operation } = change;
      if (info.namespace && def.namespaced && !revision.key.startsWith(`${info.namespace}/`)) continue;
      if (this.#filter.isEmpty) {
        this.#queue.push({ type: operation, revision });
        continue;
      }
      const was = previous !== undefined && operation !== 'ADDED' && this.#filter.matches(previous.object);
      const is = operation !== 'DELETED' && this.#filter.matches(revision.object);
      if (is) this.#queue.push({ type: was ? 'MODIFIED' : 'ADDED', revision });
      else if (was && operation === 'DELETED') this.#queue.push({ type: 'DELETED', revision });
      else if (was) this.#queue.push({ type: 'DELETED', revision: previous, shownRv: change.rv });
    }
    if (this.#queue.length > BACKLOG)
      this.#fail(errors.expired(`too old resource version: this watch is more than ${BACKLOG} events behind`));
    this.#notify();
  }

  #bookmarkLater(): void {
    const tick = () => {
      if (this.#queue.length === 0) {
        // Nothing undelivered up to the hub's newest revision: the client may go on from there.
        this.#rv = Math.max(this.#rv, this.#hub.latest);
        this.#queue.push({ type: 'BOOKMARK', object: this.#bookmark() });
        this.#notify();
      }
      this.#cleanup.push(this.#ctx.clock.after(BOOKMARK_MS, tick));
    };
    this.#cleanup.push(this.#ctx.clock.after(BOOKMARK_MS, tick));
  }

  #bookmark(annotations?: Record<string, string>): Frozen<Obj> {
    const { def } = this.#call;
    const metadata = { resourceVersion: String(this.#rv), creationTimestamp: null, ...(annotations ? { annotations } : {}) };
    return { kind: def.kind, apiVersion: apiVersionOf(def), metadata } as unknown as Frozen<Obj>;
  }

  #fail(e: StatusError): void {
    this.#queue = [{ type: 'ERROR', object: e.status as unknown as Frozen<Obj> }];
    this.#end();
  }
  #end(): void {
    this.#ended = true;
    for (const undo of this.#cleanup.splice(0)) undo();
    this.#notify();
  }
  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  async *#batches(): AsyncGenerator<Entry[]> {
    try {
      for (;;) {
        if (this.#queue.length > 0) {
          const batch = this.#queue;
          this.#queue = [];
          await prepareAll(this.#ctx, this.#call.def, revisionsOf(batch));
          yield batch;
        } else if (this.#ended) return;
        else await new Promise<void>(resolve => (this.#wake = resolve));
      }
    } finally {
      this.#end();
    }
  }

  async *events(): AsyncGenerator<ApiWatchEvent> {
    for await (const batch of this.#batches()) for (const entry of batch) yield { type: entry.type, object: this.#shown(entry) };
  }

  async *lines(): AsyncGenerator<Uint8Array> {
    const { def, answer } = this.#call;
    const plain = answer.as === 'object' && answer.format === 'json';
    for await (const batch of this.#batches()) {
      const parts = batch.map(entry =>
        plain && 'revision' in entry && entry.shownRv === undefined
          ? lineOf(def, entry.type, entry.revision)
          : Buffer.from(`${JSON.stringify({ type: entry.type, object: this.#shown(entry) })}\n`),
      );
      yield parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    }
  }

  #shown(entry: Entry): Frozen<Obj> {
    const { def, answer, query } = this.#call;
    const object = 'revision' in entry ? shownOf(def, entry) : entry.object;
    if (answer.as === 'object' || entry.type === 'ERROR') return object;
    if (answer.as === 'PartialObjectMetadata') return partialOf(object) as Frozen<Obj>;
    const first = this.#isFirstRow;
    this.#isFirstRow = false;
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    return tableOf(def, [object], query, this.#ctx.clock.now(), metadata, answer.tableVersion, first) as Frozen<Obj>;
  }
}

const revisionsOf = (batch: readonly Entry[]) => batch.flatMap(e => ('revision' in e ? [e.revision] : []));
/** An object that left a selector: its last state under the revision in which it left. */
function shownOf(def: ResourceDef, { revision, shownRv }: { revision: Revision; shownRv?: number }): Frozen<Obj> {
  const view = viewOf(def, revision);
  return shownRv === undefined ? view : withRv(view, shownRv);
}
function withRv(o: Frozen<Obj>, rv: number): Frozen<Obj> {
  return Object.freeze({ ...o, metadata: Object.freeze({ ...o.metadata, resourceVersion: String(rv) }) }) as Frozen<Obj>;
}
