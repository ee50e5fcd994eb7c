import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Client } from './client.ts';
import type { ControllerDef, Key, Observed, Performer, Plan, Source } from './controller.ts';
import { jsonEqual } from './equality.ts';
import { isReason } from './errors.ts';
import { EventRecorder } from './events.ts';
import type { Change, Informer, Informers } from './informer.ts';
import { controllerUid } from './informer.ts';
import { observe } from './observed.ts';
import type { ControllerStats } from './runner.ts';
import { type Frozen, type Gvk, keyOf, type Obj, refOf } from './types.ts';
import { WorkQueue } from './work-queue.ts';
import { Writer } from './writer.ts';

type Needs = Map<string, { source: Source; key: string }>;
export type LoopOptions = {
  def: ControllerDef;
  client: Client;
  informers: Informers;
  sources: ReadonlyMap<string, Source>;
  performers: ReadonlyMap<string, Performer>;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
};
const SLOW_PLAN_MS = 50;

/** One controller at work: watches enqueue keys; a key is observed, planned, and its plan carried out. */
export class ControllerLoop {
  readonly #o: LoopOptions;
  readonly #def: ControllerDef;
  readonly #log: Logger;
  readonly #primary: Informer;
  readonly #queue: WorkQueue;
  readonly #recorder: EventRecorder;
  readonly #writer: Writer;
  readonly #memos = new Map<string, unknown>();
  readonly #needs = new Map<string, Needs>();
  readonly #uids = new Map<string, string>();
  readonly #keyed = new Map<string, Map<string, Frozen<Obj>>>();
  readonly #effects = new Set<string>();
  #started = false;
  #plans = 0;
  #errors = 0;
  #planMs = 0;

