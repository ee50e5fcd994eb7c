import type { Clock } from '../lib/clock.ts';
import { fnv32a } from '../lib/hash.ts';
import type { Logger } from '../lib/log.ts';
import type { Client } from './client.ts';
import type { EventDraft } from './controller.ts';
import { isReason } from './errors.ts';
import type { Frozen, Obj, Ref } from './types.ts';

const REMEMBERED = 4_096;
/** What is told within this is written together. */
const TOGETHER_MS = 50;
type Seen = { name: string; count: number };

/**
 * Writes Kubernetes Events beside the work, never in its way: the same event again raises `count`.
 * @source client-go tools/record@32ce75a7d6bc (without its spam filter)
 */
export class EventRecorder {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #component: string;
  readonly #seen = new Map<string, Seen>();
  #count = 0;
  /** What is not written yet, by what makes an event the same. */
  readonly #waiting = new Map<string, () => Promise<unknown>>();
  #cancel: (() => void) | undefined;
  constructor(o: { client: Client; clock: Clock; log: Logger; component: string }) {
    this.#client = o.client;
    this.#clock = o.clock;
    this.#log = o.log;
    this.#component = o.component;
  }

  record(object: Frozen<Obj>, draft: EventDraft): void {
    const about: Ref = draft.regarding ?? { apiVersion: object.apiVersion, kind: object.kind, ...pick(object) };
    const namespace = about.namespace ?? 'default';
    const type = draft.type ?? 'Normal';
    const identity = [about.kind, namespace, about.name, about.uid, type, draft.reason, draft.message].join('\0');
    const now = this.#clock.now();
    const at = `${now.toISOString().slice(0, 19)}Z`;
    const seen = this.#seen.get(identity);
    if (seen) {
      seen.count++;
      if (!this.#waiting.has(identity)) this.#later(identity, () => this.#raise(namespace, seen, at));
      return;
    }
    const fresh = { name: `${about.name.slice(0, 200)}.${this.#stamp(now, identity)}`, count: 1 };
    this.#remember(identity, fresh);
    this.#later(identity, () => {
      const event = eventOf(object, draft, about, { component: this.#component, namespace, type, at, ...fresh });
      return this.#client.write({ verb: 'create', object: event });
    });
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    const writes = [...this.#waiting.values()];
    this.#waiting.clear();
    const failed = (error: unknown) => {
      // An event of an object whose namespace goes away is nobody's loss.
      if (!isReason(error, 'Forbidden') && !isReason(error, 'NotFound')) this.#log.warn('event not written', { error });
    };
    await Promise.all(writes.map(write => write().catch(failed)));
  }

  #later(identity: string, write: () => Promise<unknown>): void {
    this.#waiting.set(identity, write);
    this.#cancel ??= this.#clock.after(TOGETHER_MS, () => void this.flush());
  }
  #raise(namespace: string, { name, count }: Seen, lastTimestamp: string): Promise<unknown> {
    const ref: Ref = { apiVersion: 'v1', kind: 'Event', namespace, name };
    return this.#client.write({ verb: 'patch', ref, type: 'merge', patch: { count, lastTimestamp } });
  }

  /** Nanoseconds as upstream's names have them; what is finer than the clock keeps the order and tells recorders apart. */
  #stamp(now: Date, identity: string): string {
    const finer = (this.#count++ % 1_000) * 1_000 + (fnv32a(identity) % 1_000);
    return (BigInt(now.getTime()) * 1_000_000n + BigInt(finer)).toString(16);
  }

  #remember(identity: string, seen: Seen): void {
    if (this.#seen.size >= REMEMBERED) this.#seen.delete(this.#seen.keys().next().value!);
    this.#seen.set(identity, seen);
  }
}

function pick(o: Frozen<Obj>): { namespace?: string; name: string; uid?: string } {
  const { namespace, name, uid } = o.metadata;
  return { name, ...(namespace ? { namespace } : {}), ...(uid ? { uid } : {}) };
}

type Told = { component: string; namespace: string; type: string; at: string; name: string; count: number };
function eventOf(object: Frozen<Obj>, draft: EventDraft, about: Ref, o: Told): Obj {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: o.name, namespace: o.namespace },
    involvedObject: {
      ...about,
      ...(object.metadata.resourceVersion ? { resourceVersion: object.metadata.resourceVersion } : {}),
    },
    type: o.type,
    reason: draft.reason,
    message: draft.message.slice(0, 1024),
    ...(draft.action ? { action: draft.action } : {}),
    source: { component: o.component },
    reportingComponent: o.component,
    reportingInstance: '',
    firstTimestamp: o.at,
    lastTimestamp: o.at,
    count: o.count,
  } as unknown as Obj;
}
