import { Cron } from 'croner';
import {
  type Condition,
  type ControllerDef,
  type EventDraft,
  type Frozen,
  type Obj,
  type Plan,
  refOf,
  type Write,
} from '../../kube/index.ts';
import { conditionOf, isConditionTrue, wireTime } from '../conditions.ts';
import { controllerRef } from '../objects.ts';
import type { Job, JobSpec } from './job-object.ts';

export type CronJob = Obj<
  {
    schedule: string;
    timeZone?: string;
    suspend?: boolean;
    concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace';
    startingDeadlineSeconds?: number;
    successfulJobsHistoryLimit?: number;
    failedJobsHistoryLimit?: number;
    jobTemplate: { metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }; spec: JobSpec };
  },
  {
    active?: { apiVersion: string; kind: string; namespace: string; name: string; uid?: string }[];
    lastScheduleTime?: string;
    lastSuccessfulTime?: string;
  }
>;
type AnyJob = Frozen<Job>;
type AnyCronJob = Frozen<CronJob>;

const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const MANY = 100;

/** Makes Jobs on schedule. A time that was missed is made up for once, within the starting deadline. */
export const cronJobs: ControllerDef<CronJob> = {
  name: 'cronjob-controller',
  for: 'batch/v1/CronJob',
  owns: ['batch/v1/Job'],
  plan({ object: cronJob, owned }, now): Plan {
    const jobs = owned<Job>('batch/v1/Job');
    const active = jobs.filter(j => !isFinished(j));
    const status = statusOf(cronJob, jobs, active);
    const surplus = expired(cronJob, jobs);
    const housekeeping = surplus.map(
      (j): Write => ({ verb: 'delete', ref: refOf(j), uid: j.metadata.uid!, propagation: 'Background' }),
    );
    if (cronJob.metadata.deletionTimestamp || cronJob.spec?.suspend) return { status, writes: housekeeping };
    const schedule = parseSchedule(cronJob);
    if (typeof schedule === 'string') {
      return { status, writes: housekeeping, events: [{ type: 'Warning', reason: 'UnparseableSchedule', message: schedule }] };
    }
    const requeueAt = schedule.nextRun(now) ?? undefined;
    const rest: Plan = { status, writes: housekeeping, ...(requeueAt ? { requeueAt } : {}) };
    const due = dueTime(cronJob, schedule, now);
    if (!due) return rest;
    return { ...rest, ...startPlan(cronJob, active, due, status, housekeeping) };
  },
};

function isFinished(job: AnyJob): boolean {
  return isConditionTrue(job.status?.conditions, 'Complete') || isConditionTrue(job.status?.conditions, 'Failed');
}

function parseSchedule(cronJob: AnyCronJob): Cron | string {
  const { schedule = '', timeZone } = cronJob.spec ?? {};
  try {
    return new Cron(schedule, { paused: true, ...(timeZone ? { timezone: timeZone } : { utcOffset: 0 }) });
  } catch (e) {
    return `unparseable schedule: ${schedule} : ${(e as Error).message}`;
  }
}

/** The latest time that has come and was not served; undefined when there is none, or it is too late for it. */
function dueTime(cronJob: AnyCronJob, schedule: Cron, now: Date): { at: Date; missed: number } | undefined {
  const { startingDeadlineSeconds } = cronJob.spec!;
  const since = Date.parse(cronJob.status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? wireTime(now));
  const deadline = startingDeadlineSeconds === undefined ? 0 : now.getTime() - startingDeadlineSeconds * 1000;
  let found = times(schedule, new Date(Math.max(since, deadline)), now, MANY + 1);
  if (found.length > MANY) {
    // Long missed: look only at the last stretch that holds as many times.
    const stretchMs = found.at(-1)!.getTime() - found[0]!.getTime();
    const last = times(schedule, new Date(now.getTime() - 2 * stretchMs), now, Number.POSITIVE_INFINITY);
    found = [...found, ...last].sort((a, b) => a.getTime() - b.getTime());
  }
  const at = found.at(-1);
  return at ? { at, missed: found.length } : undefined;
}
function times(schedule: Cron, from: Date, to: Date, limit: number): Date[] {
  const found: Date[] = [];
  for (let next = schedule.nextRun(from); next && next <= to && found.length < limit; next = schedule.nextRun(next))
    found.push(next);
  return found;
}