  constructor(o: LoopOptions) {
    this.#o = o;
    this.#def = o.def;
    this.#log = o.log.with({ controller: o.def.name });
    this.#recorder = new EventRecorder({ client: o.client, clock: o.clock, log: this.#log, component: o.def.name });
    this.#writer = new Writer(o.client, o.informers);
    this.#queue = new WorkQueue({ clock: o.clock, concurrency: o.def.concurrency ?? 16, work: key => this.#work(key) });
    this.#primary = o.informers.of(o.def.for);
    this.#primary.onChange(c => this.#primaryChanged(c));
    for (const gvk of o.def.owns ?? []) o.informers.of(gvk).onChange(c => this.#ownedChanged(c));
    for (const { gvk, enqueue } of o.def.reads ?? []) {
      const informer = o.informers.of(gvk);
      if (enqueue) informer.onChange(c => enqueue(c.object).forEach(k => this.#enqueue(textOf(k))));
    }
  }

  start(): void {
    this.#started = true;
    for (const object of this.#primary.all()) this.#enqueue(this.#keyFor(object));
  }
  async stop(): Promise<void> {
    this.#queue.stop();
    await this.#recorder.flush();
  }
  reads(source: string): boolean {
    return this.#def.sources?.some(s => s.name === source) ?? false;
  }
  signalChanged(source: string, signalKey: string): void {
    const declared = this.#def.sources?.find(s => s.name === source);
    if (declared?.key) for (const k of declared.key(signalKey)) this.#enqueue(textOf(k));
    else {
      const key = this.#uids.get(signalKey);
      if (key) this.#enqueue(key);
    }
  }
  stats(): ControllerStats {
    return { name: this.#def.name, plans: this.#plans, errors: this.#errors, waiting: this.#queue.length, planMs: this.#planMs };
  }

  #enqueue(key: string): void {
    if (this.#started) this.#queue.add(key);
  }
  #keyFor(object: Frozen<Obj>): string {
    return this.#def.key ? textOf(this.#def.key(object)) : keyOf(object);
  }
  #primaryChanged(c: Change): void {
    const key = this.#keyFor(c.object);
    const uid = c.object.metadata.uid;
    if (uid) {
      if (c.type === 'DELETED') this.#uids.delete(uid);
      else this.#uids.set(uid, key);
    }
    if (this.#def.key) {
      const group = this.#keyed.get(key) ?? new Map<string, Frozen<Obj>>();
      this.#keyed.set(key, group);
      if (c.type === 'DELETED') group.delete(keyOf(c.object));
      else group.set(keyOf(c.object), c.object);
    }
    this.#enqueue(key);
  }
  #ownedChanged(c: Change): void {
    for (const object of c.old ? [c.object, c.old] : [c.object]) {
      const uid = controllerUid(object);
      const key = uid ? this.#uids.get(uid) : undefined;
      if (key) this.#enqueue(key);
    }
  }

  async #work(key: string): Promise<void> {
    try {
      const object = this.#def.key ? this.#keyed.get(key)?.values().next().value : this.#primary.get(key);
      if (!object) return this.#forget(key);
      if (await this.#reconcile(key, object)) this.#queue.forget(key);
      else this.#queue.retry(key);
    } catch (error) {
      if (this.#o.signal.aborted) return;
      // A conflict or a vanished object is news on its way: the next plan sees it.
      if (!isReason(error, 'Conflict') && !isReason(error, 'NotFound')) {
        this.#errors++;
        this.#log.error('plan not carried out', { key, error });
      }
      this.#queue.retry(key);
    }
  }

  /** Whether the plan was carried out; false when the API refused it and the plan had something to say to that. */
  async #reconcile(key: string, object: Frozen<Obj>): Promise<boolean> {
    if (await this.#ensureFinalizer(object)) return true;
    const observed: Observed = observe(this.#def, object, this.#memos.get(key), this.#o.informers, this.#o.sources);
    const startMs = this.#o.clock.monotonicMs();
    const plan = this.#def.plan(observed, this.#o.clock.now());
    const tookMs = this.#o.clock.monotonicMs() - startMs;
    this.#plans++;
    this.#planMs += tookMs;
    if (tookMs > SLOW_PLAN_MS) this.#log.warn('plan was slow', { key, tookMs });
    this.#declareNeeds(key, plan);
    await Promise.all(this.#effectsOf(plan, 'beforeWrites').map(e => this.#perform(key, e)));
    let newer: Awaited<ReturnType<Writer['writeAll']>>;
    try {
      newer = await this.#writer.writeAll(plan.writes ?? [], object);
    } catch (error) {
      if (!plan.refused || (!isReason(error, 'Forbidden') && !isReason(error, 'Invalid'))) throw error;
      const { events, status } = plan.refused((error as Error).message);
      for (const draft of events ?? []) this.#recorder.record(object, draft);
      if (status !== undefined) await this.#writeStatus(object, status);
      return false;
    }
    if (plan.memo !== undefined) this.#memos.set(key, plan.memo);
    for (const draft of plan.events ?? []) this.#recorder.record(object, draft);
    for (const effect of this.#effectsOf(plan, 'afterWrites')) this.#performBeside(key, effect);
    if (plan.status !== undefined && newer !== 'gone') await this.#writeStatus(newer ?? object, plan.status);
    if (plan.requeueAt) this.#queue.addAfter(key, Math.max(1, plan.requeueAt.getTime() - this.#o.clock.now().getTime()));
    return true;
  }

  async #ensureFinalizer(object: Frozen<Obj>): Promise<boolean> {
    const finalizer = this.#def.finalizer;
    const { finalizers = [], deletionTimestamp } = object.metadata;
    if (!finalizer || deletionTimestamp || finalizers.includes(finalizer)) return false;
    const patch = { metadata: { finalizers: [...finalizers, finalizer], resourceVersion: object.metadata.resourceVersion } };
    await this.#writer.writeAll([{ verb: 'patch', ref: refOf(object), type: 'merge', patch }], object);
    return true;
  }

  async #writeStatus(object: Frozen<Obj>, status: unknown): Promise<void> {
    if (jsonEqual(object.status, status)) return;
    try {
      await this.#writer.writeAll([{ verb: 'update', object: { ...(object as Obj), status }, subresource: 'status' }], object);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }

  #effectsOf(plan: Plan, order: Performer['order']): { performer: Performer; id: string; params: unknown }[] {
    return (plan.effects ?? []).flatMap(({ name, id, params }) => {
      const performer = this.#o.performers.get(name);
      if (!performer) throw new Error(`no performer for effect ${name}`);
      return performer.order === order ? [{ performer, id, params }] : [];
    });
  }
  async #perform(_key: string, e: { performer: Performer; id: string; params: unknown }): Promise<void> {
    await e.performer.perform(e.params, { id: e.id, client: this.#o.client, clock: this.#o.clock, signal: this.#o.signal });
  }
  /** Runs beside the loop; the same effect is not started again while it runs. */
  #performBeside(key: string, e: { performer: Performer; id: string; params: unknown }): void {
    const id = `${e.performer.name}\0${e.id}`;
    if (this.#effects.has(id)) return;
    this.#effects.add(id);
    this.#perform(key, e)
      .catch(error => {
        if (this.#o.signal.aborted) return;
        this.#errors++;
        this.#log.error('effect failed', { key, effect: e.performer.name, error });
        this.#queue.retry(key);
      })
      .finally(() => this.#effects.delete(id));
  }

  #declareNeeds(key: string, plan: Plan): void {
    const before = this.#needs.get(key);
    if (!before && !plan.needs?.length) return;
    const now: Needs = new Map();
    for (const need of plan.needs ?? []) {
      const source = this.#o.sources.get(need.source);
      if (!source) throw new Error(`no source ${need.source}`);
      now.set(`${need.source}\0${need.key}`, { source, key: need.key });
      source.want?.(need.key, need.params);
    }
    for (const [id, need] of before ?? []) if (!now.has(id)) need.source.drop?.(need.key);
    if (now.size > 0) this.#needs.set(key, now);
    else this.#needs.delete(key);
  }
  #forget(key: string): void {
    this.#memos.delete(key);
    this.#queue.forget(key);
    for (const need of this.#needs.get(key)?.values() ?? []) need.source.drop?.(need.key);
    this.#needs.delete(key);
  }
}

function textOf(k: Key): string {
  return k.namespace ? `${k.namespace}/${k.name}` : k.name;
}
/** The kinds whose caches a controller may read. */
export function readableKinds(def: ControllerDef): ReadonlySet<Gvk> {
  return new Set([def.for, ...(def.owns ?? []), ...(def.reads ?? []).map(r => r.gvk)]);
}
