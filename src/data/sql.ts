import type { Logger } from '../lib/index.ts';
import { Checkpoints } from './checkpoints.ts';
import { DataError, type DataFailure, dataFailures } from './errors.ts';
import { dataTables } from './migrations.ts';
import { type SqlAnswer, SqlFile, type TransactionRequest, type TransactionResult } from './sql-file.ts';
import type { Migration, Sql, SqlValue, Statement } from './types.ts';

/**
 * Opens a SQLite file; creates it and its folder, and runs the migrations that it lacks.
 *
 * A resolved transaction is on disk. Transactions that are under way together share commit and fdatasync, each still all
 * or nothing. A read sees every transaction asked for before it, also one whose fdatasync is still under way. Statements
 * run on the caller's thread: a message to another one and back costs more than they do. What waits for the disk does not.
 * @throws DataError FromTheFuture or ChangedMigration, see `migrate`; BadStatement when it is no database
 */
export async function openSql(o: { path: string; migrations: readonly Migration[]; log: Logger }): Promise<Sql> {
  const log = o.log.with({ path: o.path });
  try {
    const checkpoints = new Checkpoints(o.path, log);
    return new SqlHandle(new SqlFile(o.path, [...dataTables, ...o.migrations], { checkpoints }), log);
  } catch (e) {
    throw e instanceof DataError ? e : new DataError(dataFailures.badStatement(`${o.path}: ${String(e)}`));
  }
}

type Pending = { resolve: (value: TransactionResult[]) => void; reject: (e: DataError) => void };

class SqlHandle implements Sql {
  readonly #file: SqlFile;
  readonly #log: Logger;
  readonly #pending = new Map<number, Pending>();
  #batch: TransactionRequest[] = [];
  #nextId = 1;
  #closed = false;

  constructor(file: SqlFile, log: Logger) {
    this.#file = file;
    this.#log = log;
  }

  async all<T = Record<string, SqlValue>>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    if (this.#closed) throw new DataError(dataFailures.closed());
    this.#commit();
    const answer = this.#file.query(sql, params);
    if ('failure' in answer) throw new DataError(answer.failure);
    // SQLite's rows have no prototype, which equality in tests and callers would stumble over.
    return answer.ok.map(row => ({ ...(row as T) }));
  }

  transaction(statements: readonly Statement[], o: { onCommit?: () => void } = {}): Promise<TransactionResult[]> {
    if (this.#closed) return Promise.reject(new DataError(dataFailures.closed()));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      if (this.#batch.push({ id, statements, onCommit: o.onCommit }) === 1) setImmediate(() => this.#commit());
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#commit();
    await this.#file.close();
  }

  #commit(): void {
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    this.#file.commit(batch, answers => this.#answer(answers));
  }
  #answer(answers: readonly SqlAnswer[]): void {
    for (const answer of answers) {
      const pending = this.#pending.get(answer.id);
      this.#pending.delete(answer.id);
      if ('ok' in answer) pending?.resolve(answer.ok);
      else pending?.reject(this.#failed(answer.failure));
    }
  }
  #failed(failure: DataFailure): DataError {
    if (failure.code === 'ReadOnly') this.#log.error('ledger write failed', { reason: failure.message });
    return new DataError(failure);
  }
}
