import type { DataFailure } from './errors.ts';
import type { Migration, SqlValue, Statement } from './types.ts';

/** What crosses between `sql.ts` (main thread) and `sql-worker.ts`, in lists: one message carries all of a tick. */
export type SqlRequest =
  | { id: number; kind: 'all'; sql: string; params: readonly SqlValue[] }
  | { id: number; kind: 'transaction'; statements: readonly Statement[] }
  | { id: number; kind: 'close' };
export type TransactionResult = { changes: number; lastInsertRowid: number };
export type SqlAnswer = { id: number; ok: unknown } | { id: number; failure: DataFailure };
/** `opened` comes once, first; a failure to open is its only message. */
export type SqlMessage = { opened: true } | { failed: DataFailure } | { answers: SqlAnswer[] };
export type SqlWorkerData = { path: string; migrations: readonly Migration[] };
