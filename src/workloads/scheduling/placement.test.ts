import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { Obj } from '../../kube/index.ts';
import type { Pod, PodSpec } from '../objects.ts';
import { planOf } from '../testing.ts';
import { scheduler } from './scheduler.ts';

const now = new Date('2026-01-01T00:00:00Z');
const node = (name: string, zone: string, cpu = '4'): Obj =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: name, labels: { zone, 'kubernetes.io/hostname': name } },
    spec: {},
    status: { allocatable: { cpu, pods: '9' } },
  }) as Obj;
/** A Pod of `app: {name before the dash}`, its spec in YAML. */
const pod = (name: string, yaml = '{}', nodeName?: string, more: Partial<Pod> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  ...more,
  metadata: { name, namespace: 'a', uid: `uid-${name}`, labels: { app: name.split('-')[0]! }, ...more.metadata },
  spec: { containers: [{ name: 'c' }], ...(parse(yaml) as Partial<PodSpec>), ...(nodeName ? { nodeName } : {}) },
});
const cpu = (amount: string, priority = 0) =>
  `{ priority: ${priority}, containers: [{ name: c, resources: { requests: { cpu: "${amount}" } } }] }`;
const nodes = [node('n1', 'x'), node('n2', 'x'), node('n3', 'y')];
const plan = (pods: Obj[], world = nodes) => planOf(scheduler, pods[0]!, { objects: [...pods.slice(1), ...world] }, now);
const bindings = (p: ReturnType<typeof plan>) =>
  Object.fromEntries(
    (p.effects ?? []).map(e => e.params as { pod: { name: string }; node: string }).map(b => [b.pod.name, b.node]),
  );
const complaint = (p: ReturnType<typeof plan>) => p.events?.find(e => e.reason === 'FailedScheduling')?.message;

test('keeps Pods together and apart, by what is on the nodes', () => {
  const near =
    'affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: zone, labelSelector: { matchLabels: { app: db } } }] } }';
  assert.deepEqual(bindings(plan([pod('web', near), pod('db', '{}', 'n3')])), { web: 'n3' });
  assert.equal(complaint(plan([pod('web', near)])), "0/3 nodes are available: 3 node(s) didn't match pod affinity rules.");
  const apart =
    'affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: zone, labelSelector: { matchLabels: { app: db } } }] } }';
  assert.deepEqual(bindings(plan([pod('web', apart), pod('db', '{}', 'n1')])), { web: 'n3' });
  assert.equal(
    complaint(plan([pod('web', apart), pod('db', '{}', 'n1'), pod('db-2', '{}', 'n3')])),
    "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.",
  );
  assert.equal(
    complaint(plan([pod('db'), pod('shy', apart, 'n1'), pod('shy-2', apart, 'n3')])),
    "0/3 nodes are available: 3 node(s) didn't satisfy existing pods anti-affinity rules.",
  );
});

test('lets the first of a group begin, and the others of one plan join it', () => {
  const near =
    'affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: kubernetes.io/hostname, labelSelector: { matchLabels: { app: web } } }] } }';
  const bound = Object.values(bindings(plan([pod('web-1', near), pod('web-2', near), pod('web-3', near)])));
  assert.equal(bound.length, 3);
  assert.equal(new Set(bound).size, 1);
});

test('heeds other namespaces only when told to', () => {
  const elsewhere = pod('db', '{}', 'n3', { metadata: { namespace: 'b' } as Pod['metadata'] });
  const term = (more: string) =>
    `affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: zone, labelSelector: { matchLabels: { app: db } }${more} }] } }`;
  const b: Obj = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'b', labels: { team: 'red' } } };
  assert.deepEqual(bindings(plan([pod('web', term('')), elsewhere])), {});
  assert.deepEqual(bindings(plan([pod('web', term(', namespaces: [b]')), elsewhere])), { web: 'n3' });
  const selected = term(', namespaceSelector: { matchLabels: { team: red } }');
  assert.deepEqual(bindings(plan([pod('web', selected), elsewhere, b])), { web: 'n3' });
});

