import { mkdirSync, renameSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from './clock.ts';

/** Emptied when nothing was put in for this long. */
const QUIET_MS = 2_000;
/** And at the latest after this. */
const PATIENCE_MS = 30_000;

/**
 * Where folders go that nobody needs any more: away by a rename at once, deleted in a quiet moment. Deleting a tree is some
 * dozen operations that wait for the file system's journal, and nobody has to wait for them.
 */
export class Trash {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  #count = 0;
  #sinceMs: number | undefined;
  #cancel: (() => void) | undefined;
  /** One after the other: what comes in meanwhile is the next one's. */
  #emptying: Promise<void> = Promise.resolve();

  /** On the file system of what it takes; what an earlier process left in it is deleted soon. */
  constructor(o: { folder: string; clock: Clock; onError?: (error: unknown) => void }) {
    this.#folder = o.folder;
    this.#clock = o.clock;
    this.#onError = o.onError ?? (() => undefined);
    mkdirSync(o.folder, { recursive: true, mode: 0o700 });
    this.#emptyLater();
  }

  /** Takes a file or folder away, if it is there. */
  take(path: string): void {
    for (;;) {
      try {
        renameSync(path, join(this.#folder, `${this.#count++}-${basename(path)}`));
        break;
      } catch (e) {
        const { code } = e as NodeJS.ErrnoException;
        if (code === 'ENOENT') return;
        // A namesake that an earlier process left.
        if (code !== 'EEXIST' && code !== 'ENOTEMPTY') throw e;
      }
    }
    this.#emptyLater();
  }

  /** Deletes what is in it now. */
  async empty(): Promise<void> {
    this.#cancel?.();
    this.#sinceMs = undefined;
    for (const name of await readdir(this.#folder)) await rm(join(this.#folder, name), { recursive: true, force: true });
  }

  #emptyLater(): void {
    this.#cancel?.();
    this.#sinceMs ??= this.#clock.monotonicMs();
    const leftMs = this.#sinceMs + PATIENCE_MS - this.#clock.monotonicMs();
    this.#cancel = this.#clock.after(Math.max(0, Math.min(QUIET_MS, leftMs)), () => {
      this.#emptying = this.#emptying.then(() => this.empty()).catch(this.#onError);
    });
  }
}
