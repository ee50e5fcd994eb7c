import type { Clock } from '../lib/clock.ts';
import { fnv32a } from '../lib/hash.ts';
import type { Logger } from '../lib/log.ts';
import type { Client } from './client.ts';
import type { EventDraft } from './controller.ts';
import { isReason } from './errors.ts';
import type { Frozen, Obj, Ref } from './types.ts';

const REMEMBERED = 4_096;
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
  constructor(o: { client: Client; clock: Clock; log: Logger; component: string }) {
    this.#client = o.client;
    this.#clock = o.clock;
    this.#log = o.log;
    this.#component = o.component;
  }

  record(object: Frozen<Obj>, draft: EventDraft): void {
    this.#write(object, draft).catch(error => {
      // An event of an object whose namespace goes away is nobody's loss.
      if (!isReason(error, 'Forbidden') && !isReason(error, 'NotFound')) this.#log.warn('event not written', { error });
    });
  }

  async #write(object: Frozen<Obj>, draft: EventDraft): Promise<void> {
    const about: Ref = draft.regarding ?? { apiVersion: object.apiVersion, kind: object.kind, ...pick(object) };
    const namespace = about.namespace ?? 'default';
    const type = draft.type ?? 'Normal';
    const identity = [about.kind, namespace, about.name, about.uid, type, draft.reason, draft.message].join('\0');
    const now = this.#clock.now();
    const at = `${now.toISOString().slice(0, 19)}Z`;
    const seen = this.#seen.get(identity);
    if (seen) {
      seen.count++;
      const ref: Ref = { apiVersion: 'v1', kind: 'Event', namespace, name: seen.name };
      await this.#client.write({ verb: 'patch', ref, type: 'merge', patch: { count: seen.count, lastTimestamp: at } });
      return;
    }
    const name = `${about.name.slice(0, 200)}.${this.#stamp(now, identity)}`;
    this.#remember(identity, { name, count: 1 });
    await this.#client.write({
      verb: 'create',
      object: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        involvedObject: {
          ...about,
          ...(object.metadata.resourceVersion ? { resourceVersion: object.metadata.resourceVersion } : {}),
        },
        type,
        reason: draft.reason,
        message: draft.message.slice(0, 1024),
        ...(draft.action ? { action: draft.action } : {}),
        source: { component: this.#component },
        reportingComponent: this.#component,
        reportingInstance: '',
        firstTimestamp: at,
        lastTimestamp: at,
        count: 1,
      } as unknown as Obj,
    });
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
