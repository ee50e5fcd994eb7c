import type { Client, Write } from './client.ts';
import { patchChangesNothing } from './equality.ts';
import { isReason } from './errors.ts';
import type { Informers } from './informer.ts';
import { type Frozen, gvkOf, keyOf, type Obj } from './types.ts';

const TOGETHER = 64;

/** Carries out the writes of plans: in order, neighbours of one verb side by side, and lets the caches know. */
export class Writer {
  readonly #client: Client;
  readonly #informers: Informers;
  constructor(client: Client, informers: Informers) {
    this.#client = client;
    this.#informers = informers;
  }

  /** Returns the planned object itself when a write changed it, `gone` when one removed it. */
  async writeAll(writes: readonly Write[], planned: Frozen<Obj>): Promise<Frozen<Obj> | 'gone' | undefined> {
    let newer: Frozen<Obj> | 'gone' | undefined;
    for (let start = 0; start < writes.length; ) {
      let end = start + 1;
      while (end < writes.length && writes[end]!.verb === writes[start]!.verb && end - start < TOGETHER) end++;
      const answers = await Promise.all(writes.slice(start, end).map(w => this.#write(w, planned)));
      for (const answer of answers) if (answer && isSame(answer, planned)) newer = removed(answer) ? 'gone' : answer;
      start = end;
    }
    return newer;
  }

  async #write(w: Write, planned: Frozen<Obj>): Promise<Frozen<Obj> | undefined> {
    if (w.verb === 'patch' && w.type === 'merge' && !w.subresource) {
      const cached = this.#informers.peek(gvkOf(w.ref))?.get(keyOf({ metadata: w.ref }));
      if (cached && patchChangesNothing(cached, w.patch)) return undefined;
    }
    let answer: Frozen<Obj>;
    try {
      answer = await this.#client.write(w);
    } catch (error) {
      if (w.verb === 'delete' && (isReason(error, 'NotFound') || isReason(error, 'Conflict'))) return undefined;
      if (w.verb === 'create' && w.adopt !== 'never' && isReason(error, 'AlreadyExists'))
        answer = await this.#adopt(w.object, planned, error);
      else throw error;
    }
    if (answer?.metadata?.resourceVersion && !removed(answer)) this.#informers.peek(gvkOf(answer))?.observe(answer);
    return answer;
  }

  /** What exists already under the name counts as created if it is ours. */
  async #adopt(object: Obj, planned: Frozen<Obj>, error: unknown): Promise<Frozen<Obj>> {
    const { namespace, name } = object.metadata;
    const existing = await this.#client.get({
      apiVersion: object.apiVersion,
      kind: object.kind,
      name,
      ...(namespace ? { namespace } : {}),
    });
    const owners = existing.metadata.ownerReferences ?? [];
    const wanted = object.metadata.ownerReferences?.[0]?.uid ?? planned.metadata.uid;
    if (!owners.some(o => o.uid === wanted)) throw error;
    return existing;
  }
}

function isSame(answer: Frozen<Obj>, planned: Frozen<Obj>): boolean {
  return answer.metadata?.uid !== undefined && answer.metadata.uid === planned.metadata.uid;
}
/** An object that is being deleted and has nothing left to wait for is gone. */
function removed(o: Frozen<Obj>): boolean {
  return (
    o.metadata.deletionTimestamp !== undefined &&
    !o.metadata.finalizers?.length &&
    (o.metadata.deletionGracePeriodSeconds ?? 0) === 0
  );
}
