import { Worker } from 'node:worker_threads';
import type { Logger } from '../lib/index.ts';
import { DataError, type DataFailure, dataFailures } from './errors.ts';
import { dataTables } from './migrations.ts';
import type { SqlMessage, SqlRequest, SqlWorkerData, TransactionResult } from './sql-messages.ts';
import type { Migration, Sql, SqlValue, Statement } from './types.ts';

/**
 * Opens a SQLite file on a thread of its own; creates it and its folder, and runs the migrations that it lacks.
 *
 * A resolved transaction is on disk. Transactions that are under way together share commit and fdatasync, each still all
 * or nothing. A read sees every transaction asked for before it, also one whose fdatasync is still under way.
 * @throws DataError FromTheFuture or ChangedMigration, see `migrate`; BadStatement when it is no database
 */
export async function openSql(o: { path: string; migrations: readonly Migration[]; log: Logger }): Promise<Sql> {
  const workerData: SqlWorkerData = { path: o.path, migrations: [...dataTables, ...o.migrations] };
  const worker = new Worker(new URL('./sql-worker.ts', import.meta.url), { workerData, name: 'ledger' });
  const first = await new Promise<SqlMessage>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  if ('failed' in first) {
    await worker.terminate();
    throw new DataError(first.failed);
  }
  return new SqlHandle(worker, o.log.with({ path: o.path }));
}

type Pending = { resolve: (value: never) => void; reject: (e: DataError) => void };
/** What a caller asks; the id is the handle's business. */
type Ask<R = SqlRequest> = R extends SqlRequest ? Omit<R, 'id'> : never;

class SqlHandle implements Sql {
  readonly #worker: Worker;
  readonly #log: Logger;
  readonly #pending = new Map<number, Pending>();
  #outbox: SqlRequest[] = [];
  #nextId = 1;
  #gone: DataFailure | undefined;

  constructor(worker: Worker, log: Logger) {
    this.#worker = worker;
    this.#log = log;
    worker.on('message', message => this.#receive(message));
    worker.on('error', e =>
      this.#lose(dataFailures.readOnly(`its thread has failed: ${e instanceof Error ? e.message : String(e)}`)),
    );
  }

  all<T = Record<string, SqlValue>>(sql: string, params: readonly SqlValue[] = []): Promise<T[]> {
    return this.#ask<T[]>({ kind: 'all', sql, params });
  }

  transaction(statements: readonly Statement[]): Promise<TransactionResult[]> {
    return this.#ask<TransactionResult[]>({ kind: 'transaction', statements });
  }

  async close(): Promise<void> {
    if (this.#gone) return;
    const closed = this.#ask<void>({ kind: 'close' });
    this.#gone = dataFailures.closed();
    await closed;
    await this.#worker.terminate();
  }

  #ask<T>(ask: Ask): Promise<T> {
    if (this.#gone) return Promise.reject(new DataError(this.#gone));
    return new Promise<T>((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      // One message for all that is asked in this tick: a message costs more than what it carries.
      if (this.#outbox.push({ id, ...ask }) === 1) queueMicrotask(() => this.#post());
    });
  }

  #post(): void {
    const requests = this.#outbox;
    this.#outbox = [];
    try {
      this.#worker.postMessage(requests);
    } catch (e) {
      // A parameter that cannot cross threads.
      const failure = dataFailures.badStatement((e as Error).message);
      this.#receive({ answers: requests.map(({ id }) => ({ id, failure })) });
    }
  }

  #receive(message: SqlMessage): void {
    if (!('answers' in message)) return;
    for (const answer of message.answers) {
      const pending = this.#pending.get(answer.id);
      this.#pending.delete(answer.id);
      if ('ok' in answer) {
        pending?.resolve(answer.ok as never);
        continue;
      }
      if (answer.failure.code === 'ReadOnly') this.#log.error('ledger write failed', { reason: answer.failure.message });
      pending?.reject(new DataError(answer.failure));
    }
  }

  #lose(failure: DataFailure): void {
    this.#gone = failure;
    this.#log.error('ledger thread failed', { reason: failure.message });
    for (const pending of this.#pending.values()) pending.reject(new DataError(failure));
    this.#pending.clear();
  }
}
