import { closeSync, fdatasync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Checkpoints } from './checkpoints.ts';
import { type DataFailure, dataFailures } from './errors.ts';
import { migrate } from './migrations.ts';
import type { Migration, SqlValue, Statement } from './types.ts';

export type FlushFile = (fd: number, done: (error: Error | null) => void) => void;
export type TransactionResult = { changes: number; lastInsertRowid: number };
export type TransactionRequest = { id: number; statements: readonly Statement[]; onCommit?: (() => void) | undefined };
export type SqlAnswer = { id: number } & Outcome;
type Outcome = { ok: TransactionResult[] } | { failure: DataFailure };

const STATEMENTS_KEPT = 500;
/** What a commit writes into the WAL besides the values: some pages of 4 kB. */
const COMMIT_BYTES = 8_192;
/** Statements that would break the batch they run in. */
const FORBIDDEN = /^\s*(BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|VACUUM|ATTACH|DETACH)\b/i;

/**
 * One SQLite file with group commit.
 *
 * SQLite runs with synchronous=NORMAL, so a commit is a write into the WAL without waiting for the disk. Whoever
 * committed is answered after an asynchronous fdatasync of the WAL that all commits since the last one share; reads and
 * further commits go on meanwhile. When an fdatasync fails nobody can know what is on disk: the file takes no more writes.
 */
export class SqlFile {
  readonly #db: DatabaseSync;
  /** Queries cannot write, and so cannot write without the fdatasync. */
  readonly #reader: DatabaseSync;
  readonly #walFd: number;
  readonly #flush: FlushFile;
  readonly #statements = new Map<string, StatementSync>();
  readonly #queries = new Map<string, StatementSync>();
  #unflushed: { answers: SqlAnswer[]; reply: (answers: SqlAnswer[]) => void }[] = [];
  #flushing = false;
  #broken: DataFailure | undefined;
  readonly #checkpoints: Checkpoints | undefined;
  #bytes = 0;
  #whenQuiet: (() => void) | undefined;

  /** @throws DataError of `migrate`. */
  constructor(path: string, migrations: readonly Migration[], o: { flush?: FlushFile; checkpoints?: Checkpoints } = {}) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#flush = o.flush ?? fdatasync;
    this.#checkpoints = o.checkpoints;
    this.#db = new DatabaseSync(path, { timeout: 5_000, enableForeignKeyConstraints: true });
    try {
      this.#db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL');
      migrate(this.#db, path, migrations);
      this.#db.exec('PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32768');
      this.#db.prepare('SELECT count(*) FROM migration').get(); // opens, and thereby makes, the WAL
      this.#reader = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
      this.#reader.exec('PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32768');
      this.#walFd = openSync(`${path}-wal`, 'r+');
      flushFolder(dirname(path));
    } catch (e) {
      this.#db.close();
      throw e;
    }
  }

