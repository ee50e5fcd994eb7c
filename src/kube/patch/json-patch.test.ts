import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastJsonPatch from 'fast-json-patch';
import { StatusError } from '../errors.ts';
import { deepFreeze } from '../types.ts';
import { jsonPatch } from './index.ts';

const DOC = deepFreeze({ a: { b: [1, 2, 3], 'x/y': 'slash', '~': 'tilde' }, c: { d: null }, e: [{ f: 1 }, { f: 2 }] });

test('agrees with fast-json-patch on frozen documents', () => {
  const patches = [
    [{ op: 'add', path: '/a/b/1', value: 9 }],
    [{ op: 'add', path: '/a/b/-', value: { deep: [1] } }],
    [{ op: 'add', path: '/new', value: null }],
    [
      { op: 'remove', path: '/a/x~1y' },
      { op: 'remove', path: '/a/~0' },
    ],
    [{ op: 'replace', path: '/e/1/f', value: 'two' }],
    [{ op: 'replace', path: '', value: { whole: true } }],
    [{ op: 'move', from: '/e/0', path: '/e/1' }],
    [
      { op: 'copy', from: '/a/b', path: '/c/d' },
      { op: 'add', path: '/c/d/0', value: 0 },
    ],
    [
      { op: 'test', path: '/a/b', value: [1, 2, 3] },
      { op: 'remove', path: '/a/b/0' },
    ],
  ];
  for (const patch of patches) {
    const oracle = fastJsonPatch.applyPatch(structuredClone(DOC) as object, structuredClone(patch) as never).newDocument;
    assert.deepEqual(jsonPatch(DOC, deepFreeze(patch)), oracle, JSON.stringify(patch));
  }
});

test('shares what it does not change', () => {
  const patched = jsonPatch(DOC, [{ op: 'replace', path: '/e/1/f', value: 3 }]);
  assert.equal(patched.a, DOC.a);
  assert.equal(patched.e[0], DOC.e[0]);
  assert.notEqual(patched.e[1], DOC.e[1]);
});

test('counts negative indices from the end', () => {
  assert.deepEqual(jsonPatch([1, 2, 3], [{ op: 'remove', path: '/-1' }]), [1, 2]);
});

test('answers a failed test and a missing path as upstream: 422 without detail', () => {
  const misfits = [
    [{ op: 'test', path: '/a/b/0', value: 2 }],
    [{ op: 'remove', path: '/nope' }],
    [{ op: 'replace', path: '/nope', value: 1 }],
    [{ op: 'add', path: '/nope/deep', value: 1 }],
    [{ op: 'add', path: '/a/b/7', value: 1 }],
  ];
  for (const patch of misfits)
    assert.throws(
      () => jsonPatch(DOC, patch),
      (e: StatusError) =>
        e.code === 422 &&
        e.reason === 'Invalid' &&
        e.message === 'the server rejected our request due to an error in our request',
      JSON.stringify(patch),
    );
});

test('answers a malformed patch with 400 and too many operations with 413', () => {
  for (const patch of [{}, [{ path: '/a' }], [{ op: 'add', path: 'a', value: 1 }]])
    assert.throws(
      () => jsonPatch(DOC, patch),
      (e: StatusError) => e instanceof StatusError && e.code === 400,
    );
  const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/c/d', value: null }));
  assert.throws(
    () => jsonPatch(DOC, many),
    (e: StatusError) => e.code === 413,
  );
});
