import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { writeAtomically } from './atomic-writer.ts';

async function folder(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'skiff-volume-'));
  t.after(() => rm(root, { recursive: true }));
  return join(root, 'v');
}
const files = (content: Record<string, string>, mode = 0o644) =>
  new Map(Object.entries(content).map(([path, text]) => [path, { data: Buffer.from(text), mode }]));

test('shows files through ..data, with their modes and folders', async t => {
  const v = await folder(t);
  await writeAtomically(v, files({ a: '1', 'sub/b': '2' }, 0o440), 'one');
  assert.deepEqual((await readdir(v)).sort(), ['..data', '..one', 'a', 'sub']);
  assert.equal(await readlink(join(v, '..data')), '..one');
  assert.equal(await readlink(join(v, 'a')), '..data/a');
  assert.equal(await readFile(join(v, 'sub', 'b'), 'utf8'), '2');
  assert.equal((await stat(join(v, 'a'))).mode & 0o777, 0o440);
});
test('changes everything with one rename and leaves no old folder', async t => {
  const v = await folder(t);
  await writeAtomically(v, files({ a: '1', gone: 'x' }), 'one');
  await writeAtomically(v, files({ a: '2', fresh: 'y' }), 'two');
  assert.deepEqual((await readdir(v)).sort(), ['..data', '..two', 'a', 'fresh']);
  assert.equal(await readFile(join(v, 'a'), 'utf8'), '2');
});
test('leaves unchanged content alone', async t => {
  const v = await folder(t);
  await writeAtomically(v, files({ a: '1' }), 'one');
  await writeAtomically(v, files({ a: '1' }), 'two');
  assert.equal(await readlink(join(v, '..data')), '..one');
});
test('an empty volume has ..data all the same', async t => {
  const v = await folder(t);
  await writeAtomically(v, new Map(), 'one');
  assert.deepEqual((await readdir(v)).sort(), ['..data', '..one']);
});
