import { DatabaseSync } from 'node:sqlite';
import { Checkpoints } from '../../data/index.ts';
import { errors, StatusError } from '../../kube/errors.ts';
import type { Frozen, Obj } from '../../kube/types.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/log.ts';
import { Durability, readOnly } from './durability.ts';
import { type Change, Hub } from './hub.ts';
import { migrate } from './migrations.ts';
import { type Operation, Revision, RevisionCache } from './revision.ts';
import { type Index, type Range, Statements, type VersionRow } from './statements.ts';
import { Transaction, type TransactionHost } from './transaction.ts';
import { Vault } from './vault.ts';

export type StoreOptions = { path: string; clock: Clock; ids: Ids; log: Logger; masterKey: Uint8Array };
export type ResourceOptions = {
  group: string;
  plural: string;
  /** Superseded revisions are kept this long. */
  historyMs: number;
  encrypted: boolean;
  /** Names of the fields that an index serves … */
  indexed: readonly string[];
  /** … and their values in an object; empty ones are not indexed. */
  fields(o: Frozen<Obj>): Readonly<Record<string, string>>;
};
export type StoredResource = ResourceOptions & { readonly id: number };
export type Scope = { namespace?: string; after?: string };
type Job = { durable: boolean; run: (tx: Transaction) => unknown; resolve: (value: never) => void; reject: (e: unknown) => void };

/** A batch of requests shares one transaction; after this long the others wait for the next tick. */
const BATCH_MS = 5;
const OPERATIONS: readonly Operation[] = ['ADDED', 'ADDED', 'MODIFIED', 'DELETED'];
const LAST_KEY = '\u{10ffff}';

/**
 * kube.db: every object, every revision. Reads are synchronous; a write resolves when it is on disk, and then watchers
 * have it already. See docs of STORE: one revision counter for everything, one transaction a tick, one fdatasync for all.
 */
export class Store {
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  readonly #clock: Clock;
  readonly #vault: Vault;
  readonly #durability: Durability;
  readonly #checkpoints: Checkpoints;
  readonly #cache = new RevisionCache(20_000);
  readonly #resources = new Map<string, StoredResource>();
  readonly #byId = new Map<number, StoredResource>();
  readonly #lastRvOf = new Map<number, number>();
  #batch = new Map<number, Revision>();
  #queue: Job[] = [];
  #scheduled = false;
  #rv: number;
  #committedRv: number;
  /** What is on disk: for all who may outlive this process. */
  readonly hub: Hub;
  /** What is committed, though perhaps not on disk yet: for controllers in this process. */
  readonly committed: Hub;

