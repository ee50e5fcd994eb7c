import type { Clock } from '../lib/clock.ts';

const BASE_MS = 5;
const MAX_MS = 60_000;

/**
 * Keys waiting for work. A key is in the queue at most once and never worked on twice at a time; a key added during its
 * work runs again afterwards. @source client-go util/workqueue@32ce75a7d6bc
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #work: (key: string) => Promise<void>;
  readonly #concurrency: number;
  readonly #waiting = new Set<string>();
  readonly #working = new Set<string>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, () => void>();
  #scheduled = false;
  #stopped = false;

  /** `work` must not throw: it calls `retry` for what failed. */
  constructor(o: { clock: Clock; concurrency: number; work: (key: string) => Promise<void> }) {
    this.#clock = o.clock;
    this.#work = o.work;
    this.#concurrency = o.concurrency;
  }
  add(key: string): void {
    if (this.#stopped) return;
    if (this.#working.has(key)) this.#again.add(key);
    else if (!this.#waiting.has(key)) {
      this.#waiting.add(key);
      this.#schedule();
    }
  }
  /** Adds the key after `ms`; an earlier call for the same key is replaced. */
  addAfter(key: string, ms: number): void {
    this.#timers.get(key)?.();
    if (ms <= 0) {
      this.add(key);
      return;
    }
    this.#timers.set(
      key,
      this.#clock.after(ms, () => {
        this.#timers.delete(key);
        this.add(key);
      }),
    );
  }
  /** Adds the key after a pause that doubles with each failure in a row. */
  retry(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(MAX_MS, BASE_MS * 2 ** failures));
  }
  forget(key: string): void {
    this.#failures.delete(key);
  }
  get length(): number {
    return this.#waiting.size + this.#working.size;
  }
  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#waiting.clear();
  }

  /** All that arrives in one turn of the loop is seen together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#drain();
    });
  }
  #drain(): void {
    for (const key of this.#waiting) {
      if (this.#working.size >= this.#concurrency) return;
      this.#waiting.delete(key);
      this.#working.add(key);
      void this.#work(key).finally(() => {
        this.#working.delete(key);
        if (this.#again.delete(key)) this.add(key);
        else if (this.#waiting.size > 0) this.#schedule();
      });
    }
  }
}
