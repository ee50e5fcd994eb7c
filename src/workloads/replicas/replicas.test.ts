import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Obj } from '../../kube/index.ts';
import { controllerRef, type Pod } from '../objects.ts';
import { planOf, writesOf } from '../testing.ts';
import { deployments } from './deployment.ts';
import type { Deployment, DeploymentStatus } from './deployment-object.ts';
import { type ReplicaSet, type ReplicaSetStatus, replicaSets } from './replica-set.ts';
import { rolloutBounds } from './rollout.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const template = (image: string) => ({ metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image }] } });
const pod = (
  name: string,
  owner: Obj,
  o: { ready?: boolean; phase?: string; labels?: Record<string, string>; since?: number } = {},
): Pod => ({
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
    phase: o.phase ?? 'Running',
    conditions: [
      { type: 'Ready', status: o.ready === false ? 'False' : 'True', lastTransitionTime: at(o.since ?? 0).toISOString() },
    ],
  },
});

const set = (spec: object = {}): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'rs', namespace: 'a', uid: 'rs-uid', generation: 3 },
  spec: { replicas: 2, template: template('i'), ...spec },
});

test('ReplicaSet makes what is missing and takes away what is too much, the worst first', () => {
  const short = planOf(replicaSets, set(), { objects: [pod('p', set())] }, at(9));
  assert.match(writesOf(short).join(), /^create v1\/Pod rs-[a-z0-9]{5}$/);
  assert.deepEqual(short.status, {
    replicas: 1,
    fullyLabeledReplicas: 1,
    readyReplicas: 1,
    availableReplicas: 1,
    observedGeneration: 3,
  });
  const pods = [pod('good', set()), pod('bad', set(), { ready: false }), pod('good2', set())];
  assert.deepEqual(writesOf(planOf(replicaSets, set(), { objects: pods }, at(9))), ['delete v1/Pod bad']);
  const ended = [pod('p', set()), pod('q', set(), { phase: 'Failed' })];
  assert.equal(writesOf(planOf(replicaSets, set(), { objects: ended }, at(9))).length, 1, 'a failed Pod is replaced');
});

test('ReplicaSet asks for the same names until it has changed, then never again', () => {
  const namesAt = (resourceVersion: string) => {
    const now = { ...set(), metadata: { ...set().metadata, resourceVersion } };
    return writesOf(planOf(replicaSets, now, { objects: [] }, at(9)));
  };
  assert.deepEqual(namesAt('5'), namesAt('5'));
  assert.equal(new Set([...namesAt('5'), ...namesAt('6')]).size, 4);
});

test('ReplicaSet waits minReadySeconds before a Pod counts as available', () => {
  const p = planOf(replicaSets, set({ replicas: 1, minReadySeconds: 30 }), { objects: [pod('p', set(), { since: 10 })] }, at(20));
  assert.equal((p.status as ReplicaSetStatus).availableReplicas, undefined);
  assert.deepEqual(p.requeueAt, at(40));
});

test('ReplicaSet says when its Pods are refused, its Deployment passes it on, and both forget it after', () => {
  const p = planOf(replicaSets, set(), {}, at(9));
  const { events, status } = p.refused!('pods "rs-x" is forbidden: exceeded quota: q');
  assert.equal(events?.[0]?.message, 'Error creating: pods "rs-x" is forbidden: exceeded quota: q');
  const { conditions } = status as ReplicaSetStatus;
  assert.deepEqual(
    conditions?.map(c => [c.type, c.status, c.reason]),
    [['ReplicaFailure', 'True', 'FailedCreate']],
  );
  const refused = owned('new', 'one', 1, 4, 0);
  refused.status!.conditions = conditions!;
  const failure = (d: ReturnType<typeof planOf>) =>
    (d.status as DeploymentStatus).conditions?.find(c => c.type === 'ReplicaFailure')?.reason;
  const told = planOf(deployments, deployment('one'), { objects: [refused] }, at(9));
  assert.equal(failure(told), 'FailedCreate');
  const well = planOf(
    deployments,
    deployment('one', {}, told.status as DeploymentStatus),
    { objects: [owned('new', 'one', 1, 4)] },
    at(10),
  );
  assert.equal(failure(well), undefined);
  const again = planOf(
    replicaSets,
    { ...set(), status: status as ReplicaSetStatus },
    { objects: [pod('p', set()), pod('q', set())] },
    at(10),
  );
  assert.equal((again.status as ReplicaSetStatus).conditions, undefined);
});

