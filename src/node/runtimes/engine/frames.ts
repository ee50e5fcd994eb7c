import type { Readable } from 'node:stream';

const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Parts the two streams that an engine sends over one connection: a byte that names the stream, three zeros, a length.
 * @source docker docs, API reference, "Stream format" of ContainerAttach
 */
export async function readFrames(source: Readable, take: (stream: 'stdout' | 'stderr', bytes: Buffer) => void): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer);
    while (rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + rest.readUInt32BE(4);
      if (rest.length < end) break;
      take(rest[0] === STDERR ? 'stderr' : 'stdout', rest.subarray(HEADER_BYTES, end));
      rest = rest.subarray(end);
    }
  }
}
