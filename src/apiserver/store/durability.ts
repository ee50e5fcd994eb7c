import { close, fdatasync, openSync } from 'node:fs';
import { errors } from '../../kube/errors.ts';
import type { Clock } from '../../lib/clock.ts';

/** Watchers may wait this long for what nobody waits to be told. */
const LAZY_MS = 10;
type Waiter = { resolve: () => void; reject: (e: unknown) => void };

/** One asynchronous fdatasync of the WAL for all commits since the last one. The WAL keeps its inode over PASSIVE checkpoints. */
export class Durability {
  readonly #fd: number;
  #waiters: Waiter[] = [];
  #running = false;
  #urgent = false;
  #cancelTimer: (() => void) | undefined;
  readonly #clock: Clock;
  #failure: Error | undefined;

  constructor(walPath: string, clock: Clock) {
    this.#clock = clock;
    this.#fd = openSync(walPath, 'r+');
  }

  /** What made the store read-only, if anything did. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /**
   * Resolves when everything committed before this call is on disk; `lazily`: with the next sync, or after a moment.
   * @throws StatusError 503 after a failed sync, for ever
   */
  synced({ lazily }: { lazily: boolean } = { lazily: false }): Promise<void> {
    if (this.#failure) return Promise.reject(readOnly(this.#failure));
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      if (!lazily) this.#urgent = true;
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#running || this.#waiters.length === 0) return;
    if (this.#urgent) this.#sync();
    else
      this.#cancelTimer ??= this.#clock.after(LAZY_MS, () => {
        this.#cancelTimer = undefined;
        this.#sync();
      });
  }

  #sync(): void {
    if (this.#running) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#urgent = false;
    this.#running = true;
    const waiters = this.#waiters;
    this.#waiters = [];
    fdatasync(this.#fd, e => {
      this.#running = false;
      // After a failed sync the kernel may have dropped the pages: nothing later can be trusted.
      if (e) this.#failure = e;
      for (const w of waiters) e ? w.reject(readOnly(e)) : w.resolve();
      if (!this.#failure) this.#schedule();
      else for (const w of this.#waiters.splice(0)) w.reject(readOnly(this.#failure));
    });
  }

  close(): Promise<void> {
    return new Promise(resolve => close(this.#fd, () => resolve()));
  }
}

export function readOnly(cause: Error): Error {
  return errors.unavailable(`the store is read-only since a write did not reach the disk: ${cause.message}`);
}
