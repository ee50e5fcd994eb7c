import type { Frozen } from '../../kube/index.ts';
import { isDeleting, isFinished } from '../pod-state.ts';
import { judgeFailure } from './failure-policy.ts';
import {
  indexOf,
  type JobPod,
  type JobSpec,
  type JobStatus,
  parseIndexes,
  TRACKING_FINALIZER,
  type Uncounted,
} from './job-object.ts';

/** What is known of a Job's Pods once each finished one is counted exactly once. */
export type Tally = {
  succeeded: number;
  failed: number;
  completedIndexes: Set<number>;
  uncounted: Required<Uncounted>;
  /** Pods whose outcome stands in the stored status and that may go. */
  release: JobPod[];
};

/**
 * Counts finished Pods in three steps, so that none is missed or counted twice whatever crashes between: its uid enters
 * `uncountedTerminatedPods`; when that is stored its finalizer is dropped; when that is seen its uid becomes a number.
 *
 * @source kubernetes pkg/controller/job trackJobStatusAndRemoveFinalizers, from knowledge
 */
export function tallyPods(spec: Frozen<JobSpec>, status: Frozen<JobStatus>, pods: readonly JobPod[], isOver: boolean): Tally {
  const isIndexed = spec.completionMode === 'Indexed';
  const held = new Map(pods.filter(p => p.metadata.finalizers?.includes(TRACKING_FINALIZER)).map(p => [p.metadata.uid!, p]));
  const stored = status.uncountedTerminatedPods ?? {};
  const known = new Set([...(stored.succeeded ?? []), ...(stored.failed ?? [])]);
  const completedIndexes = parseIndexes(status.completedIndexes);
  const split = (uids: readonly string[] = []) => ({
    counted: uids.filter(uid => !held.has(uid)),
    waiting: uids.filter(uid => held.has(uid)),
  });
  const succeeded = split(stored.succeeded);
  const failed = split(stored.failed);
  const tally: Tally = {
    succeeded: (status.succeeded ?? 0) + succeeded.counted.length,
    failed: (status.failed ?? 0) + failed.counted.length,
    completedIndexes,
    uncounted: { succeeded: succeeded.waiting, failed: failed.waiting },
    release: [...succeeded.waiting, ...failed.waiting].map(uid => held.get(uid)!),
  };
  for (const pod of held.values()) {
    if (known.has(pod.metadata.uid!)) continue;
    const index = isIndexed ? indexOf(pod, spec.completions ?? 0) : undefined;
    if (pod.status?.phase === 'Succeeded') {
      // An index counts once, by the list of indexes, which needs no detour over uids.
      if (!isIndexed) tally.uncounted.succeeded.push(pod.metadata.uid!);
      else if (index !== undefined && !isDeletedEarly(pod)) completedIndexes.add(index);
      if (isIndexed) tally.release.push(pod);
    } else if (hasFailed(spec, pod) || (isOver && isDeleting(pod))) {
      if (judgeFailure(spec, pod).action === 'Ignore') tally.release.push(pod);
      else tally.uncounted.failed.push(pod.metadata.uid!);
    }
  }
  if (isIndexed) {
    tally.succeeded = completedIndexes.size;
    // The release of an index waits for the stored list as well.
    const storedIndexes = parseIndexes(status.completedIndexes);
    tally.release = tally.release.filter(
      p => p.status?.phase !== 'Succeeded' || storedIndexes.has(indexOf(p, spec.completions ?? 0) ?? -1),
    );
  }
  return tally;
}

function isDeletedEarly(pod: JobPod): boolean {
  return isDeleting(pod) && !isFinished(pod);
}

/** A Pod that is being deleted counts as failed, unless only finished Pods are to be replaced. */
export function hasFailed(spec: Frozen<JobSpec>, pod: JobPod): boolean {
  if (pod.status?.phase === 'Failed') return true;
  if (!isDeleting(pod) || pod.status?.phase === 'Succeeded') return false;
  // Nobody will ever report on a Pod that never had a node.
  return !pod.spec?.nodeName || (spec.podReplacementPolicy !== 'Failed' && !spec.podFailurePolicy);
}