test('spreads over domains within the skew', () => {
  const spread =
    'topologySpreadConstraints: [{ maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: { matchLabels: { app: web } } }]';
  const zones = Object.values(bindings(plan([1, 2, 3, 4].map(i => pod(`web-${i}`, spread))))).map(n => (n === 'n3' ? 'y' : 'x'));
  assert.deepEqual(zones.sort(), ['x', 'x', 'y', 'y']);
  const full = [node('n1', 'x'), node('n3', 'y', '0')];
  const some = `{ ${spread}, containers: [{ name: c, resources: { requests: { cpu: "1" } } }] }`;
  assert.equal(
    complaint(plan([pod('web-2', some), pod('web-1', '{}', 'n1')], full)),
    "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints.",
  );
});

test('prefers nodes by wishes, else the emptier one', () => {
  const likes =
    'affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 5, preference: { matchExpressions: [{ key: zone, operator: In, values: [y] }] } }] } }';
  assert.deepEqual(bindings(plan([pod('web', likes), pod('busy', cpu('3'), 'n3')])), { web: 'n3' });
  assert.deepEqual(bindings(plan([pod('web'), pod('busy', cpu('3'), 'n1'), pod('busy-2', cpu('3'), 'n2')])), { web: 'n3' });
});

test('takes the place of as few and as unimportant Pods as it can, and keeps it', () => {
  const small = [node('n1', 'x', '2'), node('n2', 'x', '2')];
  const running = [pod('a', cpu('1', 5), 'n1'), pod('b', cpu('1', 1), 'n1'), pod('c', cpu('2', 5), 'n2')];
  const p = plan([pod('vip', cpu('1', 9)), ...running, pod('late', cpu('1'))], small);
  const deleted = p.writes!.flatMap(w => (w.verb === 'delete' ? [w.ref.name] : []));
  assert.deepEqual(deleted, ['b']);
  assert.equal(complaint(p), '0/2 nodes are available: 2 Insufficient cpu.');
  const nominated = p.writes!.find(w => w.verb === 'patch' && JSON.stringify(w.patch).includes('nominatedNodeName'));
  assert.deepEqual(nominated && 'patch' in nominated && nominated.patch, { status: { nominatedNodeName: 'n1' } });
  const preempted = p.events!.find(e => e.reason === 'Preempted');
  assert.equal(preempted?.message, 'Preempted by pod uid-vip on node n1');
  assert.equal(preempted?.regarding?.name, 'b');
  assert.deepEqual(bindings(p), {});
  const going = { ...running[1]!, metadata: { ...running[1]!.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  const kept = pod('vip', cpu('1', 9), undefined, { status: { nominatedNodeName: 'n1' } });
  const next = plan([kept, running[0]!, going, running[2]!, pod('late', cpu('1'))], small);
  assert.ok(
    next.writes!.every(w => w.verb !== 'delete'),
    'it waits for the one that goes',
  );
  assert.deepEqual(bindings(plan([kept, running[0]!, running[2]!, pod('late', cpu('1'))], small)), { vip: 'n1' });
});

test('takes nobody else s place when told not to, or when it would not help', () => {
  const small = [node('n1', 'x', '2')];
  const deletes = (p: ReturnType<typeof plan>) => p.writes!.filter(w => w.verb === 'delete');
  const never = pod(
    'vip',
    `{ priority: 9, preemptionPolicy: Never, containers: [{ name: c, resources: { requests: { cpu: "1" } } }] }`,
  );
  assert.deepEqual(deletes(plan([never, pod('b', cpu('2'), 'n1')], small)), []);
  assert.deepEqual(deletes(plan([pod('vip', cpu('3', 9)), pod('b', cpu('2'), 'n1')], small)), []);
  assert.deepEqual(deletes(plan([pod('vip', cpu('1', 9)), pod('b', cpu('2', 9), 'n1')], small)), []);
});

test('spares Pods whose budget is used up, as long as others will do', () => {
  const small = [node('n1', 'x', '1'), node('n2', 'x', '1')];
  const budget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'b', namespace: 'a' },
    spec: { selector: { matchLabels: { app: 'kept' } } },
    status: { disruptionsAllowed: 0 },
  } as Obj;
  const p = plan([pod('vip', cpu('1', 9)), pod('kept', cpu('1', 1), 'n1'), pod('other', cpu('1', 5), 'n2'), budget], small);
  assert.deepEqual(
    p.writes!.flatMap(w => (w.verb === 'delete' ? [w.ref.name] : [])),
    ['other'],
  );
});
