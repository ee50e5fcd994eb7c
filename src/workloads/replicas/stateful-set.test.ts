import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Obj } from '../../kube/index.ts';
import { controllerRef, type Pod } from '../objects.ts';
import { planOf, writesOf } from '../testing.ts';
import type { Revision } from './revisions.ts';
import { type StatefulSet, type StatefulSetStatus, statefulSets } from './stateful-set.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const template = (image: string) => ({ metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image }] } });
const pod = (name: string, owner: Obj, o: { ready: boolean; labels: Record<string, string> }): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'a',
    uid: `uid-${name}`,
    labels: { app: 'd', ...o.labels },
    ownerReferences: [controllerRef(owner as never)],
  },
  spec: { nodeName: 'n', containers: [{ name: 'c' }] },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: o.ready ? 'True' : 'False', lastTransitionTime: at(0).toISOString() }],
  },
});
/** Writes but for the history of templates. */
const podWrites = (p: ReturnType<typeof planOf>) => writesOf(p).filter(w => !w.includes('ControllerRevision'));

const stateful = (spec: object = {}, status?: StatefulSetStatus): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'ss', namespace: 'a', uid: 'ss-uid' },
  spec: { replicas: 3, serviceName: 'svc', template: template('i'), ...spec },
  ...(status ? { status } : {}),
});
const revision = (planOf(statefulSets, stateful(), {}, at(0)).status as StatefulSetStatus).updateRevision!;
const member = (n: number, o: { ready?: boolean; old?: boolean } = {}) =>
  pod(`ss-${n}`, stateful(), { ready: o.ready ?? true, labels: { 'controller-revision-hash': o.old ? 'ss-old' : revision } });

test('StatefulSet makes Pods in order, each when the one before is up', () => {
  const claims = { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }] };
  const first = planOf(statefulSets, stateful(claims), {}, at(1));
  assert.deepEqual(podWrites(first), ['create v1/PersistentVolumeClaim data-ss-0', 'create v1/Pod ss-0']);
  const made = (first.writes![2] as { object: Pod }).object;
  assert.deepEqual([made.spec?.hostname, made.spec?.subdomain], ['ss-0', 'svc']);
  assert.deepEqual(made.spec?.volumes, [{ name: 'data', persistentVolumeClaim: { claimName: 'data-ss-0' } }]);
  assert.equal(made.metadata.labels?.['statefulset.kubernetes.io/pod-name'], 'ss-0');
  assert.deepEqual(podWrites(planOf(statefulSets, stateful(), { objects: [member(0, { ready: false })] }, at(1))), []);
  assert.deepEqual(podWrites(planOf(statefulSets, stateful(), { objects: [member(0)] }, at(1))), ['create v1/Pod ss-1']);
  const parallel = planOf(statefulSets, stateful({ podManagementPolicy: 'Parallel' }), {}, at(1));
  assert.equal(podWrites(parallel).length, 3);
});

test('StatefulSet scales down from the end, one at a time', () => {
  const objects = [member(0), member(1), member(2)];
  assert.deepEqual(podWrites(planOf(statefulSets, stateful({ replicas: 1 }), { objects }, at(1))), ['delete v1/Pod ss-2']);
});

test('StatefulSet updates from the end down to its partition', () => {
  const old = [member(0, { old: true }), member(1, { old: true }), member(2, { old: true })];
  assert.deepEqual(podWrites(planOf(statefulSets, stateful(), { objects: old }, at(1))), ['delete v1/Pod ss-2']);
  const half = [member(0, { old: true }), member(1, { old: true }), member(2)];
  assert.deepEqual(podWrites(planOf(statefulSets, stateful(), { objects: half }, at(1))), ['delete v1/Pod ss-1']);
  const held = { updateStrategy: { rollingUpdate: { partition: 2 } } };
  assert.deepEqual(podWrites(planOf(statefulSets, stateful(held), { objects: half }, at(1))), []);
});

const revisionsIn = (p: ReturnType<typeof planOf>) =>
  p.writes!.flatMap(w => ('object' in w && w.object.kind === 'ControllerRevision' ? [w.object as Revision] : []));

test('StatefulSet keeps its templates as revisions, and makes Pods below the partition from the old one', () => {
  const [first] = revisionsIn(planOf(statefulSets, stateful(), {}, at(1)));
  assert.equal(first!.revision, 1);
  assert.deepEqual(first!.data, { spec: { template: { ...template('i'), $patch: 'replace' } } });
  const stored = { ...first!, metadata: { ...first!.metadata, uid: 'r1' } };
  assert.deepEqual(revisionsIn(planOf(statefulSets, stateful(), { objects: [stored] }, at(1))), []);
  const status = { replicas: 0, currentRevision: stored.metadata.name };
  const changed = stateful({ template: template('j'), updateStrategy: { rollingUpdate: { partition: 1 } } }, status);
  const p = planOf(statefulSets, changed, { objects: [stored] }, at(1));
  assert.equal(revisionsIn(p)[0]!.revision, 2);
  const made = p.writes!.flatMap(w => ('object' in w && w.object.kind === 'Pod' ? [w.object as Pod] : []));
  assert.equal((made[0]!.spec!.containers[0] as { image?: string }).image, 'i');
  assert.equal(made[0]!.metadata.labels?.['controller-revision-hash'], stored.metadata.name);
  const second = { ...revisionsIn(p)[0]!, metadata: { ...revisionsIn(p)[0]!.metadata, uid: 'r2' } };
  const undone = planOf(statefulSets, stateful(), { objects: [stored, second] }, at(1));
  assert.deepEqual(undone.writes![0], {
    verb: 'patch',
    ref: { apiVersion: 'apps/v1', kind: 'ControllerRevision', name: stored.metadata.name, namespace: 'a', uid: 'r1' },
    type: 'merge',
    patch: { revision: 3 },
  });
  const short = planOf(statefulSets, stateful({ revisionHistoryLimit: 0 }), { objects: [stored, second] }, at(1));
  assert.equal(writesOf(short)[1], `delete apps/v1/ControllerRevision ${second.metadata.name}`);
});

test('StatefulSet lets claims go with a Pod that is scaled away, when asked to', () => {
  const claim: Obj = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data-ss-2', namespace: 'a' } };
  const spec = {
    replicas: 2,
    volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }],
    persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' },
  };
  const objects = [member(0), member(1), member(2), claim];
  const p = planOf(statefulSets, stateful(spec), { objects }, at(1));
  assert.deepEqual(podWrites(p), ['patch v1/PersistentVolumeClaim data-ss-2', 'delete v1/Pod ss-2']);
  const patch = p.writes!.find(w => w.verb === 'patch') as { patch: unknown };
  assert.deepEqual(patch.patch, {
    metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'ss-2', uid: 'uid-ss-2' }] },
  });
  const kept = planOf(statefulSets, stateful({ ...spec, persistentVolumeClaimRetentionPolicy: {} }), { objects }, at(1));
  assert.deepEqual(podWrites(kept), ['delete v1/Pod ss-2']);
});