const deployment = (image: string, spec: object = {}, status: DeploymentStatus = {}): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', namespace: 'a', uid: 'd-uid', generation: 1 },
  spec: { replicas: 4, selector: { matchLabels: { app: 'd' } }, template: template(image), ...spec },
  status,
});
const owned = (name: string, image: string, revision: number, replicas: number, available = replicas): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name,
    namespace: 'a',
    uid: `uid-${name}`,
    generation: 1,
    annotations: { 'deployment.kubernetes.io/revision': String(revision) },
    ownerReferences: [controllerRef(deployment(image) as never)],
  },
  spec: { replicas, template: { ...template(image), metadata: { labels: { app: 'd', 'pod-template-hash': name } } } },
  status: { replicas, readyReplicas: available, availableReplicas: available, observedGeneration: 1 },
});
const scales = (p: ReturnType<typeof planOf>) =>
  (p.writes ?? []).flatMap(w =>
    w.verb === 'patch' && w.ref.kind === 'ReplicaSet'
      ? [[w.ref.name, (w.patch as { spec?: { replicas: number } }).spec?.replicas]]
      : [],
  );
const progressing = (p: ReturnType<typeof planOf>) =>
  (p.status as DeploymentStatus).conditions?.find(c => c.type === 'Progressing');

test('Deployment starts with one full ReplicaSet named by the hash of its template', () => {
  const p = planOf(deployments, deployment('one'), {}, at(1));
  const created = (p.writes![0] as { object: ReplicaSet }).object;
  assert.match(created.metadata.name, /^d-[a-z0-9]+$/);
  assert.equal(created.spec?.replicas, 4);
  assert.equal(created.metadata.annotations?.['deployment.kubernetes.io/revision'], '1');
  const hash = created.metadata.labels?.['pod-template-hash'];
  assert.equal(created.spec?.selector?.matchLabels?.['pod-template-hash'], hash);
  assert.equal(created.spec?.template?.metadata?.labels?.['pod-template-hash'], hash);
  assert.equal(p.events?.[0]?.message, `Scaled up replica set ${created.metadata.name} from 0 to 4`);
});

test('Deployment rolls within its bounds: one more, one fewer of four', () => {
  assert.deepEqual(rolloutBounds(deployment('x') as never), { maxSurge: 1, maxUnavailable: 1 });
  const first = planOf(deployments, deployment('two'), { objects: [owned('old', 'one', 1, 4)] }, at(1));
  assert.equal((first.writes![0] as { object: ReplicaSet }).object.spec?.replicas, 1);
  const second = planOf(
    deployments,
    deployment('two'),
    { objects: [owned('old', 'one', 1, 4), owned('new', 'two', 2, 1, 0)] },
    at(2),
  );
  assert.deepEqual(scales(second), [['old', 3]]);
  const third = planOf(
    deployments,
    deployment('two'),
    { objects: [owned('old', 'one', 1, 3), owned('new', 'two', 2, 1, 1)] },
    at(3),
  );
  assert.deepEqual(scales(third), [
    ['old', 2],
    ['new', 2],
  ]);
});

test('Deployment gives up what does not work before what does', () => {
  const objects = [owned('broken', 'one', 1, 2, 0), owned('good', 'zero', 0, 2), owned('new', 'two', 2, 1, 1)];
  assert.deepEqual(scales(planOf(deployments, deployment('two'), { objects }, at(2))), [['broken', 0]]);
});

test('Deployment with Recreate waits until the old Pods are gone', () => {
  const spec = { strategy: { type: 'Recreate' } };
  const down = planOf(
    deployments,
    deployment('two', spec),
    { objects: [owned('old', 'one', 1, 4), owned('new', 'two', 2, 0)] },
    at(1),
  );
  assert.deepEqual(scales(down), [['old', 0]]);
  const up = planOf(
    deployments,
    deployment('two', spec),
    { objects: [owned('old', 'one', 1, 0), owned('new', 'two', 2, 0)] },
    at(2),
  );
  assert.deepEqual(scales(up), [['new', 4]]);
});

test('Deployment says when it is complete, and keeps saying so', () => {
  const done = planOf(deployments, deployment('one'), { objects: [owned('new', 'one', 1, 4)] }, at(1));
  assert.equal(progressing(done)?.reason, 'NewReplicaSetAvailable');
  const { observedGeneration, updatedReplicas, availableReplicas, unavailableReplicas, conditions } =
    done.status as DeploymentStatus;
  assert.deepEqual([observedGeneration, updatedReplicas, availableReplicas, unavailableReplicas], [1, 4, 4, undefined]);
  assert.equal(conditions?.find(c => c.type === 'Available')?.reason, 'MinimumReplicasAvailable');
  const later = planOf(
    deployments,
    deployment('one', {}, done.status as DeploymentStatus),
    { objects: [owned('new', 'one', 1, 4)] },
    at(50),
  );
  assert.deepEqual(later.status, done.status);
});

