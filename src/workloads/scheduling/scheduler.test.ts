import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Obj } from '../../kube/index.ts';
import type { Pod, PodSpec } from '../objects.ts';
import { planOf } from '../testing.ts';
import { requestsOf } from './fit.ts';
import { scheduler } from './scheduler.ts';

const now = new Date('2026-01-01T00:00:00Z');
const node = (name: string, allocatable: object, spec: object = {}, labels: object = {}): Obj =>
  ({ apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name, labels }, spec, status: { allocatable } }) as Obj;
const pod = (name: string, spec: Partial<PodSpec> & { cpu?: string } = {}, more: Partial<Pod> = {}): Pod => {
  const { cpu, ...rest } = spec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'a', uid: `uid-${name}`, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { containers: [{ name: 'c', ...(cpu ? { resources: { requests: { cpu } } } : {}) }], ...rest },
    ...more,
  };
};
const small = node('n', { cpu: '2', memory: '1Gi', pods: '10' });
const plan = (pods: Pod[], o: { nodes?: Obj[]; objects?: Obj[]; memo?: unknown } = {}) =>
  planOf(scheduler, pods[0]!, { objects: [...pods.slice(1), ...(o.nodes ?? [small]), ...(o.objects ?? [])], memo: o.memo }, now);
const bound = (p: ReturnType<typeof plan>) =>
  (p.effects ?? []).map(e => (e.params as { pod: { name: string }; node: string }).pod.name);
const complaint = (p: ReturnType<typeof plan>): string | undefined => {
  const write = p.writes?.[0];
  if (write?.verb !== 'patch') return undefined;
  return (write.patch as { status: { conditions: { message: string }[] } }).status.conditions[0]!.message;
};

test('binds in one plan, and says so', () => {
  const p = plan([pod('p', { cpu: '1' })]);
  assert.deepEqual(bound(p), ['p']);
  assert.equal(p.events?.[0]?.message, 'Successfully assigned a/p to n');
  assert.deepEqual(p.memo, { assumed: { 'uid-p': 'n' } });
});

test('does not bind twice while the cache lags, and counts what it assumed', () => {
  const memo = { assumed: { 'uid-p': 'n' } };
  const p = plan([pod('p', { cpu: '1500m' }), pod('q', { cpu: '1' })], { memo });
  assert.deepEqual(bound(p), []);
  assert.equal(complaint(p), '0/1 nodes are available: 1 Insufficient cpu.');
  assert.deepEqual(p.memo, memo);
});

test('fills a node and no more, the more important first', () => {
  const p = plan([pod('low', { cpu: '2' }), pod('high', { cpu: '1', priority: 5 }), pod('running', { cpu: '1', nodeName: 'n' })]);
  assert.deepEqual(bound(p), ['high']);
  assert.equal(complaint(p), '0/1 nodes are available: 1 Insufficient cpu.');
});

test('counts nothing for Pods that have ended', () => {
  assert.deepEqual(
    bound(plan([pod('p', { cpu: '2' }), pod('done', { cpu: '2', nodeName: 'n' }, { status: { phase: 'Succeeded' } })])),
    ['p'],
  );
});

test('says why in upstream words', () => {
  const cases: [Partial<PodSpec> & { cpu?: string }, Obj[], string][] = [
    [{ cpu: '3' }, [small], '0/1 nodes are available: 1 Insufficient cpu.'],
    [{ nodeSelector: { gpu: 'yes' } }, [small], "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."],
    [
      {},
      [node('n', { cpu: '1' }, { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] })],
      '0/1 nodes are available: 1 node(s) had untolerated taint {k: v}.',
    ],
    [{}, [node('n', { cpu: '1' }, { unschedulable: true })], '0/1 nodes are available: 1 node(s) were unschedulable.'],
    [{}, [node('n', { cpu: '1', pods: '0' })], '0/1 nodes are available: 1 Too many pods.'],
    [
      { containers: [{ name: 'c', resources: { limits: { 'nvidia.com/gpu': '1' } } }] },
      [small],
      '0/1 nodes are available: 1 Insufficient nvidia.com/gpu.',
    ],
    [{}, [], 'no nodes available to schedule pods'],
  ];
  for (const [spec, nodes, message] of cases) assert.equal(complaint(plan([pod('p', spec)], { nodes })), message);
});

test('does not repeat a complaint', () => {
  const message = '0/1 nodes are available: 1 Insufficient cpu.';
  const conditions = [{ type: 'PodScheduled', status: 'False' as const, reason: 'Unschedulable', message }];
  const p = plan([pod('p', { cpu: '3' }, { status: { conditions } })]);
  assert.deepEqual([p.writes, p.events], [[], []]);
});

test('takes tolerations and node affinity', () => {
  const tainted = node('n', { cpu: '1' }, { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] }, { zone: 'x' });
  const terms = [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['x', 'y'] }] }];
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } };
  assert.deepEqual(bound(plan([pod('p', { tolerations: [{ key: 'k', operator: 'Exists' }], affinity })], { nodes: [tainted] })), [
    'p',
  ]);
});

test('waits for claims', () => {
  const spec = { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] };
  const claim = (phase: string): Obj => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'a' },
    status: { phase },
  });
  assert.equal(complaint(plan([pod('p', spec)])), '0/1 nodes are available: persistentvolumeclaim "data" not found.');
  const unbound = '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.';
  assert.equal(complaint(plan([pod('p', spec)], { objects: [claim('Pending')] })), unbound);
  assert.deepEqual(bound(plan([pod('p', spec)], { objects: [claim('Bound')] })), ['p']);
});

test('leaves Pods of other schedulers, with gates and on their way out alone', () => {
  const gone = pod('gone');
  gone.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  const p = plan([pod('other', { schedulerName: 'kueue' }), pod('gated', { schedulingGates: [{ name: 'x' }] }), gone]);
  assert.deepEqual([bound(p), p.writes], [[], []]);
});

test('asks for the larger of containers together and init containers one by one, sidecars always', () => {
  const cpu = (value: string) => ({ resources: { requests: { cpu: value } } });
  const spec: PodSpec = {
    containers: [
      { name: 'a', ...cpu('100m') },
      { name: 'b', ...cpu('200m') },
    ],
    initContainers: [
      { name: 's', restartPolicy: 'Always', ...cpu('50m') },
      { name: 'i', ...cpu('1') },
    ],
  };
  assert.equal(requestsOf(pod('p', spec)).get('cpu'), 1050);
});
