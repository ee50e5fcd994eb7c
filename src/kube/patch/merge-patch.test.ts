import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze } from '../types.ts';
import { createMergePatch, mergePatch } from './index.ts';

test('follows the examples of RFC 7386', () => {
  const cases: [unknown, unknown, unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [doc, patch, expected] of cases) assert.deepEqual(mergePatch(deepFreeze(doc), deepFreeze(patch)), expected);
});

test('gives the same document when nothing changes and shares the rest', () => {
  const doc = deepFreeze({ spec: { replicas: 1 }, status: { ready: [1] } });
  assert.equal(mergePatch(doc, { spec: { replicas: 1 }, gone: null }), doc);
  assert.equal(mergePatch(doc, { spec: { replicas: 2 } }).status, doc.status);
});

test('creates the patch that leads from one document to another', () => {
  const withoutNull = fc.jsonValue({ maxDepth: 4 }).map(v => JSON.parse(JSON.stringify(v), (_, m) => (m === null ? 0 : m)));
  const object = fc.dictionary(fc.string(), withoutNull).filter(o => !JSON.stringify(o).includes('__proto__'));
  fc.assert(
    fc.property(object, object, (a, b) => {
      assert.equal(JSON.stringify(sorted(mergePatch(deepFreeze(a), createMergePatch(a, b)))), JSON.stringify(sorted(b)));
    }),
    { numRuns: 200 },
  );
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => [key, sorted(member)]);
}
