import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Client, ListOptions, WatchEvent, Write, WriteOptions } from '../client.ts';
import { errors } from '../errors.ts';
import { type Frozen, type Gvk, gvkOf, type Obj, parseGvk, type Ref } from '../types.ts';

/** How often things go wrong, from 0 to 1. */
export type Faults = {
  conflict: number;
  tooMany: number;
  lostAnswer: number;
  dropWatch: number;
  expired: number;
  delayMs: number;
};
export const someFaults: Faults = { conflict: 0.1, tooMany: 0.05, lostAnswer: 0.05, dropWatch: 0.02, expired: 0.02, delayMs: 5 };

/**
 * A client on a bad day: answers late, refuses with 409 and 429, loses answers of writes that were done, drops watches.
 * The same ids give the same faults.
 */
export function faultyClient(inner: Client, ids: Ids, clock: Clock, faults: Faults = someFaults): Client {
  const strikes = (p: number) => ids.random() < p;
  const resource = (gvk: Gvk) => ({ group: parseGvk(gvk).group, plural: `${parseGvk(gvk).kind.toLowerCase()}s` });
  return {
    user: inner.user,
    as: (username, groups) => faultyClient(inner.as(username, groups), ids, clock, faults),
    async get<T extends Obj>(ref: Ref): Promise<Frozen<T>> {
      await clock.sleep(ids.random() * faults.delayMs);
      return await inner.get<T>(ref);
    },
    list: (gvk, o) => inner.list(gvk, o),
    async *watch<T extends Obj>(
      gvk: Gvk,
      o: ListOptions & { resourceVersion: string; signal: AbortSignal },
    ): AsyncIterable<WatchEvent<T>> {
      if (strikes(faults.expired)) throw errors.expired('too old resource version: 1 (2)');
      for await (const event of inner.watch<T>(gvk, o)) {
        await clock.sleep(ids.random() * faults.delayMs);
        yield event;
        if (strikes(faults.dropWatch)) return;
      }
    },
    async write<T extends Obj>(w: Write, o?: WriteOptions): Promise<Frozen<T>> {
      await clock.sleep(ids.random() * faults.delayMs);
      const target = 'object' in w ? w.object : w.ref;
      const name = 'metadata' in target ? target.metadata.name : target.name;
      if (strikes(faults.conflict) && w.verb !== 'create') throw errors.conflict(resource(gvkOf(target)), name);
      if (strikes(faults.tooMany)) throw errors.tooManyRequests('Too many requests, please try again later.', 1);
      const answer = await inner.write<T>(w, o);
      if (strikes(faults.lostAnswer)) throw errors.serverTimeout('Timeout: request did not complete within the allotted timeout');
      return answer;
    },
    can: (verb, what) => inner.can(verb, what),
    log: (pod, o, signal) => inner.log(pod, o, signal),
    exec: (pod, o) => inner.exec(pod, o),
    portForward: (pod, port) => inner.portForward(pod, port),
  };
}
