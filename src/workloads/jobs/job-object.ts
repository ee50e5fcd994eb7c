import type { Condition, Frozen, LabelSelector, Obj } from '../../kube/index.ts';
import type { Pod, PodTemplate } from '../objects.ts';

export type FailureRule = {
  action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count';
  onExitCodes?: { containerName?: string; operator: 'In' | 'NotIn'; values: number[] };
  onPodConditions?: { type: string; status?: string }[];
};
export type JobSpec = {
  parallelism?: number;
  completions?: number;
  backoffLimit?: number;
  backoffLimitPerIndex?: number;
  maxFailedIndexes?: number;
  activeDeadlineSeconds?: number;
  ttlSecondsAfterFinished?: number;
  completionMode?: 'NonIndexed' | 'Indexed';
  suspend?: boolean;
  podReplacementPolicy?: 'TerminatingOrFailed' | 'Failed';
  podFailurePolicy?: { rules: FailureRule[] };
  successPolicy?: { rules: { succeededIndexes?: string; succeededCount?: number }[] };
  managedBy?: string;
  selector?: LabelSelector;
  template: PodTemplate;
};
export type Uncounted = { succeeded?: string[]; failed?: string[] };
export type JobStatus = {
  startTime?: string;
  completionTime?: string;
  active?: number;
  ready?: number;
  terminating?: number;
  succeeded?: number;
  failed?: number;
  completedIndexes?: string;
  failedIndexes?: string;
  uncountedTerminatedPods?: Uncounted;
  conditions?: Condition[];
};
export type Job = Obj<JobSpec, JobStatus>;
export type JobPod = Frozen<Pod>;

/** Keeps a Pod until its outcome stands in the Job's status. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';
export const INDEX_KEY = 'batch.kubernetes.io/job-completion-index';
export const FAILURE_COUNT_KEY = 'batch.kubernetes.io/job-index-failure-count';
export const IGNORED_COUNT_KEY = 'batch.kubernetes.io/job-index-ignored-failure-count';

/** The index of a Pod of an Indexed Job; undefined when it has none in range. */
export function indexOf(pod: JobPod, completions: number): number | undefined {
  const text = pod.metadata.annotations?.[INDEX_KEY] ?? pod.metadata.labels?.[INDEX_KEY];
  const index = text === undefined || !/^\d+$/.test(text) ? Number.NaN : Number(text);
  return index < completions ? index : undefined;
}

/** `0-2,4` as numbers. */
export function parseIndexes(text: string | undefined): Set<number> {
  const indexes = new Set<number>();
  for (const range of (text ?? '').split(',').filter(part => part !== '')) {
    const [first, last = first] = range.split('-').map(Number) as [number, number?];
    for (let i = first; i <= last; i++) indexes.add(i);
  }
  return indexes;
}
/** Numbers as `0-2,4`; two neighbours stand as `0,1`. */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    if (end === start) parts.push(`${sorted[start]}`);
    else parts.push(`${sorted[start]}${end - start === 1 ? ',' : '-'}${sorted[end]}`);
    start = end + 1;
  }
  return parts.join(',');
}
