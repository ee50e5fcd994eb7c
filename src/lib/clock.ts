/**
 * The only door to time. Everything that waits or stamps receives a `Clock`; tests hand over a `VirtualClock`.
 */
export interface Clock {
  now(): Date;
  /** Monotonic milliseconds, for durations. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back once after `ms`; the returned function cancels. Does not keep the process alive. */
  after(ms: number, callback: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal!.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  },
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, 0x7fffffff));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

type Waiter = { atMs: number; order: number; fire: () => void };

/** A clock that moves only when told: same schedule, same history. */
export class VirtualClock implements Clock {
  #nowMs: number;
  #order = 0;
  #waiters: Waiter[] = [];

  constructor(start: Date = new Date('2026-01-01T00:00:00Z')) {
    this.#nowMs = start.getTime();
  }
  now(): Date {
    return new Date(this.#nowMs);
  }
  monotonicMs(): number {
    return this.#nowMs;
  }
  after(ms: number, callback: () => void): () => void {
    const waiter = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, fire: callback };
    this.#waiters.push(waiter);
    return () => {
      this.#waiters = this.#waiters.filter(w => w !== waiter);
    };
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const cancel = this.after(ms, resolve);
      signal?.addEventListener('abort', () => {
        cancel();
        reject(signal.reason);
      });
    });
  }
  /** Moves time forward by `ms`, firing what falls due in order and letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#waiters.filter(w => w.atMs <= endMs).sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (!next) break;
      this.#waiters = this.#waiters.filter(w => w !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.fire();
      await settle();
    }
    this.#nowMs = endMs;
    await settle();
  }
}

/** Lets pending promise reactions and immediates run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve));
}
