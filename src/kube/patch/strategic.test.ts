import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { StatusError } from '../errors.ts';
import type { Schema } from '../schema.ts';
import { deepFreeze } from '../types.ts';
import { strategicMergePatch } from './index.ts';
import { checkPatchCase, type PatchCase, resolveDefinitions } from './testing/cases.ts';

const DATA = new URL('../../../../shared/conformance/apimachinery/strategicpatch/', import.meta.url);
const hasData = existsSync(DATA);

test('gives upstream results for every case of patch_test.go', { skip: !hasData }, () => {
  const read = (name: string) => readFileSync(new URL(name, DATA), 'utf8');
  // One line of the file has a trailing comma.
  const v2 = JSON.parse(read('swagger-merge-item.json').replace(/,(\s*[}\]])/g, '$1')).definitions;
  const v3 = JSON.parse(read('swagger-merge-item-v3.json').replace(/,(\s*[}\]])/g, '$1')).components.schemas;
  const cases = JSON.parse(read('cases.json')) as PatchCase[];
  assert.ok(cases.length >= 80);
  for (const definitions of [v2, v3]) for (const c of cases) checkPatchCase(c, resolveDefinitions(definitions, 'mergeItem'));
});

const containers: Schema = {
  type: 'object',
  properties: {
    containers: {
      type: 'array',
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, image: { type: 'string' }, args: { type: 'array', items: { type: 'string' } } },
      },
    },
    finalizers: { type: 'array', items: { type: 'string' }, 'x-kubernetes-patch-strategy': 'merge' },
    selector: { type: 'object', 'x-kubernetes-patch-strategy': 'replace' },
  },
};
const pod = deepFreeze({
  containers: [
    { name: 'a', image: 'a:1', args: ['x'] },
    { name: 'b', image: 'b:1' },
  ],
  finalizers: ['one'],
  selector: { app: 'x' },
  labels: { keep: 'me' },
});

// Upstream too: elements that live does not have come before those that the patch does not name.
test('merges lists by key, sets by value, replaces elsewhere, and leaves its input alone', () => {
  const patched = strategicMergePatch(
    pod,
    deepFreeze({
      containers: [{ name: 'b', image: 'b:2' }, { name: 'c' }],
      finalizers: ['two'],
      selector: { tier: 'y' },
      labels: { more: 'yes' },
    }),
    containers,
  );
  assert.deepEqual(patched, {
    containers: [{ name: 'a', image: 'a:1', args: ['x'] }, { name: 'b', image: 'b:2' }, { name: 'c' }],
    finalizers: ['two', 'one'],
    selector: { tier: 'y' },
    labels: { keep: 'me', more: 'yes' },
  });
  assert.equal(
    patched.containers.find(c => c.name === 'a'),
    pod.containers[0],
  );
});

test('deletes and replaces by directive', () => {
  assert.deepEqual(strategicMergePatch(pod, { containers: [{ name: 'a', $patch: 'delete' }] }, containers).containers, [
    { name: 'b', image: 'b:1' },
  ]);
  assert.deepEqual(strategicMergePatch(pod, { containers: [{ $patch: 'replace' }, { name: 'z' }] }, containers).containers, [
    { name: 'z' },
  ]);
  assert.deepEqual(strategicMergePatch(pod, { labels: { $patch: 'replace', only: 'this' } }, containers).labels, {
    only: 'this',
  });
});

test('treats a document without schema as merge for maps and replace for lists', () => {
  assert.deepEqual(strategicMergePatch({ a: { b: 1, c: [1] } }, { a: { c: [2] } }, undefined), { a: { b: 1, c: [2] } });
});

test('refuses directives of the wrong shape with 400', () => {
  for (const patch of [
    { $retainKeys: 'x' },
    { labels: { $retainKeys: ['other'], more: 'x' } },
    { '$setElementOrder/containers': 'x' },
  ])
    assert.throws(
      () => strategicMergePatch(pod, patch, containers),
      (e: StatusError) => e.code === 400,
    );
});
