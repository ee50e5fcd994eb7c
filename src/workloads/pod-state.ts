import type { Frozen } from '../kube/index.ts';
import type { Pod } from './objects.ts';

type AnyPod = Frozen<Pod>;

export function isFinished(pod: AnyPod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}
export function isDeleting(pod: AnyPod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}
/** Neither finished nor on its way out. */
export function isActive(pod: AnyPod): boolean {
  return !isFinished(pod) && !isDeleting(pod);
}
export function readyCondition(pod: AnyPod): { status: string; lastTransitionTime?: string } | undefined {
  return pod.status?.conditions?.find(c => c.type === 'Ready');
}
export function isReady(pod: AnyPod): boolean {
  return readyCondition(pod)?.status === 'True';
}
/** When a ready Pod counts as available; undefined while it is not ready. */
export function availableAt(pod: AnyPod, minReadySeconds: number): Date | undefined {
  if (!isReady(pod)) return undefined;
  const since = Date.parse(readyCondition(pod)?.lastTransitionTime ?? '');
  return new Date((Number.isNaN(since) ? 0 : since) + minReadySeconds * 1000);
}
export function isAvailable(pod: AnyPod, minReadySeconds: number, now: Date): boolean {
  const at = availableAt(pod, minReadySeconds);
  return at !== undefined && (minReadySeconds === 0 || at <= now);
}

/** When the last container of a finished Pod ended; undefined when nobody says. */
export function finishedAt(pod: AnyPod): Date | undefined {
  const times = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].flatMap(c => {
    const at = Date.parse(c.state?.terminated?.finishedAt ?? '');
    return Number.isNaN(at) ? [] : [at];
  });
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

/**
 * Pods in the order in which to take them away: unassigned first, then pending, not ready, cheap to delete, ready for a
 * shorter time, younger. @source kubernetes pkg/controller ActivePodsWithRanks, from knowledge
 */
export function byDeletionOrder<P extends AnyPod>(pods: readonly P[]): P[] {
  const cost = (p: P) => Number(p.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
  const rank = (p: P): number[] => [
    p.spec?.nodeName ? 1 : 0,
    p.status?.phase === 'Running' ? 2 : p.status?.phase === 'Pending' || !p.status?.phase ? 0 : 1,
    isReady(p) ? 1 : 0,
    cost(p),
    -Date.parse(readyCondition(p)?.lastTransitionTime ?? '1970-01-01T00:00:00Z'),
    -Date.parse(p.metadata.creationTimestamp ?? '1970-01-01T00:00:00Z'),
  ];
  return pods
    .map(pod => ({ pod, by: rank(pod) }))
    .sort((a, b) => {
      const at = a.by.findIndex((part, i) => part !== b.by[i]);
      return at < 0 ? (a.pod.metadata.name < b.pod.metadata.name ? -1 : 1) : a.by[at]! - b.by[at]!;
    })
    .map(({ pod }) => pod);
}