  query(sql: string, params: readonly SqlValue[]): { ok: unknown[] } | { failure: DataFailure } {
    try {
      return { ok: prepare(this.#reader, this.#queries, sql).all(...params) };
    } catch (e) {
      return { failure: failureOf(e, sql) };
    }
  }

  /**
   * Runs the transactions in one commit, each all or nothing. `reply` is called once with the failed ones, if any, and
   * once with the others when they are on disk.
   */
  commit(batch: readonly TransactionRequest[], reply: (answers: SqlAnswer[]) => void): void {
    const broken = this.#broken;
    const outcomes = broken ? batch.map(() => ({ failure: broken })) : this.#run(batch);
    const failed: SqlAnswer[] = [];
    const committed: SqlAnswer[] = [];
    for (const [i, outcome] of outcomes.entries()) {
      const answer = { id: batch[i]!.id, ...outcome };
      ('failure' in answer ? failed : committed).push(answer);
    }
    if (failed.length > 0) reply(failed);
    if (committed.length === 0) return;
    this.#checkpoints?.wrote(this.#bytes + COMMIT_BYTES);
    this.#bytes = 0;
    this.#unflushed.push({ answers: committed, reply });
    this.#flushWal();
    for (const [i, outcome] of outcomes.entries()) if ('ok' in outcome) batch[i]!.onCommit?.();
  }

  /** Waits for what is under way, folds the WAL into the file and lets go of it. */
  async close(): Promise<void> {
    if (this.#flushing) await new Promise<void>(resolve => (this.#whenQuiet = resolve));
    await this.#checkpoints?.close();
    this.#reader.close();
    if (!this.#broken) this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    closeSync(this.#walFd);
    this.#db.close();
  }

  #run(batch: readonly TransactionRequest[]): Outcome[] {
    // When SQLite gave up the commit as a whole, each gets its own: one may have been the cause, the others must not suffer.
    return (batch.length > 1 ? this.#runTogether(batch) : undefined) ?? batch.map(t => this.#runAlone(t));
  }

  #runTogether(batch: readonly TransactionRequest[]): Outcome[] | undefined {
    const outcomes: Outcome[] = [];
    try {
      this.#control('BEGIN IMMEDIATE');
      for (const { statements } of batch) {
        this.#control('SAVEPOINT one');
        const outcome = this.#execute(statements);
        if (!this.#db.isTransaction) return undefined;
        if ('failure' in outcome) this.#control('ROLLBACK TO one');
        this.#control('RELEASE one');
        outcomes.push(outcome);
      }
      this.#control('COMMIT');
      return outcomes;
    } catch {
      if (this.#db.isTransaction) this.#control('ROLLBACK');
      return undefined;
    }
  }

  #runAlone({ statements }: TransactionRequest): Outcome {
    try {
      this.#control('BEGIN IMMEDIATE');
      const outcome = this.#execute(statements);
      if ('ok' in outcome) this.#control('COMMIT');
      else if (this.#db.isTransaction) this.#control('ROLLBACK');
      return outcome;
    } catch (e) {
      if (this.#db.isTransaction) this.#control('ROLLBACK');
      return { failure: failureOf(e, 'COMMIT') };
    }
  }

  #execute(statements: readonly Statement[]): Outcome {
    const ok: TransactionResult[] = [];
    for (const { sql, params = [] } of statements) {
      try {
        const { changes, lastInsertRowid } = prepare(this.#db, this.#statements, sql).run(...params);
        ok.push({ changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) });
        for (const p of params) this.#bytes += typeof p === 'string' ? p.length : p instanceof Uint8Array ? p.byteLength : 8;
      } catch (e) {
        return { failure: failureOf(e, sql) };
      }
    }
    return { ok };
  }

  #control(sql: string): void {
    (this.#statements.get(sql) ?? keep(this.#db, this.#statements, sql)).run();
  }

  #flushWal(): void {
    if (this.#flushing || this.#unflushed.length === 0) return;
    const waiting = this.#unflushed;
    this.#unflushed = [];
    this.#flushing = true;
    this.#flush(this.#walFd, error => {
      this.#flushing = false;
      if (error) this.#broken = dataFailures.readOnly(error.message);
      const broken = this.#broken;
      for (const { answers, reply } of waiting) reply(broken ? answers.map(({ id }) => ({ id, failure: broken })) : answers);
      this.#flushWal();
      if (!this.#flushing) this.#whenQuiet?.();
    });
  }
}

function prepare(db: DatabaseSync, kept: Map<string, StatementSync>, sql: string): StatementSync {
  const statement = kept.get(sql);
  if (statement) return statement;
  if (FORBIDDEN.test(sql)) throw new Error('transactions and settings are the business of this room');
  return keep(db, kept, sql);
}
function keep(db: DatabaseSync, kept: Map<string, StatementSync>, sql: string): StatementSync {
  const statement = db.prepare(sql);
  if (kept.size >= STATEMENTS_KEPT) kept.delete(kept.keys().next().value!);
  kept.set(sql, statement);
  return statement;
}

/** Makes the names of new files in a folder survive a power cut. */
function flushFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

// Primary result codes of SQLite: https://sqlite.org/rescode.html
const SQLITE_FULL = 13;
const SQLITE_CONSTRAINT = 19;

function failureOf(e: unknown, sql: string): DataFailure {
  const message = e instanceof Error ? e.message : String(e);
  const errcode = (e as { errcode?: unknown }).errcode;
  const primary = typeof errcode === 'number' ? errcode & 0xff : undefined;
  if (primary === SQLITE_CONSTRAINT) return dataFailures.constraint(message);
  if (primary === SQLITE_FULL) return dataFailures.diskFull(message);
  return dataFailures.badStatement(`${message} in: ${sql.slice(0, 300)}`);
}
