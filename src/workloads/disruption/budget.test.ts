import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Obj } from '../../kube/index.ts';
import type { Pod } from '../objects.ts';
import { planOf } from '../testing.ts';
import { type Budget, type BudgetStatus, budgets } from './budget.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const budget = (spec: Budget['spec'] & object, status?: Partial<BudgetStatus>): Budget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'b', namespace: 'a', uid: 'b', generation: 2 },
  spec: { selector: { matchLabels: { app: 'x' } }, ...spec },
  ...(status ? { status: status as BudgetStatus } : {}),
});
const set: Obj = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 's', namespace: 'a', uid: 's' },
  spec: { replicas: 5 },
};
const pod = (name: string, o: { ready?: boolean; owned?: boolean } = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'a',
    uid: name,
    labels: { app: 'x' },
    ...(o.owned === false
      ? {}
      : { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 's', uid: 's', controller: true }] }),
  },
  spec: { containers: [{ name: 'c' }] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: o.ready === false ? 'False' : 'True' }] },
});
const plan = (b: Budget, pods: Pod[], now = at(9)) => planOf(budgets, b, { objects: [set, ...pods] }, now);
const statusOf = (p: ReturnType<typeof plan>) => (p.writes![0] as { object: Budget }).object.status!;
const numbers = (s: BudgetStatus) => [s.expectedPods, s.desiredHealthy, s.currentHealthy, s.disruptionsAllowed];

test('allows what is healthy beyond the minimum, by number and by share of what owners want', () => {
  const pods = ['p', 'q', 'r'].map(name => pod(name));
  assert.deepEqual(numbers(statusOf(plan(budget({ minAvailable: 2 }), pods))), [3, 2, 3, 1]);
  assert.deepEqual(numbers(statusOf(plan(budget({ minAvailable: '50%' }), pods))), [5, 3, 3, 0]);
  assert.deepEqual(
    numbers(statusOf(plan(budget({ maxUnavailable: 3 }), [...pods.slice(1), pod('u', { ready: false })]))),
    [5, 2, 2, 0],
  );
  assert.deepEqual(
    numbers(statusOf(plan(budget({ maxUnavailable: 1 }), [pod('p', { owned: false }), pod('q', { owned: false })]))),
    [2, 1, 2, 1],
  );
  assert.deepEqual(numbers(statusOf(plan(budget({ minAvailable: 0 }), []))), [0, 0, 0, 0]);
});

test('says by a condition whether anything may go', () => {
  const { conditions, observedGeneration } = statusOf(plan(budget({ minAvailable: 1 }), [pod('p'), pod('q')]));
  assert.equal(observedGeneration, 2);
  assert.deepEqual(
    conditions?.map(c => [c.type, c.status, c.reason]),
    [['DisruptionAllowed', 'True', 'SufficientPods']],
  );
});

test('counts a Pod whose eviction was granted as gone, for two minutes', () => {
  const evicted = budget({ minAvailable: 1 }, { disruptedPods: { p: at(0).toISOString(), gone: at(0).toISOString() } });
  const p = plan(evicted, [pod('p'), pod('q')]);
  assert.deepEqual(numbers(statusOf(p)), [2, 1, 1, 0]);
  assert.deepEqual(Object.keys(statusOf(p).disruptedPods!), ['p']);
  assert.deepEqual(p.requeueAt, at(120));
  assert.deepEqual(numbers(statusOf(plan(evicted, [pod('p'), pod('q')], at(121)))), [2, 1, 2, 1]);
});

test('writes nothing when all stands there already', () => {
  const stored = statusOf(plan(budget({ minAvailable: 1 }), [pod('p')]));
  assert.deepEqual(plan(budget({ minAvailable: 1 }, stored), [pod('p')], at(50)).writes, []);
});
