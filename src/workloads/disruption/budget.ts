import {
  type Condition,
  type ControllerDef,
  type Frozen,
  jsonEqual,
  type LabelSelector,
  type Obj,
  type Observed,
  type Plan,
  type Ref,
  selectorOf,
  type Write,
} from '../../kube/index.ts';
import { amountOf } from '../amount.ts';
import { earliest, withCondition } from '../conditions.ts';
import type { Pod } from '../objects.ts';
import { isActive, isReady } from '../pod-state.ts';

export type BudgetStatus = {
  observedGeneration?: number;
  disruptedPods?: Record<string, string>;
  disruptionsAllowed: number;
  currentHealthy: number;
  desiredHealthy: number;
  expectedPods: number;
  conditions?: Condition[];
};
export type Budget = Obj<
  { selector?: LabelSelector; minAvailable?: number | string; maxUnavailable?: number | string },
  BudgetStatus
>;
type AnyPod = Frozen<Pod>;

/** So long an eviction counts although its Pod still stands: after that it is held to have been in vain. */
const EVICTION_MS = 120_000;
const SCALED = ['apps/v1/ReplicaSet', 'apps/v1/StatefulSet', 'v1/ReplicationController'] as const;

/**
 * Says how many Pods of a budget may be disturbed now. Pods whose owner has no scale that we know count as expected
 * themselves, where upstream gives up.
 *
 * @source kubernetes pkg/controller/disruption/disruption.go, from knowledge
 */
export const budgets: ControllerDef<Budget> = {
  name: 'disruption-controller',
  for: 'policy/v1/PodDisruptionBudget',
  // One plan over a namespace: a change of a Pod may concern any of its budgets.
  key: budget => ({ name: budget.metadata.namespace! }),
  reads: ['v1/Pod' as const, ...SCALED].map(gvk => ({ gvk, enqueue: o => [{ name: o.metadata.namespace! }] })),
  plan({ object, find }, now): Plan {
    const namespace = object.metadata.namespace!;
    const pods = find<Pod>('v1/Pod', { namespace }).filter(isActive);
    const writes: Write[] = [];
    let requeueAt: Date | undefined;
    for (const budget of find<Budget>('policy/v1/PodDisruptionBudget', { namespace })) {
      if (budget.metadata.deletionTimestamp) continue;
      const status = statusOf(budget, pods, find, now);
      requeueAt = earliest(requeueAt, ...Object.values(status.disruptedPods ?? {}).map(endOfEviction));
      if (!jsonEqual(status, budget.status))
        writes.push({ verb: 'update', object: { ...(budget as Budget), status }, subresource: 'status' });
    }
    return { writes, ...(requeueAt ? { requeueAt } : {}) };
  },
};

function statusOf(budget: Frozen<Budget>, all: readonly AnyPod[], find: Observed['find'], now: Date): BudgetStatus {
  const { generation } = budget.metadata;
  const selector = selectorOf(budget.spec?.selector);
  const pods = all.filter(p => selector?.matches(p.metadata.labels));
  const { expectedPods, desiredHealthy } = expectation(budget, pods, find);
  const disrupted = Object.entries(budget.status?.disruptedPods ?? {}).filter(
    ([name, at]) => endOfEviction(at) > now && pods.some(p => p.metadata.name === name),
  );
  const currentHealthy = pods.filter(p => isReady(p) && !disrupted.some(([name]) => name === p.metadata.name)).length;
  const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(disrupted.length > 0 ? { disruptedPods: Object.fromEntries(disrupted) } : {}),
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    conditions: withCondition(budget.status?.conditions ?? [], allowed(budget, disruptionsAllowed), now),
  };
}
function endOfEviction(at: string): Date {
  return new Date(Date.parse(at) + EVICTION_MS);
}

function allowed(budget: Frozen<Budget>, disruptions: number): Condition {
  return {
    type: 'DisruptionAllowed',
    status: disruptions > 0 ? 'True' : 'False',
    reason: disruptions > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    ...(budget.metadata.generation === undefined ? {} : { observedGeneration: budget.metadata.generation }),
  };
}

function expectation(
  { spec = {} }: Frozen<Budget>,
  pods: readonly AnyPod[],
  find: Observed['find'],
): { expectedPods: number; desiredHealthy: number } {
  const { minAvailable, maxUnavailable } = spec;
  if (maxUnavailable !== undefined) {
    const expectedPods = scaleOf(pods, find);
    return { expectedPods, desiredHealthy: Math.max(0, expectedPods - amountOf(maxUnavailable, expectedPods, Math.ceil)) };
  }
  if (typeof minAvailable === 'string') {
    const expectedPods = scaleOf(pods, find);
    return { expectedPods, desiredHealthy: amountOf(minAvailable, expectedPods, Math.ceil) };
  }
  return { expectedPods: pods.length, desiredHealthy: minAvailable ?? 1 };
}

/** How many Pods the owners of these want to have, each owner once. */
function scaleOf(pods: readonly AnyPod[], find: Observed['find']): number {
  const counted = new Set<string>();
  let sum = 0;
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.find(r => r.controller);
    const gvk = SCALED.find(g => owner && g === `${owner.apiVersion}/${owner.kind}`);
    if (!owner || !gvk) {
      sum++;
      continue;
    }
    if (counted.has(owner.uid)) continue;
    counted.add(owner.uid);
    const { apiVersion, kind, name, uid } = owner;
    const ref: Ref = { apiVersion, kind, name, uid, namespace: pod.metadata.namespace! };
    sum += find<Obj<{ replicas?: number }>>(gvk, ref)[0]?.spec?.replicas ?? 0;
  }
  return sum;
}
