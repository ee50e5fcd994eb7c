import type { Condition, ControllerDef, EventDraft, Frozen, Plan, Write } from '../../kube/index.ts';
import { conditionOf, earliest, isConditionTrue, wireTime, withCondition } from '../conditions.ts';
import { failedCreate, type Pod } from '../objects.ts';
import { isActive, isDeleting, isFinished, isReady } from '../pod-state.ts';
import { type Tally, tallyPods } from './counting.ts';
import { formatIndexes, type Job, type JobPod, type JobStatus, TRACKING_FINALIZER } from './job-object.ts';
import { deletePod, dropTracking, populationOf } from './job-pods.ts';
import { deadlineOf, type Ending, endingOf, failedIndexesOf } from './job-verdict.ts';

const OWN_NAME = 'kubernetes.io/job-controller';

/** Runs Jobs: makes their Pods, counts outcomes exactly once, ends them with upstream's conditions and reasons. */
export function jobs(o: { podBackoffMs: number }): ControllerDef<Job> {
  return {
    name: 'job-controller',
    for: 'batch/v1/Job',
    owns: ['v1/Pod'],
    writes: [{ gvk: 'batch/v1/Job', verbs: ['delete'] }],
    plan({ object: job, owned }, now): Plan {
      if (job.spec?.managedBy !== undefined && job.spec.managedBy !== OWN_NAME) return {};
      const pods = owned<Pod>('v1/Pod');
      const held = pods.filter(p => p.metadata.finalizers?.includes(TRACKING_FINALIZER));
      if (job.metadata.deletionTimestamp) return { writes: held.map(dropTracking) };
      if (isOver(job)) return finishedPlan(job, held, now);
      return runningPlan(job, pods, o.podBackoffMs, now);
    },
  };
}

function isOver(job: Frozen<Job>): boolean {
  return isConditionTrue(job.status?.conditions, 'Complete') || isConditionTrue(job.status?.conditions, 'Failed');
}

/** Nothing is left but to let go of the Pods, and of the Job when its time has come. */
function finishedPlan(job: Frozen<Job>, held: readonly JobPod[], now: Date): Plan {
  const writes: Write[] = held.map(dropTracking);
  const ttl = job.spec?.ttlSecondsAfterFinished;
  if (ttl === undefined) return { writes };
  const ended = conditionOf(job.status?.conditions, 'Complete') ?? conditionOf(job.status?.conditions, 'Failed');
  const at = new Date(Date.parse(ended?.lastTransitionTime ?? '') + ttl * 1000);
  if (Number.isNaN(at.getTime()) || at > now) return Number.isNaN(at.getTime()) ? { writes } : { writes, requeueAt: at };
  const { apiVersion, kind, metadata } = job;
  const ref = { apiVersion, kind, namespace: metadata.namespace!, name: metadata.name };
  return { writes: [...writes, { verb: 'delete', ref, uid: metadata.uid!, propagation: 'Foreground' }] };
}

function runningPlan(job: Frozen<Job>, pods: readonly JobPod[], podBackoffMs: number, now: Date): Plan {
  const spec = job.spec!;
  const status = job.status ?? {};
  const announced = conditionOf(status.conditions, 'FailureTarget')?.status === 'True';
  const tally = tallyPods(spec, status, pods, announced);
  const failedIndexes = failedIndexesOf(job, pods);
  const ending = endingOf(job, pods, tally, failedIndexes, now);
  const writes: Write[] = tally.release.map(dropTracking);
  const events: EventDraft[] = [];
  let retry: Date | undefined;
  let active = pods.filter(isActive);
  let created = 0;

  if (ending) {
    writes.push(...active.map(deletePod));
    events.push(...active.map(deletedEvent));
    active = [];
  } else if (spec.suspend) {
    writes.push(...active.map(dropTracking), ...active.map(deletePod));
    events.push(...active.map(deletedEvent));
    active = [];
  } else {
    const population = populationOf(job, pods, tally, failedIndexes, { now, backoffMs: podBackoffMs });
    const { create, remove } = population;
    writes.push(...remove.map(dropTracking), ...remove.map(deletePod));
    events.push(...remove.map(deletedEvent));
    active = active.filter(p => !remove.includes(p));
    retry = population.retryAt;
    created = create.length;
    writes.push(...create.map((object): Write => ({ verb: 'create', object })));
    events.push(...create.map(p => ({ reason: 'SuccessfulCreate', message: `Created pod: ${p.metadata.name}` })));
  }
  const terminating = pods.filter(p => isDeleting(p) && !isFinished(p)).length;
  const isSettled = ending !== undefined && active.length === 0 && terminating === 0 && writes.every(w => w.verb === 'patch');
  // The end and the last counts are one write: after it nobody counts any more, so no uid needs to be remembered.
  if (isSettled) countAll(tally);
  const next: JobStatus = {
    ...statusOf(job, tally, failedIndexes, now),
    ...(active.length + created > 0 ? { active: active.length + created } : {}),
    ready: active.filter(isReady).length,
    terminating,
  };
  const requeueAt = ending ? undefined : earliest(retry, deadlineOf(job));
  return {
    writes,
    events: [...events, ...suspensionEvents(job, status), ...(ending && isSettled ? [endEvent(ending)] : [])],
    refused: failedCreate,
    status: { ...next, ...conclusion(job, ending, isSettled, now) },
    ...(requeueAt ? { requeueAt } : {}),
  };
}

