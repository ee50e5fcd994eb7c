import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Obj } from '../../kube/index.ts';
import type { Pod, PodStatus } from '../objects.ts';
import { planOf, writesOf } from '../testing.ts';
import { fakeNodes } from './fake-node.ts';
import { fakePods } from './fake-pod.ts';

const now = new Date('2026-01-01T00:00:00Z');
const real: Obj = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'skiff', uid: 'skiff' } };
const [made] = planOf(fakeNodes(1), real, {}, now).writes!.flatMap(w => (w.verb === 'create' ? [w.object] : []));
const fake: Obj = { ...made!, metadata: { ...made!.metadata, uid: 'fake-uid' } };
const pod = (o: { nodeName?: string; owner?: string; status?: PodStatus; deleting?: boolean } = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'p',
    namespace: 'a',
    uid: 'p-uid',
    ...(o.deleting ? { deletionTimestamp: now.toISOString() } : {}),
    ...(o.owner ? { ownerReferences: [{ apiVersion: 'batch/v1', kind: o.owner, name: 'j', uid: 'j', controller: true }] } : {}),
  },
  spec: { nodeName: o.nodeName ?? 'fake-0', containers: [{ name: 'c' }], initContainers: [{ name: 'i' }] },
  ...(o.status ? { status: o.status } : {}),
});
const plan = (p: Pod) => planOf(fakePods, p, { objects: [real, fake] }, now);

test('keeps as many fake nodes as asked for, tainted, and takes Pods away with those that are too many', () => {
  assert.deepEqual(writesOf(planOf(fakeNodes(2), real, { objects: [fake] }, now)), ['create v1/Node fake-1']);
  assert.deepEqual(fake.spec, { taints: [{ key: 'kwok.x-k8s.io/node', value: 'fake', effect: 'NoSchedule' }] });
  const none = planOf(fakeNodes(0), real, { objects: [fake, pod(), pod({ nodeName: 'skiff' })] }, now);
  assert.deepEqual(writesOf(none), ['delete v1/Pod p', 'delete v1/Node fake-0']);
});

test('lets Pods be ready at once, those of Jobs end, and deleted ones go', () => {
  const running = plan(pod()).status as PodStatus;
  assert.equal(running.phase, 'Running');
  assert.equal(running.conditions?.find(c => c.type === 'Ready')?.status, 'True');
  assert.equal(running.initContainerStatuses?.[0]?.state?.terminated?.exitCode, 0);
  assert.deepEqual(plan(pod({ status: running })), {});
  const ended = plan(pod({ status: running, owner: 'Job' })).status as PodStatus;
  assert.deepEqual([ended.phase, ended.containerStatuses?.[0]?.state?.terminated?.exitCode], ['Succeeded', 0]);
  assert.deepEqual(writesOf(plan(pod({ status: running, deleting: true }))), ['delete v1/Pod p']);
});

test('leaves Pods of real nodes alone', () => {
  assert.deepEqual(plan(pod({ nodeName: 'skiff' })), {});
  assert.deepEqual(plan(pod({ nodeName: 'skiff', deleting: true })), {});
});