  /** @throws Error when the file is of a later release or cannot be opened */
  constructor(o: StoreOptions) {
    this.#clock = o.clock;
    this.#vault = new Vault(o.masterKey, o.ids);
    this.#db = new DatabaseSync(o.path);
    this.#db.exec(`PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=0;
      PRAGMA foreign_keys=ON; PRAGMA secure_delete=FAST; PRAGMA cache_size=-32768; PRAGMA mmap_size=268435456`);
    migrate(this.#db);
    this.#sql = new Statements(this.#db);
    this.#sql.run("INSERT INTO meta(k, v) VALUES('last_rv', 0) ON CONFLICT DO NOTHING");
    this.#rv = this.#sql.one<{ v: number }>("SELECT v FROM meta WHERE k = 'last_rv'")!.v;
    this.#committedRv = this.#rv;
    this.#durability = new Durability(`${o.path}-wal`, o.clock);
    this.#checkpoints = new Checkpoints(o.path, o.log);
    this.hub = new Hub(this.#rv);
    this.committed = new Hub(this.#rv);
  }

  /** The revision of the last commit. */
  get rv(): number {
    return this.#committedRv;
  }
  /** Why writes are refused, if they are. */
  get failure(): Error | undefined {
    return this.#durability.failure;
  }

  /** Makes a resource known, with the id that its rows carry. The same name gives the same resource. */
  resource(o: ResourceOptions): StoredResource {
    const name = `${o.group}/${o.plural}`;
    const known = this.#resources.get(name);
    if (known) return known;
    this.#sql.run('INSERT INTO resource(grp, plural) VALUES(?,?) ON CONFLICT DO NOTHING', o.group, o.plural);
    const { id } = this.#sql.one<{ id: number }>('SELECT id FROM resource WHERE grp = ? AND plural = ?', o.group, o.plural)!;
    const resource = { ...o, id };
    this.#resources.set(name, resource);
    this.#byId.set(id, resource);
    return resource;
  }
  get resources(): Iterable<StoredResource> {
    return this.#byId.values();
  }

  get(resource: StoredResource, key: string): Revision | undefined {
    const head = this.#sql.head(resource.id, key);
    if (!head) return undefined;
    const known = this.#cache.get(head.rv) ?? this.#batch.get(head.rv);
    return known ?? this.#revision(resource, this.#sql.version(head.rv)!);
  }

  /** The state at a revision. @throws StatusError 410 when it is compacted */
  getAt(resource: StoredResource, key: string, rv: number): Revision | undefined {
    this.#mustReach(resource, rv);
    const row = this.#sql.at(resource.id, key, rv);
    return row && row.op !== 3 ? this.#revision(resource, row) : undefined;
  }

  /** Up to `limit` objects in the order of their keys; `index` narrows without reading the others. */
  list(resource: StoredResource, scope: Scope, limit: number, index?: Index): Revision[] {
    const range = rangeOf(scope, limit);
    const rows = index ? this.#sql.pageBy(resource.id, index, range) : this.#sql.page(resource.id, range);
    return rows.map(row => this.#revision(resource, row)!);
  }

  /** The same at a revision of the past. @throws StatusError 410 when it is compacted */
  listAt(resource: StoredResource, scope: Scope, limit: number, rv: number): Revision[] {
    // Nothing of this kind changed since: the current rows are the snapshot.
    if (rv >= this.lastRvOf(resource)) return this.list(resource, scope, limit);
    this.#mustReach(resource, rv);
    const rows = this.#sql.snapshot(resource.id, rv, rangeOf(scope, limit));
    const found = rows.map(row => this.#revision(resource, row)).filter(r => r !== undefined);
    // Secrets whose key is gone leave gaps: fill the page, a short one would say that nothing follows.
    const isShort = found.length < rows.length && rows.length === limit;
    return isShort
      ? [...found, ...this.listAt(resource, { ...scope, after: rows.at(-1)!.key }, limit - found.length, rv)]
      : found;
  }

  count(resource: StoredResource, scope: Scope): number {
    return this.#sql.count(resource.id, rangeOf(scope, 0));
  }

  /** The revision of the last change of a resource. */
  lastRvOf(resource: StoredResource): number {
    let rv = this.#lastRvOf.get(resource.id);
    if (rv === undefined) {
      rv = this.#sql.one<{ rv: number | null }>('SELECT max(rv) AS rv FROM version WHERE res = ?', resource.id)?.rv ?? 0;
      this.#lastRvOf.set(resource.id, rv);
    }
    return rv;
  }

  /** Below this revision the past of a resource is gone. */
  compactedRv(resource: StoredResource): number {
    return this.#sql.one<{ compacted: number }>('SELECT compacted FROM resource WHERE id = ?', resource.id)!.compacted;
  }
  #mustReach(resource: StoredResource, rv: number): void {
    if (rv < this.compactedRv(resource)) throw errors.expired('The resourceVersion for the provided list is too old.');
  }

  /** Changes after `rv` that a hub has delivered, of memory or else of the log; at most `limit` of the log. @throws StatusError 410 */
  changesSince(resource: StoredResource, rv: number, limit: number, hub = this.hub): Change[] {
    const recent = hub.since(resource.id, rv);
    if (recent) return recent;
    const oldest = this.compactedRv(resource);
    if (rv < oldest) throw errors.expired(`too old resource version: ${rv} (${oldest})`);
    const changes: Change[] = [];
    for (const row of this.#sql.changes(resource.id, rv, limit)) {
      const revision = row.rv > hub.latest ? undefined : this.#revision(resource, row);
      if (!revision) continue;
      const previousRow = row.prev === null ? undefined : this.#sql.version(row.prev);
      const previous = previousRow && this.#revision(resource, previousRow);
      changes.push({ rv: row.rv, resource: resource.id, operation: OPERATIONS[row.op]!, revision, previous });
    }
    return changes;
  }

  /**
   * Runs `job` in the transaction of this tick; resolves when on disk and delivered, or with `durable: false` when
   * committed. A throw undoes this job only.
   */
  write<T>(job: (tx: Transaction) => T, { durable }: { durable: boolean } = { durable: true }): Promise<T> {
    if (this.failure) return Promise.reject(readOnly(this.failure));
    return new Promise((resolve, reject) => {
      this.#queue.push({ durable, run: job, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.#flush());
    });
  }

  /** Resolves when everything that reads can see is on disk. */
  durable(): Promise<void> {
    return this.hub.latest >= this.#committedRv ? Promise.resolve() : this.#durability.synced();
  }

  #flush(): void {
    this.#scheduled = false;
    const startMs = this.#clock.monotonicMs();
    const done: { job: Job; value: unknown }[] = [];
    const changes: Change[] = [];
    const host = this.#host();
    this.#batch = new Map();
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      do {
        const job = this.#queue.shift()!;
        this.#runJob(job, host, done, changes);
      } while (this.#queue.length > 0 && this.#clock.monotonicMs() - startMs < BATCH_MS);
      if (changes.length > 0) this.#sql.run("UPDATE meta SET v = ? WHERE k = 'last_rv'", this.#rv);
      this.#db.exec('COMMIT');
    } catch (e) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#rv = this.#committedRv;
      this.#batch.clear();
      // Not even begun: whoever waits is told, else they would wait for a disk that may never come back.
      const refused = done.length > 0 ? done.map(d => d.job) : this.#queue.splice(0);
      for (const job of refused) job.reject(storageError(e));
      this.#again();
      return;
    }
    this.#committed(changes);
    this.#acknowledge(done, changes);
    this.#again();
  }

  #again(): void {
    if (this.#queue.length === 0 || this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  /** A job's own error undoes its savepoint; a storage error ends the batch. */
  #runJob(job: Job, host: TransactionHost, done: { job: Job; value: unknown }[], changes: Change[]): void {
    const tx = new Transaction(host);
    const rvBefore = this.#rv;
    this.#sql.run('SAVEPOINT job');
    try {
      const value = job.run(tx);
      this.#sql.run('RELEASE job');
      done.push({ job, value });
      changes.push(...tx.changes);
      for (const c of tx.changes) this.#batch.set(c.rv, c.revision);
    } catch (e) {
      if (isStorageFailure(e)) {
        done.push({ job, value: undefined });
        throw e;
      }
      this.#sql.run('ROLLBACK TO job');
      this.#sql.run('RELEASE job');
      this.#rv = rvBefore;
      job.reject(e);
    }
  }

  #committed(changes: readonly Change[]): void {
    let bytes = 0;
    for (const c of changes) {
      this.#lastRvOf.set(c.resource, c.rv);
      if (c.operation !== 'DELETED') this.#cache.add(c.revision);
      if (c.previous) this.#cache.delete(c.previous.rv);
      bytes += c.revision.bytes.byteLength + 8192;
    }
    this.#committedRv = this.#rv;
    this.#batch.clear();
    this.#checkpoints.wrote(bytes);
  }

  #acknowledge(done: readonly { job: Job; value: unknown }[], changes: readonly Change[]): void {
    const upTo = this.#committedRv;
    this.committed.publish(changes, upTo);
    for (const { job, value } of done) if (!job.durable) job.resolve(value as never);
    const waiting = done.filter(d => d.job.durable);
    const settle = () => {
      this.hub.publish(changes, upTo);
      for (const { job, value } of waiting) job.resolve(value as never);
    };
    if (changes.length === 0 && waiting.length === 0) return;
    const wait = changes.length > 0 ? this.#durability.synced({ lazily: waiting.length === 0 }) : this.durable();
    wait.then(settle, e => {
      for (const { job } of waiting) job.reject(e);
    });
  }

  #host(): TransactionHost {
    return {
      statements: this.#sql,
      vault: this.#vault,
      nowMs: this.#clock.now().getTime(),
      nextRv: () => ++this.#rv,
      get: (resource, key) => this.get(resource, key),
      dataKey: id => this.#dataKey(id),
    };
  }

  #dataKey(object: number): Uint8Array | undefined {
    const row = this.#sql.one<{ wrapped: Uint8Array }>('SELECT wrapped FROM data_key WHERE object = ?', object);
    return row && this.#vault.unwrap(row.wrapped);
  }

  /** Undefined only for a secret's past whose key is destroyed. */
  #revision(resource: StoredResource, row: VersionRow): Revision | undefined {
    const known = this.#cache.get(row.rv) ?? this.#batch.get(row.rv);
    if (known) return known;
    let bytes = row.body;
    if (resource.encrypted && row.op !== 3) {
      const key = this.#dataKey(row.object);
      if (!key) return undefined;
      bytes = this.#vault.unseal(key, row.body);
    }
    const revision = new Revision(row.rv, row.key, { bytes });
    if (row.rv <= this.#committedRv) this.#cache.add(revision);
    return revision;
  }

  /** Keys of objects not written since `at` (milliseconds). */
  staleKeys(resource: StoredResource, at: number, limit: number): string[] {
    const rv = this.#sql.revisionBefore(at, this.#committedRv);
    return this.#sql
      .all<{ key: string }>(
        'SELECT key FROM version WHERE res = ? AND rv <= ? AND next IS NULL AND op <> 3 ORDER BY rv LIMIT ?',
        resource.id,
        rv,
        limit,
      )
      .map(r => r.key);
  }

  /** Forgets superseded revisions older than their resource's history, in slices. Resolves with how many. */
  async compact(): Promise<number> {
    let forgotten = 0;
    for (const resource of this.#byId.values()) {
      const at = this.#clock.now().getTime() - resource.historyMs;
      const before = this.#sql.revisionBefore(at, this.#committedRv);
      if (before <= this.compactedRv(resource)) continue;
      for (let more = true; more; ) {
        const n = await this.write(() => this.#compactSlice(resource.id, before));
        forgotten += n;
        more = n >= SLICE;
      }
    }
    return forgotten;
  }

  #compactSlice(res: number, before: number): number {
    this.#sql.run('UPDATE resource SET compacted = ? WHERE id = ? AND compacted < ?', before, res, before);
    const dead = 'SELECT rv FROM version WHERE res = ? AND next <= ? LIMIT ?';
    const n = this.#sql.run(`DELETE FROM version WHERE rv IN (${dead})`, res, before, SLICE).changes;
    if (n >= SLICE) return n;
    return (
      n +
      this.#sql.run(
        'DELETE FROM version WHERE rv IN (SELECT rv FROM version WHERE res = ? AND rv <= ? AND op = 3 LIMIT ?)',
        res,
        before,
        SLICE,
      ).changes
    );
  }

  /** A value of the store's own (not an object), written through. */
  meta(key: string): string | undefined {
    return this.#sql.one<{ v: string }>('SELECT v FROM meta WHERE k = ?', key)?.v;
  }
  setMeta(key: string, value: string): void {
    this.#sql.run('INSERT INTO meta(k, v) VALUES(?,?) ON CONFLICT(k) DO UPDATE SET v = excluded.v', key, value);
  }

  async close(): Promise<void> {
    while (this.#queue.length > 0 || this.#scheduled) await new Promise(resolve => setImmediate(resolve));
    if (!this.failure) await this.durable();
    await this.#checkpoints.close();
    await this.#durability.close();
    this.#db.close();
  }
}

const SLICE = 1000;

function rangeOf({ namespace, after }: Scope, limit: number): Range {
  const start = namespace ? `${namespace}/` : '';
  // '0' follows '/': the end of everything that begins with `namespace/`.
  return { after: after ?? start, end: namespace ? `${namespace}0` : LAST_KEY, limit };
}

const SQLITE_FULL = 13;
const FATAL_CODES = new Set([SQLITE_FULL, 10 /* IOERR */, 8 /* READONLY */, 11 /* CORRUPT */]);
function isStorageFailure(e: unknown): boolean {
  const code = (e as { errcode?: number }).errcode;
  return code !== undefined && FATAL_CODES.has(code & 0xff);
}
function storageError(e: unknown): unknown {
  if (e instanceof StatusError) return e;
  const code = (e as { errcode?: number }).errcode;
  if (code !== undefined && (code & 0xff) === SQLITE_FULL)
    return errors.insufficientStorage('the disk of kube.db is full: writes are refused, reads go on; free some space');
  return errors.unavailable(`the store could not commit: ${(e as Error).message}`);
}
