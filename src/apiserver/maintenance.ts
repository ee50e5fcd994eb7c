import type { Clock, Logger } from '../lib/index.ts';
import type { Registry } from './registry/registry.ts';
import type { Store } from './store/index.ts';

const EVERY_MS = 60_000;
const EVENT_TTL_MS = 3_600_000;
const SLICE = 500;

/** Once a minute: events past their hour go, and the past that nobody may ask for any more. Returns what stops it. */
export function startMaintenance(store: Store, registry: Registry, clock: Clock, log: Logger): () => void {
  const events = registry.find('', 'v1', 'events')!.storage!;
  let cancel = () => {};
  const expireEvents = async () => {
    for (;;) {
      const keys = store.staleKeys(events, clock.now().getTime() - EVENT_TTL_MS, SLICE);
      if (keys.length === 0) return;
      await store.write(tx => {
        for (const key of keys) {
          const event = tx.get(events, key);
          if (event) tx.remove(events, event);
        }
      });
    }
  };
  const tick = async () => {
    try {
      await expireEvents();
      await store.compact();
    } catch (error) {
      log.error('store maintenance failed', { error });
    }
    schedule();
  };
  const schedule = () => {
    cancel = clock.after(EVERY_MS, () => void tick());
  };
  schedule();
  return () => cancel();
}
