import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Meta } from '../../kube/index.ts';
import { nameRule, validateMeta } from './index.ts';

const lines = (meta: Partial<Meta>, options: Partial<Parameters<typeof validateMeta>[1]> = {}) =>
  validateMeta({ name: 'x', namespace: 'default', ...meta }, { namespaced: true, ...options }).map(
    e => `${e.field}: ${e.message}`,
  );

test('an object needs a name and a namespace', () => {
  assert.deepEqual(lines({ name: '', namespace: '' }), [
    'metadata.name: Required value: name or generateName is required',
    'metadata.namespace: Required value',
  ]);
  assert.deepEqual(lines({}, { namespaced: false }), ['metadata.namespace: Forbidden: not allowed on this type']);
  assert.deepEqual(lines({}), []);
});

test('says of a wrong name what upstream says', () => {
  assert.deepEqual(lines({ name: 'A_b' }), [
    `metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
  ]);
  const label = lines({ name: 'a'.repeat(64) }, { name: nameRule('v1/Namespace') });
  assert.deepEqual(label, [`metadata.name: Invalid value: "${'a'.repeat(64)}": must be no more than 63 characters`]);
  assert.match(lines({ name: 'a.b' }, { name: nameRule('v1/Namespace') })[0]!, /must not contain dots$/);
  assert.match(lines({ name: '1a' }, { name: nameRule('v1/Service') })[0]!, /'my-name', {2}or 'abc-123', regex used/);
  assert.deepEqual(lines({ name: 'system:node' }, { name: nameRule('rbac.authorization.k8s.io/v1/ClusterRole') }), []);
});

test('a generateName may end in a dash', () => {
  assert.deepEqual(lines({ generateName: 'job-', name: 'job-x2b4c' }), []);
  assert.match(lines({ generateName: 'Job-' })[0]!, /^metadata\.generateName: Invalid value: "Job-"/);
});

test('checks label keys and values, annotation keys and size', () => {
  assert.deepEqual(lines({ labels: { 'example.com/a': 'b', c: '' } }), []);
  assert.match(
    lines({ labels: { a: '-b' } })[0]!,
    /^metadata\.labels: Invalid value: "-b": a valid label must be an empty string or/,
  );
  assert.match(lines({ labels: { '/a': 'b' } })[0]!, /^metadata\.labels: Invalid value: "\/a": prefix part must be non-empty$/);
  assert.deepEqual(lines({ annotations: { 'Example.com/A': 'b' } }), []);
  assert.deepEqual(lines({ annotations: { a: 'b'.repeat(262144) } }), [
    'metadata.annotations: Too long: may not be more than 262144 bytes',
  ]);
});

test('only one owner may be the controller, and owners are complete', () => {
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true };
  const two = [owner, { ...owner, name: 'q', uid: 'v' }];
  assert.match(
    lines({ ownerReferences: two })[0]!,
    /Only one reference can have Controller set to true. Found "true" in references for Pod\/p and Pod\/q$/,
  );
  assert.deepEqual(lines({ ownerReferences: [{ ...owner, uid: '', apiVersion: 'a/b/c' }] }), [
    'metadata.ownerReferences[0].apiVersion: Invalid value: "a/b/c": must be <group>/<version> or <version>',
    'metadata.ownerReferences[0].uid: Required value: must not be empty',
  ]);
});

test('an object that is being deleted gets no new finalizers', () => {
  const old: Meta = { name: 'x', namespace: 'default', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b'] };
  assert.deepEqual(lines({ ...old, finalizers: ['a/b', 'c/d'] }, { old }), [
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d"}',
  ]);
});

test('identity may not change', () => {
  const old: Meta = { name: 'x', namespace: 'default', uid: 'u', generation: 2 };
  assert.deepEqual(lines({ ...old, uid: 'v', generation: 1 }, { old }), [
    'metadata.generation: Invalid value: 1: must not be decremented',
    'metadata.uid: Invalid value: "v": field is immutable',
  ]);
});
