import type { Clock } from '../lib/clock.ts';
import type { Client, Write } from './client.ts';
import type { Frozen, Gvk, Obj, Ref } from './types.ts';

/** Outside facts, keyed and cached; a change enqueues whoever reads them. */
export interface Source<S = unknown> {
  readonly name: string;
  start(o: { clock: Clock; changed(key: string): void; signal: AbortSignal }): Promise<void>;
  /** The last fact about `key`. */
  get(key: string): Frozen<S> | undefined;
  /** Declared by `plan.needs`: start or keep polling or watching. */
  want?(key: string, params: unknown): void;
  /** No longer in any `plan.needs`. */
  drop?(key: string): void;
}
/** An idempotent outside command. Its answer arrives by a Source or an object, never by a return value. */
export type Effect = { name: string; id: string; params: unknown };
export interface Performer<P = unknown> {
  readonly name: string;
  /** Write-ahead records come before the plan's writes. */
  readonly order: 'beforeWrites' | 'afterWrites';
  perform(params: P, ctx: { id: string; client: Client; clock: Clock; signal: AbortSignal }): Promise<void>;
}
export type Key = { namespace?: string; name: string };
export type EventDraft = {
  type?: 'Normal' | 'Warning';
  reason: string;
  message: string;
  regarding?: Ref;
  related?: Ref;
  action?: string;
};

/** The world as one plan sees it: frozen, complete, without clocks. */
export interface Observed<T extends Obj = Obj, M = unknown> {
  readonly object: Frozen<T>;
  /** Children by controller owner uid; the kind must be declared in `owns`. */
  owned<C extends Obj>(gvk: Gvk): readonly Frozen<C>[];
  /** Others; the kind must be declared in `reads`. */
  find<C extends Obj>(gvk: Gvk, by: Ref | { namespace?: string; labels?: string }): readonly Frozen<C>[];
  /** The last fact of a source; the default key is the object's uid. */
  signal<S>(source: string, key?: string): Frozen<S> | undefined;
  readonly memo: M | undefined;
}
export interface Plan<M = unknown> {
  writes?: Write[];
  /** The whole new status; written to /status when it differs. */
  status?: unknown;
  events?: EventDraft[];
  /** What to say when the API refuses a write (quota, admission, validation): instead of the above; the plan is tried again. */
  refused?(message: string): { events?: EventDraft[]; status?: unknown };
  effects?: Effect[];
  needs?: { source: string; key: string; params?: unknown }[];
  memo?: M;
  /** Absolute, so that nothing drifts. */
  requeueAt?: Date;
}
// biome-ignore lint/suspicious/noExplicitAny: method bivariance keeps a list of controllers of different kinds assignable
export interface ControllerDef<T extends Obj = any, M = any> {
  name: string;
  for: Gvk;
  owns?: Gvk[];
  reads?: { gvk: Gvk; enqueue?: (o: Frozen<Obj>) => Key[] }[];
  /** What it asks for beyond `for`, `owns` and `reads`, with verbs; roles are generated from all of these. */
  writes?: { gvk: Gvk; verbs: ('get' | 'create' | 'update' | 'patch' | 'delete')[]; subresource?: string }[];
  sources?: { name: string; key?: (signalKey: string) => Key[] }[];
  /** Default: the object itself. A constant makes one plan over all (scheduler). */
  key?(o: Frozen<T>): Key;
  finalizer?: string;
  concurrency?: number;
  /** Pure, under 5 ms; longer work is an effect. */
  plan(observed: Observed<T, M>, now: Date): Plan<M>;
}
