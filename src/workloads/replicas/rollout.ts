import type { Frozen } from '../../kube/index.ts';
import { amountOf } from '../amount.ts';
import type { Deployment } from './deployment-object.ts';
import type { ReplicaSet } from './replica-set.ts';

type Sets = { fresh: Frozen<ReplicaSet> | undefined; old: readonly Frozen<ReplicaSet>[] };
/** The wanted number of replicas by name of the ReplicaSet; sets that stay are left out. */
export type Scaling = Map<string, number>;

/** The most Pods that a set's Deployment allowed when the set was last scaled. */
export const MAXIMUM = 'deployment.kubernetes.io/max-replicas';

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

/**
 * What a change of size means for the sets, without going on with the rollout: while several are at work each gets its
 * share. Every set that is at work is in the answer, so that all learn the new size.
 *
 * @source kubernetes pkg/controller/deployment/sync.go scale and deploymentutil GetReplicaSetProportion, from knowledge
 */
export function proportionalStep(deployment: Frozen<Deployment>, { fresh, old }: Sets): Scaling {
  const replicas = deployment.spec?.replicas ?? 1;
  const all = [...(fresh ? [fresh] : []), ...old];
  const active = all.filter(set => wanted(set) > 0);
  const only = active.length > 1 ? undefined : (active[0] ?? fresh ?? all.toSorted(byAge).at(-1));
  if (only) return new Map([[only.metadata.name, replicas]]);
  const scaling: Scaling = new Map(active.map(set => [set.metadata.name, wanted(set)]));
  if (fresh && wanted(fresh) === replicas && available(fresh) === replicas) {
    for (const set of old) if (wanted(set) > 0) scaling.set(set.metadata.name, 0);
    return scaling;
  }
  if (deployment.spec?.strategy?.type === 'Recreate') return scaling;
  const allowed = replicas > 0 ? replicas + rolloutBounds(deployment).maxSurge : 0;
  const toAdd = allowed - sum(active, wanted);
  const sorted = active.toSorted((a, b) => wanted(b) - wanted(a) || (toAdd > 0 ? byAge(b, a) : byAge(a, b)));
  let added = 0;
  for (const set of sorted) {
    const left = toAdd - added;
    const share = replicas === 0 ? -wanted(set) : shareOf(set, allowed, deployment);
    const more = toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
    scaling.set(set.metadata.name, wanted(set) + more);
    added += more;
  }
  const largest = sorted[0]!.metadata.name;
  scaling.set(largest, Math.max(0, scaling.get(largest)! + toAdd - added));
  return scaling;
}
/** How much a set grows when all keep their proportions to the largest size that was allowed before. */
function shareOf(set: Frozen<ReplicaSet>, allowed: number, deployment: Frozen<Deployment>): number {
  const before = Number(set.metadata.annotations?.[MAXIMUM]) || deployment.status?.replicas || 0;
  return before === 0 ? 0 : Math.round((wanted(set) * allowed) / before) - wanted(set);
}
