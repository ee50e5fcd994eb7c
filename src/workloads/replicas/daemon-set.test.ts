import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Obj } from '../../kube/index.ts';
import { controllerRef, type Pod } from '../objects.ts';
import { planOf, writesOf } from '../testing.ts';
import { type DaemonSet, type DaemonSetStatus, daemonSets } from './daemon-set.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const set = (spec: object = {}): DaemonSet => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'ds', namespace: 'a', uid: 'ds-uid', generation: 1 },
  spec: { template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c' }] } }, ...spec },
});
const node = (name: string, o: { spec?: object; labels?: object } = {}): Obj =>
  ({ apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name, labels: o.labels ?? {} }, spec: o.spec ?? {} }) as Obj;
const plan = (objects: Obj[], of = set()) => planOf(daemonSets, of, { objects }, at(9));
const made = (p: ReturnType<typeof plan>) =>
  p.writes!.flatMap(w => (w.verb === 'create' && w.object.kind === 'Pod' ? [w.object as Pod] : []));
const hash = made(plan([node('n')]))[0]!.metadata.labels!['controller-revision-hash']!;
const pod = (nodeName: string, o: { ready?: boolean; old?: boolean; phase?: string; name?: string } = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: o.name ?? `on-${nodeName}`,
    namespace: 'a',
    uid: o.name ?? `on-${nodeName}`,
    labels: { app: 'd', 'controller-revision-hash': o.old ? 'old' : hash },
    ownerReferences: [controllerRef(set() as never)],
  },
  spec: { nodeName, containers: [{ name: 'c' }] },
  status: { phase: o.phase ?? 'Running', conditions: [{ type: 'Ready', status: o.ready === false ? 'False' : 'True' }] },
});
const podWrites = (p: ReturnType<typeof plan>) => writesOf(p).filter(w => w.includes('/Pod '));
const statusOf = (p: ReturnType<typeof plan>) =>
  (p.writes!.find(w => w.verb === 'update') as { object: DaemonSet }).object.status as DaemonSetStatus;

test('puts a Pod on every node that takes it, and on no other', () => {
  const tainted = node('gpu', { spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } });
  const p = plan([node('n1'), node('n2', { spec: { unschedulable: true } }), tainted, pod('n1'), pod('gpu')]);
  const [fresh] = made(p);
  assert.equal(made(p).length, 1);
  assert.deepEqual(fresh!.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms, [
    { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] },
  ]);
  assert.ok(fresh!.spec?.tolerations?.some(t => t.key === 'node.kubernetes.io/unschedulable'));
  assert.ok(podWrites(p).includes('delete v1/Pod on-gpu'));
  assert.deepEqual(statusOf(p), {
    observedGeneration: 1,
    currentNumberScheduled: 1,
    desiredNumberScheduled: 2,
    numberMisscheduled: 1,
    numberReady: 1,
    updatedNumberScheduled: 1,
    numberAvailable: 1,
    numberUnavailable: 1,
  });
});

test('follows the node selector of its template', () => {
  const template = { spec: { nodeSelector: { disk: 'ssd' }, containers: [{ name: 'c' }] } };
  const p = plan([node('n1'), node('n2', { labels: { disk: 'ssd' } })], set({ template }));
  assert.equal(made(p).length, 1);
});

test('replaces a Pod that has failed, and says so', () => {
  const p = plan([node('n'), pod('n', { phase: 'Failed' })]);
  assert.deepEqual(podWrites(p), ['delete v1/Pod on-n']);
  assert.deepEqual(p.events?.[0]?.message, 'Found failed daemon pod a/on-n on node n, will try to kill it');
});

test('replaces old Pods as long as enough nodes have theirs', () => {
  const nodes = ['n1', 'n2', 'n3'].map(n => node(n));
  const old = ['n1', 'n2', 'n3'].map(n => pod(n, { old: true }));
  assert.deepEqual(podWrites(plan([...nodes, ...old])), ['delete v1/Pod on-n1']);
  assert.deepEqual(podWrites(plan([...nodes, pod('n1', { ready: false }), ...old.slice(1)])), []);
  assert.deepEqual(podWrites(plan([...nodes, pod('n1', { old: true, ready: false }), ...old.slice(1)])), ['delete v1/Pod on-n1']);
  const two = set({ updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } });
  assert.deepEqual(podWrites(plan([...nodes, ...old], two)), ['delete v1/Pod on-n1', 'delete v1/Pod on-n2']);
  assert.deepEqual(podWrites(plan([...nodes, ...old], set({ updateStrategy: { type: 'OnDelete' } }))), []);
});

test('makes the new Pod before the old one goes, when it may surge', () => {
  const surge = set({ updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
  const nodes = [node('n1'), node('n2')];
  const old = [pod('n1', { old: true }), pod('n2', { old: true })];
  const first = plan([...nodes, ...old], surge);
  assert.equal(made(first).length, 1);
  assert.equal(podWrites(first).length, 1);
  assert.deepEqual(podWrites(plan([...nodes, ...old, pod('n1', { name: 'new', ready: false })], surge)), []);
  assert.deepEqual(podWrites(plan([...nodes, ...old, pod('n2', { name: 'new', ready: false })], surge)), []);
  assert.deepEqual(podWrites(plan([...nodes, ...old, pod('n1', { name: 'new' })], surge))[0], 'delete v1/Pod on-n1');
});
