import { close, fdatasync, openSync } from 'node:fs';
import { errors } from '../../kube/errors.ts';

type Waiter = { resolve: () => void; reject: (e: unknown) => void };

/** One asynchronous fdatasync of the WAL for all commits since the last one. The WAL keeps its inode over PASSIVE checkpoints. */
export class Durability {
  readonly #fd: number;
  #waiters: Waiter[] = [];
  #running = false;
  #failure: Error | undefined;

  constructor(walPath: string) {
    this.#fd = openSync(walPath, 'r+');
  }

  /** What made the store read-only, if anything did. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Resolves when everything committed before this call is on disk. @throws StatusError 503 after a failed sync, for ever */
  synced(): Promise<void> {
    if (this.#failure) return Promise.reject(readOnly(this.#failure));
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#sync();
    });
  }

  #sync(): void {
    if (this.#running || this.#waiters.length === 0) return;
    this.#running = true;
    const waiters = this.#waiters;
    this.#waiters = [];
    fdatasync(this.#fd, e => {
      this.#running = false;
      // After a failed sync the kernel may have dropped the pages: nothing later can be trusted.
      if (e) this.#failure = e;
      for (const w of waiters) e ? w.reject(readOnly(e)) : w.resolve();
      if (!this.#failure) this.#sync();
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
