import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { readFrames } from './frames.ts';

function frame(stream: number, text: string): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(text.length, 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

test('parts stdout and stderr however the bytes are cut', async () => {
  const bytes = Buffer.concat([frame(1, 'out'), frame(2, 'error'), frame(1, ''), frame(1, 'end')]);
  for (const size of [1, 3, 9, bytes.length]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
    const got = { stdout: '', stderr: '' };
    await readFrames(Readable.from(chunks), (stream, part) => (got[stream] += part));
    assert.deepEqual(got, { stdout: 'outend', stderr: 'error' }, `cut each ${size} bytes`);
  }
});
