import { Readable } from 'node:stream';
import type { Blob, Blobs } from '../../data/types.ts';
import { type Client, type Ref, StatusError } from '../../kube/index.ts';

/** Bucket of logs that outlive their Pods; `executor-logs/<run id>/<node address>/<attempt>`. */
export const LOG_BUCKET = 'executor-logs';
export function logKey(runId: string, nodeId: string, attempt: number): string {
  return `${runId}/${nodeId || 'root'}/${attempt}`;
}

/** Keeps the logs of steps in the blob store. */
export class StepLogs {
  readonly #blobs: Blobs;
  /** Many steps say nothing: that is stored once. */
  #nothing: Promise<Blob> | undefined;
  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  /**
   * Stores what the main container of a Pod that has ended wrote; again is the same. A container that never ran has none.
   * @throws StatusError when the API cannot say yet
   */
  async keep(pod: Ref, key: string, client: Client, signal: AbortSignal): Promise<void> {
    let log: AsyncIterable<Uint8Array>;
    try {
      log = await client.log(pod, { container: 'main' }, signal);
    } catch (error) {
      if (error instanceof StatusError && !isPassing(error)) return;
      throw error;
    }
    await this.#blobs.bind(LOG_BUCKET, key, await this.#store(log));
  }
  /** Forgets the logs of a run. */
  async drop(runId: string): Promise<void> {
    for (const { key } of await this.#blobs.listKeys(LOG_BUCKET, `${runId}/`)) await this.#blobs.unbind(LOG_BUCKET, key);
  }

  async #store(log: AsyncIterable<Uint8Array>): Promise<Blob> {
    const parts = log[Symbol.asyncIterator]();
    const first = await parts.next();
    if (!first.done) return this.#blobs.put(Readable.from(joined(first.value, parts)));
    this.#nothing ??= this.#blobs.put(new Uint8Array());
    return this.#nothing;
  }
}

async function* joined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => rest };
}
/** An API server that is not ready, or without its node for now. */
function isPassing(error: StatusError): boolean {
  return error.code === 429 || error.code === 503;
}
