import type { Condition, ControllerDef, Frozen, LabelSelector, Obj, Plan, Write } from '../../kube/index.ts';
import { refOf } from '../../kube/index.ts';
import { earliest, withCondition } from '../conditions.ts';
import { freeNames } from '../names.ts';
import { failedCreate, type Pod, type PodTemplate, podOf } from '../objects.ts';
import { availableAt, byDeletionOrder, isActive, isAvailable, isReady } from '../pod-state.ts';

export type ReplicaSetSpec = { replicas?: number; minReadySeconds?: number; selector?: LabelSelector; template?: PodTemplate };
export type ReplicaSetStatus = {
  replicas: number;
  fullyLabeledReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  observedGeneration?: number;
  conditions?: Condition[];
};
export type ReplicaSet = Obj<ReplicaSetSpec, ReplicaSetStatus>;

/** The condition of a set whose Pods are refused. */
export const FAILURE = 'ReplicaFailure';
/** More are made by the next plans, as the first ones are seen. */
const MAX_AT_ONCE = 500;

/** Keeps as many Pods of a template as asked for. */
export const replicaSets: ControllerDef<ReplicaSet> = {
  name: 'replicaset-controller',
  for: 'apps/v1/ReplicaSet',
  owns: ['v1/Pod'],
  plan({ object: set, owned }, now): Plan {
    const pods = owned<Pod>('v1/Pod').filter(isActive);
    const status = statusOf(set, pods, now);
    const becomesAvailable = earliest(
      ...pods.map(p => availableAt(p, set.spec?.minReadySeconds ?? 0)).filter(at => at && at > now),
    );
    const rest: Plan = { status, ...(becomesAvailable ? { requeueAt: becomesAvailable } : {}) };
    if (set.metadata.deletionTimestamp) return rest;
    const missing = (set.spec?.replicas ?? 1) - pods.length;
    if (missing > 0) {
      const taken = new Set(owned<Pod>('v1/Pod').map(p => p.metadata.name));
      const names = freeNames(set, taken, Math.min(missing, MAX_AT_ONCE));
      return {
        ...rest,
        writes: names.map((name): Write => ({ verb: 'create', object: podOf(set.spec?.template, set, name) })),
        events: names.map(name => ({ reason: 'SuccessfulCreate', message: `Created pod: ${name}` })),
        refused: message => ({ ...failedCreate(message), status: withFailure(status, message, now) }),
      };
    }
    const surplus = byDeletionOrder(pods).slice(0, -missing);
    return {
      ...rest,
      writes: surplus.map((p): Write => ({ verb: 'delete', ref: refOf(p), uid: p.metadata.uid! })),
      events: surplus.map(p => ({ reason: 'SuccessfulDelete', message: `Deleted pod: ${p.metadata.name}` })),
    };
  },
};

function withFailure(status: ReplicaSetStatus, message: string, now: Date): ReplicaSetStatus {
  const failure: Condition = { type: FAILURE, status: 'True', reason: 'FailedCreate', message };
  return { ...status, conditions: withCondition(status.conditions ?? [], failure, now) };
}

function statusOf(set: Frozen<ReplicaSet>, pods: readonly Frozen<Pod>[], now: Date): ReplicaSetStatus {
  const { minReadySeconds = 0, template } = set.spec ?? {};
  const labels = Object.entries(template?.metadata?.labels ?? {});
  const count = (test: (p: Frozen<Pod>) => boolean) => pods.filter(test).length;
  const conditions = (set.status?.conditions ?? []).filter(c => c.type !== FAILURE) as Condition[];
  const status: ReplicaSetStatus = {
    replicas: pods.length,
    fullyLabeledReplicas: count(p => labels.every(([key, value]) => p.metadata.labels?.[key] === value)),
    readyReplicas: count(isReady),
    availableReplicas: count(p => isAvailable(p, minReadySeconds, now)),
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    ...(conditions.length > 0 ? { conditions } : {}),
  };
  return Object.fromEntries(
    Object.entries(status).filter(([name, value]) => value !== 0 || name === 'replicas'),
  ) as ReplicaSetStatus;
}
