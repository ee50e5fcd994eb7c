import type { Readable } from 'node:stream';

export type SqlValue = string | number | bigint | null | Uint8Array;
export type Statement = { sql: string; params?: readonly SqlValue[] };
/** A table change, run once in order of its name; a home from the future is refused. */
export type Migration = { name: string; sql: string };
/** A database. A resolved transaction is on disk. */
export interface Sql {
  all<T = Record<string, SqlValue>>(sql: string, params?: readonly SqlValue[]): Promise<T[]>;
  /**
   * All or nothing; resolves when durable. Concurrent callers share one fsync. `onCommit` is called before that, when reads
   * see it and a crash of this process would not undo it, but a power cut may.
   */
  transaction(
    statements: readonly Statement[],
    o?: { onCommit?: () => void },
  ): Promise<{ changes: number; lastInsertRowid: number }[]>;
  close(): Promise<void>;
}
export type Blob = { sha256: string; sizeBytes: number };
/** Content-addressed files below `$SKIFF_HOME/artifacts`, plus a name space of `bucket/key` over them. */
export interface Blobs {
  /** Stores bytes, a stream or a file; the file stays where it is. Durable when resolved. */
  put(data: Uint8Array | Readable | { path: string }): Promise<Blob>;
  open(sha256: string, range?: { start: number; end?: number }): Promise<Readable>;
  read(sha256: string, limitBytes?: number): Promise<Uint8Array>;
  has(sha256: string): Promise<boolean>;
  /** Copies (reflink where possible) a blob to a path. */
  copyTo(sha256: string, path: string): Promise<void>;
  /** Name space, as S3: `bind` names a blob, a key ending in `/` is never an object. */
  bind(bucket: string, key: string, blob: Blob): Promise<void>;
  stat(bucket: string, key: string): Promise<Blob | undefined>;
  listKeys(bucket: string, prefix: string): Promise<{ key: string; sha256: string; sizeBytes: number }[]>;
  unbind(bucket: string, key: string): Promise<void>;
  /** A private folder that Pods can mount by the CSI volume driver `artifacts.<domain>` with attribute `stage: id`; made when missing. */
  stage(id: string): Promise<string>;
  dropStage(id: string): Promise<void>;
}
