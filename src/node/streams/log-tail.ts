import { open } from 'node:fs/promises';
import { parseCriLine } from './cri-line.ts';

const MAX_BYTES = 2048;
const MAX_LINES = 80;

/**
 * The end of a container's log as termination message: at most 2,048 bytes and 80 lines; empty without a log.
 * @source kubernetes pkg/kubelet/kuberuntime readLastStringFromContainerLogs (from knowledge)
 */
export async function logTail(path: string): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return '';
  try {
    const { size } = await file.stat();
    // Stamps come on top of the text; four times the limit holds it for all but very short lines.
    const want = Math.min(size, MAX_BYTES * 4 + MAX_LINES * 48);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(want), 0, want, size - want);
    const lines = splitLines(buffer.subarray(0, bytesRead));
    if (want < size) lines.shift();
    const parsed = lines.flatMap(l => parseCriLine(l) ?? []).slice(-MAX_LINES);
    const text = Buffer.concat(parsed.flatMap(l => (l.partial ? [l.text] : [l.text, Buffer.from('\n')])));
    return text.subarray(Math.max(0, text.length - MAX_BYTES)).toString('utf8');
  } finally {
    await file.close();
  }
}
function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0) break;
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}
