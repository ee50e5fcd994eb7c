import { Worker } from 'node:worker_threads';
import type { Logger } from '../lib/index.ts';

/** A checkpoint each this many bytes written, as SQLite's own default of 1,000 pages. */
const EVERY_BYTES = 4_096_000;

/** Moves the WAL into the database from a thread of its own, started on first need. */
export class Checkpoints {
  readonly #path: string;
  readonly #log: Logger;
  #worker: Worker | undefined;
  #busy = false;
  #writtenBytes = 0;

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  /** Counts what a commit wrote. */
  wrote(bytes: number): void {
    this.#writtenBytes += bytes;
    if (this.#writtenBytes < EVERY_BYTES || this.#busy) return;
    this.#writtenBytes = 0;
    this.#busy = true;
    this.#worker ??= this.#start();
    this.#worker.postMessage(0);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./checkpoint-worker.ts', import.meta.url), { workerData: this.#path });
    worker.unref();
    worker.on('message', () => {
      this.#busy = false;
    });
    worker.on('error', error => {
      this.#log.error('the checkpoint worker failed', { error });
      this.#worker = undefined;
      this.#busy = false;
    });
    return worker;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }
}
