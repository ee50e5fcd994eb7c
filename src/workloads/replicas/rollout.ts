import type { Frozen } from '../../kube/index.ts';
import type { Deployment } from './deployment-object.ts';
import type { ReplicaSet } from './replica-set.ts';

type Sets = { fresh: Frozen<ReplicaSet> | undefined; old: readonly Frozen<ReplicaSet>[] };
/** The wanted number of replicas by name of the ReplicaSet; sets that stay are left out. */
export type Scaling = Map<string, number>;

const wanted = (s: Frozen<ReplicaSet>) => s.spec?.replicas ?? 1;
const available = (s: Frozen<ReplicaSet>) => s.status?.availableReplicas ?? 0;
const sum = (sets: readonly Frozen<ReplicaSet>[], of: (s: Frozen<ReplicaSet>) => number) => sets.reduce((n, s) => n + of(s), 0);
const byAge = (a: Frozen<ReplicaSet>, b: Frozen<ReplicaSet>) =>
  (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1;

/** How many Pods a rollout may have too many and too few. Percentages round up for surge, down for unavailability. */
export function rolloutBounds(deployment: Frozen<Deployment>): { maxSurge: number; maxUnavailable: number } {
  const { replicas = 1, strategy } = deployment.spec!;
  if (strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {};
  const surge = amountOf(maxSurge, replicas, Math.ceil);
  const unavailable = amountOf(maxUnavailable, replicas, Math.floor);
  return { maxSurge: surge, maxUnavailable: Math.min(replicas, surge === 0 && unavailable === 0 ? 1 : unavailable) };
}
function amountOf(value: number | string, total: number, round: (n: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseInt(value, 10) * total) / 100);
}

/**
 * One step of a rollout: how many replicas each set is to have now.
 *
 * @source kubernetes pkg/controller/deployment rolling.go and recreate.go, from knowledge
 */
export function rolloutStep(deployment: Frozen<Deployment>, { fresh, old }: Sets): Scaling {
  const scaling: Scaling = new Map();
  const replicas = deployment.spec?.replicas ?? 1;
  const scale = (set: Frozen<ReplicaSet>, to: number) => {
    if (to !== wanted(set)) scaling.set(set.metadata.name, to);
  };
  if (deployment.spec?.strategy?.type === 'Recreate') {
    for (const set of old) scale(set, 0);
    const isDown = old.every(set => wanted(set) === 0 && (set.status?.replicas ?? 0) === 0);
    if (fresh && isDown) scale(fresh, replicas);
    return scaling;
  }
  const { maxSurge, maxUnavailable } = rolloutBounds(deployment);
  const all = fresh ? [...old, fresh] : [...old];
  if (fresh && wanted(fresh) > replicas) scale(fresh, replicas);
  else if (fresh && wanted(fresh) < replicas) {
    const room = replicas + maxSurge - sum(all, wanted);
    if (room > 0) scale(fresh, Math.min(replicas, wanted(fresh) + room));
  }
  if (!fresh || sum(old, wanted) === 0) return scaling;
  const freshMissing = wanted(fresh) - available(fresh);
  let spare = sum(all, wanted) - (replicas - maxUnavailable) - Math.max(0, freshMissing);
  if (spare <= 0) return scaling;
  const targets = new Map(old.map(set => [set, wanted(set)]));
  // First what does not work anyway, then the oldest, as long as enough stay available.
  for (const set of old.toSorted(byAge)) {
    const unhealthy = Math.min(spare, wanted(set) - available(set));
    if (unhealthy <= 0) continue;
    targets.set(set, wanted(set) - unhealthy);
    spare -= unhealthy;
  }
  let surplus = sum(all, available) - (replicas - maxUnavailable);
  for (const set of old.toSorted(byAge)) {
    const less = Math.min(surplus, targets.get(set)!);
    if (less <= 0) continue;
    targets.set(set, targets.get(set)! - less);
    surplus -= less;
  }
  for (const [set, to] of targets) scale(set, to);
  return scaling;
}

/** A paused deployment, or one whose size changed: every set keeps its share. Only the active set in the usual case of one. */
export function proportionalStep(deployment: Frozen<Deployment>, { fresh, old }: Sets): Scaling {
  const scaling: Scaling = new Map();
  const replicas = deployment.spec?.replicas ?? 1;
  const active = [...(fresh ? [fresh] : []), ...old].filter(set => wanted(set) > 0);
  const [only = fresh] = active;
  if (!only) return scaling;
  const rest = sum(active.slice(1), wanted);
  const target = Math.max(0, replicas + (active.length > 1 ? rolloutBounds(deployment).maxSurge : 0) - rest);
  if (active.length <= 1 || wanted(only) + rest > replicas + rolloutBounds(deployment).maxSurge) {
    const to = active.length <= 1 ? replicas : target;
    if (to !== wanted(only)) scaling.set(only.metadata.name, to);
  }
  return scaling;
}
