import type { Duplex } from 'node:stream';
import type { ExecOptions, LogOptions } from './transport.ts';
import type { Frozen, Gvk, Obj, Ref, UserInfo } from './types.ts';

export type ListOptions = {
  namespace?: string;
  /** A label selector, `a=b,c in (d,e)`. */
  labels?: string;
  /** A field selector, `metadata.name=x`. */
  fields?: string;
  limit?: number;
  resourceVersion?: string;
};
export type WatchEvent<T extends Obj = Obj> = { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: Frozen<T> };
export type WriteOptions = { dryRun?: boolean; fieldManager?: string };
export type Write =
  | { verb: 'create'; object: Obj; adopt?: 'ifOwned' | 'never' } // AlreadyExists with our owner uid counts as done
  | { verb: 'update'; object: Obj; subresource?: 'status' | 'finalize' }
  | { verb: 'apply'; object: Obj; force?: boolean; subresource?: 'status' | 'scale' }
  | {
      verb: 'patch';
      ref: Ref;
      type: 'json' | 'merge' | 'strategic';
      patch: unknown;
      subresource?: string;
      resourceVersion?: string;
    }
  | { verb: 'delete'; ref: Ref; uid?: string; propagation?: 'Foreground' | 'Background' | 'Orphan'; graceSeconds?: number }
  | { verb: 'post'; ref: Ref; subresource: 'binding' | 'eviction' | 'token'; body: unknown };
/**
 * The one way to speak to the Kubernetes API, in process and over HTTP. Every call acts as `user`.
 * Failures are `StatusError`s with upstream's reason and text.
 */
export interface Client {
  readonly user: UserInfo;
  /** The same client acting as somebody else (impersonation, checked on HTTP). */
  as(username: string, groups?: readonly string[]): Client;
  get<T extends Obj = Obj>(ref: Ref, o?: { resourceVersion?: string }): Promise<Frozen<T>>;
  /** Pages of one snapshot. */
  list<T extends Obj = Obj>(gvk: Gvk, o?: ListOptions): AsyncIterable<{ items: readonly Frozen<T>[]; resourceVersion: string }>;
  watch<T extends Obj = Obj>(
    gvk: Gvk,
    o: ListOptions & { resourceVersion: string; signal: AbortSignal },
  ): AsyncIterable<WatchEvent<T>>;
  write<T extends Obj = Obj>(w: Write, o?: WriteOptions): Promise<Frozen<T>>;
  /** SelfSubjectAccessReview. */
  can(
    verb: string,
    what: { group: string; resource: string; subresource?: string; namespace?: string; name?: string } | { path: string },
  ): Promise<boolean>;
  log(pod: Ref, o: LogOptions, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  exec(pod: Ref, o: ExecOptions): Promise<import('./transport.ts').ExecSession>;
  portForward(pod: Ref, port: number): Promise<Duplex>;
}
