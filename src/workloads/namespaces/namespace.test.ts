import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Obj } from '../../kube/index.ts';
import { planOf, writesOf } from '../testing.ts';
import { type Namespace, namespaces } from './namespace.ts';
import type { Content } from './owner-graph.ts';

const now = new Date('2026-01-01T00:00:00Z');
const namespace = (deleting = false): Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'a', uid: 'a-uid', ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Active' },
});
const ca = (where: string, pem: string): Obj =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-root-ca.crt', namespace: where },
    data: { 'ca.crt': pem },
  }) as Obj;
const account: Obj = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'a' } };
const content = (name: string, o: Partial<Content> = {}): Content => ({
  ref: { apiVersion: 'v1', kind: 'Pod', namespace: 'a', name, uid: `uid-${name}` },
  gvk: 'v1/Pod',
  isDeleting: false,
  finalizers: [],
  ...o,
});
const ending = (contents: readonly Content[] | undefined) =>
  planOf(namespaces, namespace(true), { signals: contents ? { 'contents/a': contents } : {} }, now);

test('gives a namespace its service account and the CA of the cluster', () => {
  const p = planOf(namespaces, namespace(), { objects: [ca('kube-system', 'PEM')] }, now);
  assert.deepEqual(writesOf(p), ['create v1/ServiceAccount default', 'create v1/ConfigMap kube-root-ca.crt']);
  const settled = planOf(namespaces, namespace(), { objects: [ca('kube-system', 'PEM'), ca('a', 'PEM'), account] }, now);
  assert.deepEqual(settled.writes, []);
  const renewed = planOf(namespaces, namespace(), { objects: [ca('kube-system', 'NEW'), ca('a', 'PEM'), account] }, now);
  assert.deepEqual(writesOf(renewed), ['patch v1/ConfigMap kube-root-ca.crt']);
});

test('asks for contents before it decides anything', () => {
  assert.deepEqual(ending(undefined), { needs: [{ source: 'contents', key: 'a' }] });
});

test('deletes what is there and says what remains', () => {
  const p = ending([content('p'), content('q', { isDeleting: true, finalizers: ['x/y'] })]);
  assert.deepEqual(writesOf(p), ['delete v1/Pod p']);
  const { phase, conditions } = p.status as NonNullable<Namespace['status']>;
  assert.equal(phase, 'Terminating');
  const said = Object.fromEntries((conditions ?? []).map(c => [c.type, `${c.status} ${c.reason} ${c.message}`]));
  assert.equal(
    said['NamespaceContentRemaining'],
    'True SomeResourcesRemain Some resources are remaining: pods. has 2 resource instances',
  );
  assert.equal(
    said['NamespaceFinalizersRemaining'],
    'True SomeFinalizersRemain Some content in the namespace has finalizers remaining: x/y in 1 resource instances',
  );
  assert.equal(said['NamespaceDeletionDiscoveryFailure'], 'False ResourcesDiscovered All resources successfully discovered');
});

test('ends an empty namespace', () => {
  assert.deepEqual(ending([]).effects, [{ name: 'namespace.finalize', id: 'a-uid', params: { namespace: 'a' } }]);
});
