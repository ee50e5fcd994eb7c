import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, each, noChunks, withChanges } from './chunks.ts';

const range = (n: number) => withChanges<number>(noChunks, new Map(Array.from({ length: n }, (_, i) => [i, i])), n);

test('holds what it was given, in order', () => {
  const c = range(1_000);
  assert.deepEqual(
    [...each(c)],
    Array.from({ length: 1_000 }, (_, i) => i),
  );
  assert.equal(at(c, 999), 999);
  assert.equal(at(c, 1_000), undefined);
});
test('a change leaves the old sequence as it was and shares the other chunks', () => {
  const before = range(1_000);
  const after = withChanges(
    before,
    new Map([
      [500, -1],
      [1_000, 7],
    ]),
    1_001,
  );
  assert.equal(at(before, 500), 500);
  assert.equal(at(after, 500), -1);
  assert.equal(at(after, 1_000), 7);
  const shared = after.chunks.filter(chunk => before.chunks.includes(chunk)).length;
  assert.equal(shared, before.chunks.length - 2);
});
