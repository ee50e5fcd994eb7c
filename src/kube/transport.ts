import type { Duplex } from 'node:stream';
import type { Frozen, Gvk, Obj, UserInfo } from './types.ts';

/**
 * One Kubernetes API request below HTTP. The embedded API server answers it directly (in process); the HTTP transport
 * sends it over the wire. Same errors, same RBAC, same admission on both.
 */
export type ApiRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path without query, percent-encoded, e.g. `/api/v1/namespaces/default/pods/x`. */
  path: string;
  query?: URLSearchParams;
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>>;
  /** A body as bytes (any negotiated content type) … */
  body?: Uint8Array;
  /** … or, in process, already as JSON value. It is owned by the server afterwards. */
  object?: unknown;
  /** Who acts. The HTTP door fills it by authentication; in process the client's identity. */
  user: UserInfo;
  /**
   * `false`: answered, and watch events delivered, at the commit instead of after the fdatasync. Only for callers that end
   * with the server's process; what they do outside of it waits for `durable` itself.
   */
  durable?: false;
  signal?: AbortSignal;
};
export type ApiWatchEvent = { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'; object: Frozen<Obj> };
export type ApiResponse = {
  code: number;
  headers: Record<string, string | string[]>;
  /** The parsed, frozen answer, where the server has it at hand (in process). */
  object?: Frozen<unknown>;
  /** The answer as bytes: the stored ones where possible. Called at most once, only by a transport that needs bytes. */
  bytes?(): Uint8Array | AsyncIterable<Uint8Array>;
  /** For watches: frozen objects, shared by all watchers. Ends normally at timeout. */
  events?: AsyncIterable<ApiWatchEvent>;
};
export interface Transport {
  request(r: ApiRequest): Promise<ApiResponse>;
}
export type ResourceInfo = { group: string; version: string; plural: string; kind: string; namespaced: boolean };
/** Kind to path. In process: the registry; over HTTP: discovery, cached. */
export interface ResourceMapper {
  /** @throws StatusError 404 when the kind is not served. */
  resourceFor(gvk: Gvk): Promise<ResourceInfo>;
}

export type LogOptions = {
  container?: string;
  follow?: boolean;
  previous?: boolean;
  timestamps?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  sinceTime?: string;
  limitBytes?: number;
  stream?: 'All' | 'Stdout' | 'Stderr';
};
export type ExecOptions = {
  container?: string;
  command: readonly string[];
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
};
/** A running command in a container. Streams that were not asked for are absent. */
export interface ExecSession {
  readonly stdin?: import('node:stream').Writable;
  readonly stdout?: import('node:stream').Readable;
  readonly stderr?: import('node:stream').Readable;
  resize(columns: number, rows: number): void;
  /** Resolves when the process has ended; a signal shows as 128 + n. */
  readonly exit: Promise<{ exitCode: number }>;
  kill(): void;
}
/** What the API server needs of the node: handed over by the composition root. Errors are `StatusError`s with kubelet's texts. */
export interface PodStreams {
  log(pod: Frozen<Obj>, options: LogOptions, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  exec(pod: Frozen<Obj>, options: ExecOptions): Promise<ExecSession>;
  attach(pod: Frozen<Obj>, options: Omit<ExecOptions, 'command'>): Promise<ExecSession>;
  /** A connection to a port of the Pod, as if made on its own localhost or address. */
  dial(pod: Frozen<Obj>, port: number): Promise<Duplex>;
}
