import type { Frozen } from '../../kube/index.ts';
import { conditionOf } from '../conditions.ts';
import { isFinished } from '../pod-state.ts';
import type { Tally } from './counting.ts';
import { failuresByIndex, judgeFailure } from './failure-policy.ts';
import { indexOf, type Job, type JobPod, type JobSpec, parseIndexes } from './job-object.ts';

/** Why a Job ends: the condition that announces it, with upstream's reason and text. */
export type Ending = { type: 'FailureTarget' | 'SuccessCriteriaMet'; reason: string; message: string };

const DEFAULT_BACKOFF_LIMIT = 6;

/** The end of a Job: the one announced before, or the one its Pods now call for. */
export function endingOf(
  job: Frozen<Job>,
  pods: readonly JobPod[],
  tally: Tally,
  failedIndexes: ReadonlySet<number>,
  now: Date,
): Ending | undefined {
  const conditions = job.status?.conditions;
  for (const type of ['FailureTarget', 'SuccessCriteriaMet'] as const) {
    const said = conditionOf(conditions, type);
    if (said?.status === 'True') return { type, reason: said.reason ?? '', message: said.message ?? '' };
  }
  return failureOf(job, pods, tally, failedIndexes, now) ?? successOf(job.spec!, pods, tally, failedIndexes);
}

function failureOf(
  job: Frozen<Job>,
  pods: readonly JobPod[],
  tally: Tally,
  failedIndexes: ReadonlySet<number>,
  now: Date,
): Ending | undefined {
  const spec = job.spec!;
  const fail = (reason: string, message: string): Ending => ({ type: 'FailureTarget', reason, message });
  const failed = pods.filter(p => p.status?.phase === 'Failed');
  const fatal = spec.podFailurePolicy && failed.map(pod => judgeFailure(spec, pod)).find(v => v.action === 'FailJob');
  if (fatal) return fail('PodFailurePolicy', fatal.message ?? '');
  const limit = spec.backoffLimit ?? DEFAULT_BACKOFF_LIMIT;
  if (tally.failed + tally.uncounted.failed.length > limit || restartsExceed(spec, pods, limit))
    return fail('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  const deadline = deadlineOf(job);
  if (deadline && now >= deadline) return fail('DeadlineExceeded', 'Job was active longer than specified deadline');
  if (spec.maxFailedIndexes !== undefined && failedIndexes.size > spec.maxFailedIndexes)
    return fail('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
  if (failedIndexes.size > 0 && tally.completedIndexes.size + failedIndexes.size >= (spec.completions ?? 0))
    return fail('FailedIndexes', 'Job has failed indexes');
  return undefined;
}

function successOf(
  spec: Frozen<JobSpec>,
  pods: readonly JobPod[],
  tally: Tally,
  failedIndexes: ReadonlySet<number>,
): Ending | undefined {
  const rule = spec.successPolicy?.rules.findIndex(r => {
    const wanted = r.succeededIndexes === undefined ? tally.completedIndexes : parseIndexes(r.succeededIndexes);
    const have = [...wanted].filter(i => tally.completedIndexes.has(i)).length;
    return have >= (r.succeededCount ?? (r.succeededIndexes === undefined ? Number.POSITIVE_INFINITY : wanted.size));
  });
  if (rule !== undefined && rule >= 0)
    return { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: `Matched rules at index ${rule}` };
  const succeeded = tally.succeeded + tally.uncounted.succeeded.length;
  const isDone =
    spec.completions === undefined
      ? succeeded > 0 && pods.every(isFinished)
      : succeeded >= spec.completions && failedIndexes.size === 0;
  return isDone
    ? { type: 'SuccessCriteriaMet', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
    : undefined;
}

/** Containers that restart in place count as well when the Pods restart on failure. */
function restartsExceed(spec: Frozen<JobSpec>, pods: readonly JobPod[], limit: number): boolean {
  if (spec.template.spec?.restartPolicy !== 'OnFailure') return false;
  const restarts = pods
    .filter(p => p.status?.phase === 'Running' || p.status?.phase === 'Pending')
    .flatMap(p => [...(p.status?.containerStatuses ?? []), ...(p.status?.initContainerStatuses ?? [])])
    .reduce((sum, c) => sum + (c.restartCount ?? 0), 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

export function deadlineOf(job: Frozen<Job>): Date | undefined {
  const { activeDeadlineSeconds, suspend } = job.spec!;
  const start = job.status?.startTime;
  if (activeDeadlineSeconds === undefined || suspend || start === undefined) return undefined;
  return new Date(Date.parse(start) + activeDeadlineSeconds * 1000);
}

/** Indexes that will not be tried again. */
export function failedIndexesOf(job: Frozen<Job>, pods: readonly JobPod[]): Set<number> {
  const spec = job.spec!;
  const indexes = parseIndexes(job.status?.failedIndexes);
  if (spec.backoffLimitPerIndex === undefined) return indexes;
  for (const [index, { counted }] of failuresByIndex(spec, pods)) if (counted > spec.backoffLimitPerIndex) indexes.add(index);
  for (const pod of pods) {
    const index = indexOf(pod, spec.completions ?? 0);
    if (index !== undefined && pod.status?.phase === 'Failed' && judgeFailure(spec, pod).action === 'FailIndex')
      indexes.add(index);
  }
  return indexes;
}
