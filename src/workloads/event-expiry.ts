import type { ControllerDef, Obj } from '../kube/index.ts';
import { refOf } from '../kube/index.ts';

type EventObject = Obj & { lastTimestamp?: string; eventTime?: string; series?: { lastObservedTime?: string } };

/** Deletes Events some time after they were last seen. */
export function eventExpiry(o: { ttlMs: number }): ControllerDef<EventObject> {
  return {
    name: 'event-expiry',
    for: 'v1/Event',
    writes: [{ gvk: 'v1/Event', verbs: ['delete'] }],
    plan({ object: event }, now) {
      const seen =
        event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '';
      const expiresAt = new Date(Date.parse(seen) + o.ttlMs);
      if (Number.isNaN(expiresAt.getTime())) return {};
      if (expiresAt > now) return { requeueAt: expiresAt };
      return { writes: [{ verb: 'delete', ref: refOf(event), uid: event.metadata.uid! }] };
    },
  };
}