function countAll(tally: Tally): void {
  tally.succeeded += tally.uncounted.succeeded.length;
  tally.failed += tally.uncounted.failed.length;
  tally.uncounted = { succeeded: [], failed: [] };
}

function statusOf(job: Frozen<Job>, tally: Tally, failedIndexes: ReadonlySet<number>, now: Date): JobStatus {
  const { startTime } = job.status ?? {};
  const isIndexed = job.spec?.completionMode === 'Indexed';
  const { succeeded, failed } = tally.uncounted;
  return {
    ...(job.spec?.suspend ? {} : { startTime: startTime ?? wireTime(now) }),
    ...(tally.succeeded > 0 ? { succeeded: tally.succeeded } : {}),
    ...(tally.failed > 0 ? { failed: tally.failed } : {}),
    ...(isIndexed && tally.completedIndexes.size > 0 ? { completedIndexes: formatIndexes(tally.completedIndexes) } : {}),
    ...(job.spec?.backoffLimitPerIndex === undefined ? {} : { failedIndexes: formatIndexes(failedIndexes) }),
    uncountedTerminatedPods: { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) },
  };
}

/** The conditions of a Job: whether it is suspended, that it is about to end, and that it has ended. */
function conclusion(job: Frozen<Job>, ending: Ending | undefined, isSettled: boolean, now: Date): Partial<JobStatus> {
  let conditions = [...(job.status?.conditions ?? [])] as Condition[];
  const say = (type: string, status: 'True' | 'False', reason: string, message: string) => {
    conditions = withCondition(conditions, { type, status, reason, message }, now);
  };
  if (job.spec?.suspend) say('Suspended', 'True', 'JobSuspended', 'Job suspended');
  else if (isConditionTrue(conditions, 'Suspended')) say('Suspended', 'False', 'JobResumed', 'Job resumed');
  if (!ending) return conditions.length > 0 ? { conditions } : {};
  say(ending.type, 'True', ending.reason, ending.message);
  if (!isSettled) return { conditions };
  const isComplete = ending.type === 'SuccessCriteriaMet';
  say(isComplete ? 'Complete' : 'Failed', 'True', ending.reason, ending.message);
  return { conditions, ...(isComplete ? { completionTime: wireTime(now) } : {}) };
}

function suspensionEvents(job: Frozen<Job>, status: Frozen<JobStatus>): EventDraft[] {
  const was = isConditionTrue(status.conditions, 'Suspended');
  const is = job.spec?.suspend === true;
  if (was === is) return [];
  return [is ? { reason: 'Suspended', message: 'Job suspended' } : { reason: 'Resumed', message: 'Job resumed' }];
}
function endEvent({ type, reason, message }: Ending): EventDraft {
  return type === 'SuccessCriteriaMet' ? { reason: 'Completed', message: 'Job completed' } : { type: 'Warning', reason, message };
}
function deletedEvent(pod: JobPod): EventDraft {
  return { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` };
}

/** Lets go of Pods whose Job is gone: nobody will count them. */
export const orphanedJobPods: ControllerDef<Pod> = {
  name: 'job-pod-release',
  for: 'v1/Pod',
  reads: [{ gvk: 'batch/v1/Job' }],
  plan({ object: pod, find }) {
    if (!pod.metadata.finalizers?.includes(TRACKING_FINALIZER)) return {};
    const owner = pod.metadata.ownerReferences?.find(r => r.controller && r.kind === 'Job');
    if (!owner) return { writes: [dropTracking(pod)] };
    const { apiVersion, kind, name, uid } = owner;
    const job = find('batch/v1/Job', { apiVersion, kind, name, uid, namespace: pod.metadata.namespace! });
    return job.length > 0 ? {} : { writes: [dropTracking(pod)] };
  },
};