function startPlan(
  cronJob: AnyCronJob,
  active: readonly AnyJob[],
  due: { at: Date; missed: number },
  status: CronJob['status'] & object,
  housekeeping: readonly Write[],
): Plan {
  const policy = cronJob.spec?.concurrencyPolicy ?? 'Allow';
  const events: EventDraft[] = [];
  if (due.missed > MANY) {
    const message = `too many missed start times: ${due.missed}. Set or decrease .spec.startingDeadlineSeconds or check clock skew`;
    events.push({ type: 'Warning', reason: 'TooManyMissedTimes', message });
  }
  if (policy === 'Forbid' && active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    return { events: [...events, { reason: 'JobAlreadyActive', message }] };
  }
  const replaced = policy === 'Replace' ? active : [];
  const job = jobAt(cronJob, due.at);
  const entry = { apiVersion: 'batch/v1', kind: 'Job', namespace: job.metadata.namespace!, name: job.metadata.name };
  const kept = (status.active ?? []).filter(a => !replaced.some(j => j.metadata.name === a.name) && a.name !== entry.name);
  return {
    writes: [
      ...housekeeping,
      ...replaced.map((j): Write => ({ verb: 'delete', ref: refOf(j), uid: j.metadata.uid!, propagation: 'Background' })),
      { verb: 'create', object: job },
    ],
    status: { ...status, active: [...kept, entry], lastScheduleTime: wireTime(due.at) },
    events: [...events, { reason: 'SuccessfulCreate', message: `Created job ${job.metadata.name}` }],
  };
}

/** The Job of a time: its name follows from it, so that none is made twice. */
function jobAt(cronJob: AnyCronJob, at: Date): Job {
  const { metadata, spec } = cronJob.spec!.jobTemplate;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${cronJob.metadata.name}-${Math.floor(at.getTime() / 60_000)}`,
      namespace: cronJob.metadata.namespace!,
      ...(metadata?.labels ? { labels: { ...metadata.labels } } : {}),
      annotations: { ...metadata?.annotations, [SCHEDULED_AT]: wireTime(at) },
      ownerReferences: [controllerRef(cronJob)],
    },
    spec: { ...(spec as JobSpec) },
  };
}

function endedAt(job: AnyJob): string {
  const ended: Frozen<Condition> | undefined =
    conditionOf(job.status?.conditions, 'Complete') ?? conditionOf(job.status?.conditions, 'Failed');
  return job.status?.completionTime ?? ended?.lastTransitionTime ?? '';
}
function expired(cronJob: AnyCronJob, jobs: readonly AnyJob[]): AnyJob[] {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cronJob.spec ?? {};
  const surplus = (type: string, limit: number) => {
    const ended = jobs.filter(j => isConditionTrue(j.status?.conditions, type) && !j.metadata.deletionTimestamp);
    return ended.toSorted((a, b) => (endedAt(a) < endedAt(b) ? -1 : 1)).slice(0, Math.max(0, ended.length - limit));
  };
  return [...surplus('Complete', successfulJobsHistoryLimit), ...surplus('Failed', failedJobsHistoryLimit)];
}

function statusOf(cronJob: AnyCronJob, jobs: readonly AnyJob[], active: readonly AnyJob[]): CronJob['status'] & object {
  const succeeded = jobs.filter(j => isConditionTrue(j.status?.conditions, 'Complete')).map(endedAt);
  const lastSuccessfulTime = [cronJob.status?.lastSuccessfulTime ?? '', ...succeeded].sort().at(-1);
  const { lastScheduleTime } = cronJob.status ?? {};
  return {
    ...(active.length > 0
      ? {
          active: active.map(({ apiVersion, kind, metadata: { namespace = '', name, uid } }) => ({
            apiVersion,
            kind,
            namespace,
            name,
            ...(uid ? { uid } : {}),
          })),
        }
      : {}),
    ...(lastScheduleTime ? { lastScheduleTime } : {}),
    ...(lastSuccessfulTime ? { lastSuccessfulTime } : {}),
  };
}