test('Deployment times out when nothing progresses', () => {
  const world = { objects: [owned('new', 'one', 1, 4, 0)] };
  const first = planOf(deployments, deployment('one', { progressDeadlineSeconds: 60 }), world, at(0));
  assert.equal(progressing(first)?.reason, 'NewReplicaSetCreated');
  const spec = { progressDeadlineSeconds: 60 };
  const second = planOf(deployments, deployment('one', spec, { ...(first.status as DeploymentStatus) }), world, at(30));
  assert.deepEqual(second.requeueAt, at(60));
  const third = planOf(deployments, deployment('one', spec, second.status as DeploymentStatus), world, at(60));
  assert.deepEqual([progressing(third)?.reason, progressing(third)?.status], ['ProgressDeadlineExceeded', 'False']);
});

test('Deployment rolls back to an old template as a new revision', () => {
  const p = planOf(deployments, deployment('one'), { objects: [owned('old', 'one', 1, 0), owned('bad', 'two', 2, 4)] }, at(1));
  const noted = p.writes!.find(w => w.verb === 'patch' && w.ref.name === 'old') as {
    patch: { metadata: { annotations: object } };
  };
  assert.deepEqual(noted.patch.metadata.annotations, {
    'deployment.kubernetes.io/revision': '3',
    'deployment.kubernetes.io/revision-history': '1',
  });
});

test('Deployment that is resized in the middle of a rollout shares the change out', () => {
  const sized = (set: ReplicaSet, desired: number, max: number): ReplicaSet => ({
    ...set,
    metadata: {
      ...set.metadata,
      annotations: {
        ...set.metadata.annotations,
        'deployment.kubernetes.io/desired-replicas': String(desired),
        'deployment.kubernetes.io/max-replicas': String(max),
      },
    },
  });
  const spec = { replicas: 30, strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } };
  const objects = [sized(owned('old', 'one', 1, 8), 10, 13), sized(owned('new', 'two', 2, 5, 0), 10, 13)];
  assert.deepEqual(scales(planOf(deployments, deployment('two', spec), { objects }, at(1))), [
    ['old', 20],
    ['new', 13],
  ]);
  const down = planOf(deployments, deployment('two', { ...spec, replicas: 5 }), { objects }, at(1));
  assert.deepEqual(scales(down), [
    ['old', 5],
    ['new', 3],
  ]);
});

test('Deployment that is paused is resized but rolls nothing out, and says so', () => {
  const objects = [owned('old', 'one', 1, 4)];
  const p = planOf(deployments, deployment('two', { paused: true, replicas: 6 }), { objects }, at(1));
  assert.deepEqual(scales(p), [['old', 6]]);
  assert.deepEqual([progressing(p)?.status, progressing(p)?.reason], ['Unknown', 'DeploymentPaused']);
  const resumed = planOf(deployments, deployment('two', {}, p.status as DeploymentStatus), { objects }, at(2));
  assert.match(writesOf(resumed)[0]!, /^create apps\/v1\/ReplicaSet/);
});

test('Deployment hands notes such as the cause of a change to its newest set', () => {
  const noted = deployment('one');
  noted.metadata.annotations = { 'kubernetes.io/change-cause': 'because' };
  const p = planOf(deployments, noted, { objects: [owned('new', 'one', 1, 4)] }, at(1));
  assert.deepEqual(p.writes?.[0], {
    verb: 'patch',
    ref: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'new', namespace: 'a', uid: 'uid-new' },
    type: 'merge',
    patch: {
      metadata: { annotations: { 'kubernetes.io/change-cause': 'because', 'deployment.kubernetes.io/revision': '1' } },
      spec: { minReadySeconds: 0 },
    },
  });
});

test('Deployment forgets revisions beyond its history', () => {
  const objects = [owned('a', 'a', 1, 0), owned('b', 'b', 2, 0), owned('new', 'one', 3, 4)];
  const p = planOf(deployments, deployment('one', { revisionHistoryLimit: 1 }), { objects }, at(1));
  assert.deepEqual(
    writesOf(p).filter(w => w.startsWith('delete')),
    ['delete apps/v1/ReplicaSet a'],
  );
});
