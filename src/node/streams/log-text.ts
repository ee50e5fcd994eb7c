import type { LogOptions } from '../../kube/index.ts';
import type { CriLine } from './cri-line.ts';

/** Turns log lines into the bytes that a client of pods/log gets, by its options. `sinceMs` is absolute. */
export async function* logText(
  lines: AsyncIterable<CriLine>,
  o: Pick<LogOptions, 'timestamps' | 'limitBytes' | 'stream'> & { sinceMs?: number },
): AsyncGenerator<Uint8Array> {
  const wanted = o.stream === 'Stdout' ? 'stdout' : o.stream === 'Stderr' ? 'stderr' : undefined;
  let left = o.limitBytes ?? Number.POSITIVE_INFINITY;
  let midLine = false;
  for await (const line of lines) {
    if (wanted && line.stream !== wanted) continue;
    if (o.sinceMs !== undefined && Date.parse(line.at) < o.sinceMs) continue;
    const stamp = o.timestamps && !midLine ? Buffer.from(`${line.at} `) : Buffer.alloc(0);
    const end = Buffer.from(line.partial ? '' : '\n');
    midLine = line.partial;
    const bytes = Buffer.concat([stamp, line.text, end]).subarray(0, Math.min(left, Number.MAX_SAFE_INTEGER));
    left -= bytes.length;
    yield bytes;
    if (left <= 0) return;
  }
}
