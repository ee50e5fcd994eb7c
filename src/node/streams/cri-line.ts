export type CriLine = { at: string; stream: 'stdout' | 'stderr'; partial: boolean; text: Buffer };

/**
 * Reads one line of a CRI log, `2016-10-06T00:17:09.669794202Z stdout F text`, without its newline.
 * Undefined for what is none (a torn write).
 */
export function parseCriLine(line: Buffer): CriLine | undefined {
  const first = line.indexOf(0x20);
  const second = line.indexOf(0x20, first + 1);
  const third = line.indexOf(0x20, second + 1);
  if (first < 0 || second < 0) return undefined;
  const stream = line.toString('latin1', first + 1, second);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const tag = line.toString('latin1', second + 1, third < 0 ? line.length : third);
  return {
    at: line.toString('latin1', 0, first),
    stream,
    partial: tag.startsWith('P'),
    text: third < 0 ? Buffer.alloc(0) : line.subarray(third + 1),
  };
}
