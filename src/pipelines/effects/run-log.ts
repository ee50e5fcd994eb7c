import type { Blobs, Sql, Statement } from '../../data/types.ts';
import type { Source } from '../../kube/controller.ts';
import type { Frozen } from '../../kube/types.ts';
import type { Clock, Logger } from '../../lib/index.ts';
import type { Run } from '../api/run.ts';
import { RUN_LOG, type RunFact } from '../controller/run.ts';
import { at } from '../engine/chunks.ts';
import type { RunEvent } from '../engine/events.ts';
import { applyTouching } from '../engine/fold.ts';
import { liveAttempt, type RunState } from '../engine/state.ts';
import type { CacheHit } from '../engine/step.ts';
import { errors } from '../errors.ts';
import { nodeRow } from '../projection/nodes.ts';
import { loadRun } from './load.ts';

type Pending = { events: readonly RunEvent[]; statements: readonly Statement[]; resolve(): void; reject(e: unknown): void };
type Entry = {
  uid: string;
  fact?: RunFact;
  loading?: Promise<void>;
  queue: Pending[];
  /** What was written last is on disk, or has failed. */
  onDisk: Promise<void>;
  flushing: boolean;
  cancelTimer?: () => void;
  /** Attempts that this process has started, and Pods it has let go: what the caches may not show yet. */
  done: Map<string, number>;
  /** Attempts whose `attempt.started` is on its way. */
  noted: Set<string>;
  wanted: boolean;
};
const LAZY_MS = 100;

/**
 * The logs of the runs that are under way: folded states in memory, events in the ledger. All appends of a run go through
 * here one after the other; those that arrive together share a transaction with the rows of the nodes they touch. A state
 * is shown when its events are committed: what is planned from it is appended after them, and reaches the disk no earlier.
 */
export class RunLog implements Source<RunFact> {
  readonly name = RUN_LOG;
  readonly #ledger: Sql;
  readonly #blobs: Blobs;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Map<string, Set<() => void>>();
  #changed: (uid: string) => void = () => {};

  constructor(o: { ledger: Sql; blobs: Blobs; clock: Clock; log: Logger }) {
    this.#ledger = o.ledger;
    this.#blobs = o.blobs;
    this.#clock = o.clock;
    this.#log = o.log;
  }

