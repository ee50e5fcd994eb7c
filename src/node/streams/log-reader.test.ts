import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readLog } from './log-reader.ts';
import { logTail } from './log-tail.ts';
import { logText } from './log-text.ts';

const line = (text: string, stream = 'stdout', tag = 'F', second = 0) =>
  `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z ${stream} ${tag} ${text}\n`;
async function logFile(t: TestContext, content = ''): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'skiff-log-'));
  t.after(() => rm(root, { recursive: true }));
  const path = join(root, '0.log');
  await writeFile(path, content);
  return path;
}
const never = new AbortController().signal;
async function text(path: string, o: Parameters<typeof logText>[1] & { tailLines?: number } = {}): Promise<string> {
  const chunks = await Array.fromAsync(logText(readLog(path, { ...o, signal: never }), o));
  return Buffer.concat(chunks).toString();
}

test('reads over rotated parts, the oldest first', async t => {
  const path = await logFile(t, line('three'));
  await writeFile(`${path}.1`, line('two'));
  await writeFile(`${path}.2`, line('one'));
  assert.equal(await text(path), 'one\ntwo\nthree\n');
  for (const [n, expected] of [
    [0, ''],
    [1, 'three\n'],
    [2, 'two\nthree\n'],
    [9, 'one\ntwo\nthree\n'],
  ] as const)
    assert.equal(await text(path, { tailLines: n }), expected);
});
test('finds the last lines of a long log', async t => {
  const lines = Array.from({ length: 5_000 }, (_, i) => line(`line ${i}`));
  assert.equal(await text(await logFile(t, lines.join('')), { tailLines: 2 }), 'line 4998\nline 4999\n');
});
test('joins partial lines and stamps each line once', async t => {
  const path = await logFile(t, line('a', 'stdout', 'P') + line('b') + line('c', 'stderr'));
  assert.equal(await text(path), 'ab\nc\n');
  assert.equal(await text(path, { timestamps: true }), '2026-01-01T00:00:00.000000000Z ab\n2026-01-01T00:00:00.000000000Z c\n');
  assert.equal(await text(path, { stream: 'Stderr' }), 'c\n');
  assert.equal(await text(path, { limitBytes: 2 }), 'ab');
});
test('leaves out what is older than asked, and torn lines', async t => {
  const path = await logFile(t, `${line('old', 'stdout', 'F', 1)}torn\n${line('new', 'stdout', 'F', 5)}`);
  assert.equal(await text(path, { sinceMs: Date.parse('2026-01-01T00:00:03Z') }), 'new\n');
});

test('follows over a rotation until the writer has ended', async t => {
  const path = await logFile(t, line('one'));
  let ended = false;
  let ring = () => {};
  const follow = {
    ended: () => ended,
    onChange(listener: () => void) {
      ring = listener;
      return () => {};
    },
  };
  const lines = readLog(path, { follow, signal: never });
  const next = async () => (await lines.next()).value?.text.toString();
  assert.equal(await next(), 'one');
  const second = next();
  await appendFile(path, line('two'));
  assert.equal(await second, 'two');
  const third = next();
  await rename(path, `${path}.1`);
  await writeFile(path, line('three'));
  assert.equal(await third, 'three');
  const last = next();
  ended = true;
  ring();
  assert.equal(await last, undefined);
});
test('follows until called off', async t => {
  const abort = new AbortController();
  const follow = { ended: () => false, onChange: () => () => {} };
  const lines = readLog(await logFile(t), { follow, signal: abort.signal });
  const next = lines.next();
  abort.abort();
  assert.equal((await next).done, true);
});

test('the end of a log as message has at most 80 lines and 2,048 bytes', async t => {
  const many = await logFile(t, Array.from({ length: 200 }, (_, i) => line(String(i))).join(''));
  const tail = await logTail(many);
  assert.equal(tail.split('\n').length, 81);
  assert.ok(tail.startsWith('120\n') && tail.endsWith('199\n'));
  const long = await logFile(t, Array.from({ length: 50 }, () => line('x'.repeat(999))).join(''));
  assert.equal((await logTail(long)).length, 2048);
  assert.equal(await logTail('/nonexistent'), '');
});
