import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { Client } from './client.ts';
import type { ControllerDef, Performer, Source } from './controller.ts';
import { ControllerLoop } from './controller-loop.ts';
import { Informers } from './informer.ts';
import { controllerUser } from './roles.ts';

export type RunnerOptions = {
  /** Reads for the shared caches; each controller writes as its own service account. */
  client: Client;
  controllers: readonly ControllerDef[];
  sources: readonly Source[];
  performers: readonly Performer[];
  clock: Clock;
  log: Logger;
  /** For tests: wraps the client that a controller writes with. */
  wrap?(client: Client): Client;
};
export type ControllerStats = { name: string; plans: number; errors: number; waiting: number; planMs: number };
export interface Runner {
  /** Resolves when all caches are filled and each object was planned once or is queued. */
  synced(): Promise<void>;
  stats(): ControllerStats[];
  informers: Informers;
  stop(): Promise<void>;
}

/** Starts all controllers of a process over shared caches. Everything impure about controllers happens here, once. */
export function startControllers(o: RunnerOptions): Runner {
  const abort = new AbortController();
  const informers = new Informers({ client: o.client, clock: o.clock, log: o.log, signal: abort.signal });
  const sources = new Map(o.sources.map(s => [s.name, s]));
  const performers = new Map(o.performers.map(p => [p.name, p]));
  const loops = o.controllers.map(def => {
    const user = controllerUser(def.name);
    const own = o.client.as(user.username, user.groups);
    const client = o.wrap ? o.wrap(own) : own;
    return new ControllerLoop({ def, client, informers, sources, performers, clock: o.clock, log: o.log, signal: abort.signal });
  });
  for (const source of o.sources) {
    const listeners = loops.filter(l => l.reads(source.name));
    source
      .start({ clock: o.clock, signal: abort.signal, changed: key => listeners.forEach(l => l.signalChanged(source.name, key)) })
      .catch(error => o.log.error('source failed', { source: source.name, error }));
  }
  const started = informers.synced().then(() => loops.forEach(l => l.start()));
  return {
    informers,
    synced: () => started,
    stats: () => loops.map(l => l.stats()),
    async stop() {
      abort.abort(new Error('stopped'));
      await Promise.all(loops.map(l => l.stop()));
    },
  };
}