  async start({ changed }: { changed(uid: string): void }): Promise<void> {
    this.#changed = changed;
  }
  get(uid: string): Frozen<RunFact> | undefined {
    return this.#entries.get(uid)?.fact as Frozen<RunFact> | undefined;
  }
  /** Begins to hold a run, given as `params`; its log is read once. */
  want(uid: string, params: unknown): void {
    const entry = this.#entryOf(uid);
    entry.wanted = true;
    if (entry.fact || entry.loading) return;
    entry.loading = this.#load(entry, params as Frozen<Run>).finally(() => {
      delete entry.loading;
    });
  }
  drop(uid: string): void {
    const entry = this.#entries.get(uid);
    if (!entry) return;
    entry.wanted = false;
    this.#forgetIfIdle(entry);
  }

  /** The state of a run under way. */
  state(uid: string): RunState | undefined {
    const fact = this.#entries.get(uid)?.fact;
    return fact && 'state' in fact ? fact.state : undefined;
  }
  /** Calls back after each change of a run; the returned function ends that. */
  subscribe(uid: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(uid) ?? new Set();
    this.#listeners.set(uid, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(uid);
    };
  }

  /**
   * Appends events, with other statements in the same transaction; resolves when they are on disk.
   * @throws PipelineError `fenced` when another process has appended: the log is read again
   */
  append(uid: string, events: readonly RunEvent[], statements: readonly Statement[] = []): Promise<void> {
    const entry = this.#entryOf(uid);
    return new Promise((resolve, reject) => {
      entry.queue.push({ events, statements, resolve, reject });
      void this.#flush(entry);
    });
  }
  /** Resolves when what was appended so far is on disk. */
  onDisk(uid: string): Promise<void> {
    return this.#entries.get(uid)?.onDisk ?? Promise.resolve();
  }
  /** Appends events that nobody waits for: they go with the next ones, or after a moment. */
  appendLazily(uid: string, events: readonly RunEvent[]): void {
    const entry = this.#entryOf(uid);
    const fresh = events.filter(e => !('attempt' in e) || !entry.noted.has(`${e.node}/${e.attempt}`));
    if (fresh.length === 0) return;
    for (const e of fresh) if ('attempt' in e) entry.noted.add(`${e.node}/${e.attempt}`);
    entry.queue.push({ events: fresh, statements: [], resolve() {}, reject() {} });
    entry.cancelTimer ??= this.#clock.after(LAZY_MS, () => {
      delete entry.cancelTimer;
      void this.#flush(entry);
    });
  }
  /** Takes in what the cache knows of some fingerprints. */
  answer(uid: string, answers: Readonly<Record<string, CacheHit | null>>): void {
    const entry = this.#entries.get(uid);
    if (!entry?.fact || 'error' in entry.fact) return;
    entry.fact = { ...entry.fact, cache: { ...entry.fact.cache, ...answers } };
    this.#tell(uid);
  }
  /** Whether an attempt still has to be carried out: it is planned and has no outcome. */
  isLive(uid: string, node: number, attempt: number): boolean {
    const state = this.state(uid);
    const instance = state && at(state.nodes, node);
    return instance !== undefined && liveAttempt(instance)?.number === attempt;
  }
  /** Remembers, as long as the run is held, that something was done; false when it was before. */
  once(uid: string, what: string): boolean {
    const { done } = this.#entryOf(uid);
    if (done.has(what)) return false;
    done.set(what, this.#clock.monotonicMs());
    return true;
  }
  /** How long ago it was done. */
  ageMs(uid: string, what: string): number {
    return this.#clock.monotonicMs() - (this.#entries.get(uid)?.done.get(what) ?? Number.POSITIVE_INFINITY);
  }
  /** It was not done after all. */
  undo(uid: string, what: string): void {
    this.#entries.get(uid)?.done.delete(what);
  }
  /** Forgets a run that is being deleted. */
  async remove(uid: string): Promise<void> {
    this.#entries.delete(uid);
    await this.#ledger.transaction([
      { sql: 'DELETE FROM run_event WHERE run_uid = ?', params: [uid] },
      { sql: 'DELETE FROM run_node WHERE run_uid = ?', params: [uid] },
      { sql: 'DELETE FROM task_cache WHERE run_uid = ?', params: [uid] },
    ]);
  }

  #entryOf(uid: string): Entry {
    let entry = this.#entries.get(uid);
    if (!entry) {
      entry = { uid, queue: [], onDisk: Promise.resolve(), flushing: false, done: new Map(), noted: new Set(), wanted: false };
      this.#entries.set(uid, entry);
    }
    return entry;
  }
  #forgetIfIdle(entry: Entry): void {
    if (!entry.wanted && entry.queue.length === 0 && !entry.flushing && this.#entries.get(entry.uid) === entry)
      this.#entries.delete(entry.uid);
  }
  async #load(entry: Entry, run: Frozen<Run>): Promise<void> {
    try {
      entry.fact = await loadRun(run, this.#ledger, this.#blobs);
      this.#tell(entry.uid);
    } catch (error) {
      this.#log.error('log of a run cannot be read', { run: run.metadata.name, error });
      this.#clock.after(1_000, () => this.#changed(entry.uid));
    }
  }

  async #flush(entry: Entry): Promise<void> {
    if (entry.flushing) return;
    entry.flushing = true;
    entry.cancelTimer?.();
    delete entry.cancelTimer;
    while (entry.queue.length > 0) {
      const batch = entry.queue.splice(0);
      try {
        await this.#write(entry, batch);
      } catch (error) {
        this.#failed(entry, batch, error);
      }
      this.#tell(entry.uid);
    }
    entry.flushing = false;
    this.#forgetIfIdle(entry);
  }
  /** What is on disk decides: the next plan reads it again. */
  #failed(entry: Entry, batch: readonly Pending[], error: unknown): void {
    delete entry.fact;
    for (const pending of batch) pending.reject(error);
  }
  /** Resolves when committed; those who asked are told when it is on disk. */
  async #write(entry: Entry, batch: readonly Pending[]): Promise<void> {
    const { fact } = entry;
    if (!fact || 'error' in fact) throw errors.fenced();
    const events = batch.flatMap(p => p.events);
    const { state, touched } = applyTouching(fact.state, events);
    const statements = [
      ...eventStatements(entry.uid, fact.state.sequence, events),
      ...touched.map(number => nodeStatement(state, number)),
      ...batch.flatMap(p => p.statements),
    ];
    const committed = Promise.withResolvers<void>();
    const onDisk = this.#ledger.transaction(statements, { onCommit: committed.resolve });
    entry.onDisk = onDisk.then(
      () => {
        for (const pending of batch) pending.resolve();
      },
      error => {
        const fenced = /UNIQUE|PRIMARY KEY/i.test((error as Error).message);
        this.#failed(entry, batch, fenced ? errors.fenced() : error);
        committed.reject(error);
      },
    );
    await committed.promise;
    entry.fact = { state, cache: withoutUsed(fact.cache, events) };
  }
  #tell(uid: string): void {
    this.#changed(uid);
    for (const listener of this.#listeners.get(uid) ?? []) listener();
  }
}

/** Answers that a decision was based on: asked again next time, for another step may have filled the cache since. */
function withoutUsed(
  cache: Readonly<Record<string, CacheHit | null>>,
  events: readonly RunEvent[],
): Readonly<Record<string, CacheHit | null>> {
  const used = events.flatMap(e => ('fingerprint' in e && e.fingerprint ? [e.fingerprint] : []));
  return used.length === 0 ? cache : Object.fromEntries(Object.entries(cache).filter(([key]) => !used.includes(key)));
}
function eventStatements(uid: string, after: number, events: readonly RunEvent[]): Statement[] {
  return events.map((event, i) => ({
    sql: 'INSERT INTO run_event (run_uid, seq, json) VALUES (?, ?, ?)',
    params: [uid, after + 1 + i, JSON.stringify(event)],
  }));
}
function nodeStatement(state: RunState, number: number): Statement {
  const row = nodeRow(state, at(state.nodes, number)!);
  return {
    sql: `INSERT INTO run_node (run_uid, id, ordinal, parent, state, execution_id, json) VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (run_uid, id) DO UPDATE SET ordinal = excluded.ordinal, state = excluded.state,
            execution_id = excluded.execution_id, json = excluded.json`,
    params: [state.run.uid, row.id, number, row.parent ?? null, row.state, row.executionId ?? null, JSON.stringify(row)],
  };
}
