import type { Operation, Revision } from './revision.ts';

/** A committed change. `previous` is the state before, for watchers whose selector it left. */
export type Change = { rv: number; resource: number; operation: Operation; revision: Revision; previous: Revision | undefined };
/** What a watcher receives; `overflow` ends it: it was too slow. */
export type Listener = (changes: readonly Change[]) => void;

const RING = 10_000;

/** The last changes in memory and those who wait for the next ones. */
export class Hub {
  #ring: Change[] = [];
  /** Changes with a revision above this one are in the ring. */
  #floor: number;
  #latest: number;
  readonly #listeners = new Map<number, Set<Listener>>();
  readonly #all = new Set<Listener>();

  constructor(rv: number) {
    this.#floor = rv;
    this.#latest = rv;
  }

  /** The newest delivered revision. */
  get latest(): number {
    return this.#latest;
  }

  /** Changes of one resource after `rv`, or undefined when the ring no longer reaches back so far. */
  since(resource: number, rv: number): Change[] | undefined {
    if (rv < this.#floor) return undefined;
    let start = this.#ring.length;
    while (start > 0 && this.#ring[start - 1]!.rv > rv) start--;
    return this.#ring.slice(start).filter(c => c.resource === resource);
  }

  publish(changes: readonly Change[], upTo: number): void {
    this.#latest = Math.max(this.#latest, upTo);
    if (changes.length === 0) return;
    this.#ring.push(...changes);
    if (this.#ring.length > RING * 1.25) {
      const dropped = this.#ring.splice(0, this.#ring.length - RING);
      this.#floor = dropped.at(-1)!.rv;
    }
    for (const listener of this.#all) listener(changes);
    for (const [resource, mine] of Map.groupBy(changes, c => c.resource)) {
      for (const listener of this.#listeners.get(resource) ?? []) listener(mine);
    }
  }

  /** Calls back with the changes of one resource, in order; the returned function stops it. */
  listen(resource: number, listener: Listener): () => void {
    let set = this.#listeners.get(resource);
    if (!set) this.#listeners.set(resource, (set = new Set()));
    set.add(listener);
    return () => set.delete(listener);
  }

  /** Calls back with all changes, before any watcher sees them. */
  listenAll(listener: Listener): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }
}
