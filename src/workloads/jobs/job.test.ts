import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../../kube/index.ts';
import type { Pod } from '../objects.ts';
import { planOf, writesOf } from '../testing.ts';
import { jobs, orphanedJobPods } from './job.ts';
import {
  FAILURE_COUNT_KEY,
  formatIndexes,
  IGNORED_COUNT_KEY,
  INDEX_KEY,
  type Job,
  type JobSpec,
  type JobStatus,
  parseIndexes,
  TRACKING_FINALIZER,
} from './job-object.ts';

const controller = jobs({ podBackoffMs: 10_000 });
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
const wire = (second: number) => `${at(second).toISOString().slice(0, 19)}Z`;
const job = (spec: Partial<JobSpec> = {}, status: JobStatus = {}): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'train', namespace: 'a', uid: 'job-uid' },
  spec: {
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main' }] } },
    ...spec,
  },
  status,
});
type PodOptions = {
  phase?: string;
  tracked?: boolean;
  deleting?: boolean;
  index?: number;
  finished?: number;
  exitCode?: number;
  restarts?: number;
};
const pod = (name: string, o: PodOptions = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'a',
    uid: `uid-${name}`,
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'train', uid: 'job-uid', controller: true }],
    ...(o.tracked === false ? {} : { finalizers: [TRACKING_FINALIZER] }),
    ...(o.deleting ? { deletionTimestamp: wire(0) } : {}),
    ...(o.index === undefined ? {} : { annotations: { [INDEX_KEY]: String(o.index) } }),
  },
  spec: { nodeName: 'n', containers: [{ name: 'main' }] },
  status: {
    phase: o.phase ?? 'Running',
    containerStatuses: [
      {
        name: 'main',
        restartCount: o.restarts ?? 0,
        ...(o.finished === undefined
          ? {}
          : { state: { terminated: { exitCode: o.exitCode ?? 1, finishedAt: wire(o.finished) } } }),
      },
    ],
  },
});
const plan = (j: Job, pods: Pod[], now = at(100)) => planOf(controller, j, { objects: pods }, now);
const statusOf = (p: Plan) => p.status as JobStatus;
const reasons = (p: Plan) => (statusOf(p).conditions ?? []).map(c => `${c.type}=${c.status} ${c.reason}`);

test('makes as many Pods as may run at once, tracked and labelled', () => {
  const p = plan(job({ parallelism: 2, completions: 5 }), []);
  assert.equal(p.writes?.length, 2);
  const created = (p.writes![0] as { object: Pod }).object;
  assert.match(created.metadata.name, /^train-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  assert.deepEqual(created.metadata.finalizers, [TRACKING_FINALIZER]);
  assert.equal(created.metadata.labels?.['job-name'], 'train');
  assert.equal(created.metadata.labels?.['batch.kubernetes.io/controller-uid'], 'job-uid');
  assert.deepEqual(statusOf(p), { startTime: wire(100), active: 2, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
  assert.deepEqual(
    p.events?.map(e => e.reason),
    ['SuccessfulCreate', 'SuccessfulCreate'],
  );
});

test('makes nothing while enough Pods run', () => {
  assert.deepEqual(writesOf(plan(job(), [pod('p')])), []);
});

test('completes in one write, then lets the Pod go', () => {
  const done = pod('p', { phase: 'Succeeded', finished: 90, exitCode: 0 });
  const first = plan(job({}, { startTime: wire(1) }), [done]);
  assert.deepEqual(writesOf(first), []);
  assert.deepEqual(reasons(first), ['SuccessCriteriaMet=True CompletionsReached', 'Complete=True CompletionsReached']);
  assert.equal(statusOf(first).succeeded, 1);
  assert.equal(statusOf(first).completionTime, wire(100));
  assert.deepEqual(statusOf(first).uncountedTerminatedPods, {});
  assert.deepEqual(
    first.events?.map(e => e.reason),
    ['Completed'],
  );
  assert.deepEqual(writesOf(plan(job({}, statusOf(first)), [done])), ['patch v1/Pod p']);
});

test('counts outcomes on the way in three steps, each stored before the next', () => {
  const spec = { completions: 3 };
  const done = pod('p', { phase: 'Succeeded', finished: 90, exitCode: 0 });
  const first = plan(job(spec, { startTime: wire(1) }), [done, pod('q')]);
  assert.deepEqual(writesOf(first), []);
  assert.deepEqual(statusOf(first).uncountedTerminatedPods, { succeeded: ['uid-p'] });
  const second = plan(job(spec, statusOf(first)), [done, pod('q')]);
  assert.deepEqual(writesOf(second), ['patch v1/Pod p']);
  assert.equal(statusOf(second).succeeded, undefined);
  const free = { ...done, metadata: { ...done.metadata, finalizers: [] } };
  const third = plan(job(spec, statusOf(second)), [free, pod('q')]);
  assert.equal(statusOf(third).succeeded, 1);
  assert.deepEqual(statusOf(third).uncountedTerminatedPods, {});
});

test('waits twice as long after every failure', () => {
  const failed = [pod('p1', { phase: 'Failed', finished: 50 })];
  const early = plan(job({}, { startTime: wire(1) }), failed, at(55));
  assert.deepEqual(writesOf(early), []);
  assert.deepEqual(early.requeueAt, at(60));
  const late = plan(job({}, { startTime: wire(1) }), failed, at(61));
  assert.equal(late.writes?.length, 1);
  const twice = plan(job({}, { startTime: wire(1) }), [...failed, pod('p2', { phase: 'Failed', finished: 70 })], at(75));
  assert.deepEqual(twice.requeueAt, at(90));
});

test('fails at the back-off limit, stops what runs, and ends when all is counted', () => {
  const pods = [pod('p1', { phase: 'Failed', finished: 10 }), pod('p2', { phase: 'Failed', finished: 20 }), pod('p3')];
  const first = plan(job({ backoffLimit: 1, parallelism: 2, completions: 2 }), pods);
  assert.deepEqual(writesOf(first), ['delete v1/Pod p3']);
  assert.deepEqual(reasons(first), ['FailureTarget=True BackoffLimitExceeded']);
  const status = statusOf(first);
  const gone = pods.slice(0, 2).map(p => ({ ...p, metadata: { ...p.metadata, finalizers: [] } }));
  const last = plan(job({ backoffLimit: 1, parallelism: 2, completions: 2 }, status), gone);
  assert.deepEqual(reasons(last), ['FailureTarget=True BackoffLimitExceeded', 'Failed=True BackoffLimitExceeded']);
  assert.equal(statusOf(last).failed, 2);
  assert.equal(statusOf(last).completionTime, undefined);
  assert.equal(statusOf(last).conditions?.[1]?.message, 'Job has reached the specified backoff limit');
});

test('counts restarts in place against the limit', () => {
  const template = { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'main' }] } };
  const p = plan(job({ backoffLimit: 2, template }), [pod('p', { restarts: 2 })]);
  assert.deepEqual(reasons(p), ['FailureTarget=True BackoffLimitExceeded']);
});

test('fails at the deadline and plans for it before', () => {
  const before = plan(job({ activeDeadlineSeconds: 30 }, { startTime: wire(0) }), [pod('p')], at(10));
  assert.deepEqual(before.requeueAt, at(30));
  const after = plan(job({ activeDeadlineSeconds: 30 }, { startTime: wire(0) }), [pod('p')], at(30));
  assert.deepEqual(reasons(after), ['FailureTarget=True DeadlineExceeded']);
  assert.deepEqual(writesOf(after), ['delete v1/Pod p']);
});

test('suspends by letting Pods go uncounted, and resumes with a new start', () => {
  const suspended = plan(job({ suspend: true }, { startTime: wire(1) }), [pod('p')]);
  assert.deepEqual(writesOf(suspended), ['patch v1/Pod p', 'delete v1/Pod p']);
  assert.deepEqual(reasons(suspended), ['Suspended=True JobSuspended']);
  assert.equal(statusOf(suspended).startTime, undefined);
  const resumed = plan(job({}, statusOf(suspended)), [], at(200));
  assert.equal(resumed.writes?.length, 1);
  assert.deepEqual(reasons(resumed), ['Suspended=False JobResumed']);
  assert.equal(statusOf(resumed).startTime, wire(200));
});

test('gives every index its Pod, name, host name and variable', () => {
  const p = plan(job({ completionMode: 'Indexed', completions: 3, parallelism: 2 }), [pod('x', { index: 0 })]);
  assert.equal(p.writes?.length, 1);
  const created = (p.writes![0] as { object: Pod }).object;
  assert.match(created.metadata.name, /^train-1-/);
  assert.equal(created.spec?.hostname, 'train-1');
  assert.equal(created.metadata.annotations?.[INDEX_KEY], '1');
  assert.equal(created.spec?.containers[0]?.env?.[0]?.name, 'JOB_COMPLETION_INDEX');
});

test('completes an Indexed Job when every index has succeeded', () => {
  const spec = { completionMode: 'Indexed' as const, completions: 2, parallelism: 2 };
  const pods = [0, 1].map(index => pod(`p${index}`, { index, phase: 'Succeeded', finished: 10, exitCode: 0 }));
  const first = plan(job(spec), pods);
  assert.equal(statusOf(first).completedIndexes, '0,1');
  assert.deepEqual(writesOf(first), []);
  assert.deepEqual(reasons(first).at(-1), 'Complete=True CompletionsReached');
  assert.equal(statusOf(first).succeeded, 2);
  assert.deepEqual(writesOf(plan(job(spec, statusOf(first)), pods)), ['patch v1/Pod p0', 'patch v1/Pod p1']);
});

test('obeys the Pod failure policy', () => {
  const rules = [
    { action: 'Ignore' as const, onPodConditions: [{ type: 'DisruptionTarget' }] },
    { action: 'FailJob' as const, onExitCodes: { containerName: 'main', operator: 'In' as const, values: [42] } },
  ];
  const fatal = plan(job({ podFailurePolicy: { rules } }), [pod('p', { phase: 'Failed', finished: 10, exitCode: 42 })]);
  assert.deepEqual(reasons(fatal), ['FailureTarget=True PodFailurePolicy', 'Failed=True PodFailurePolicy']);
  assert.equal(
    statusOf(fatal).conditions?.[0]?.message,
    'Container main for pod a/p failed with exit code 42 matching FailJob rule at index 1',
  );
  const disrupted = pod('p', { phase: 'Failed', finished: 10 });
  disrupted.status!.conditions = [{ type: 'DisruptionTarget', status: 'True' }];
  const ignored = plan(job({ backoffLimit: 0, podFailurePolicy: { rules } }), [disrupted]);
  assert.deepEqual(reasons(ignored), []);
  assert.equal(writesOf(ignored)[0], 'patch v1/Pod p');
});

test('fails with FailedIndexes when the others are done', () => {
  const spec = { completionMode: 'Indexed' as const, completions: 2, parallelism: 2, backoffLimitPerIndex: 0, backoffLimit: 99 };
  const pods = [
    pod('p0', { index: 0, phase: 'Succeeded', finished: 10, exitCode: 0 }),
    pod('p1', { index: 1, phase: 'Failed', finished: 10 }),
  ];
  const p = plan(job(spec), pods);
  assert.deepEqual(reasons(p), ['FailureTarget=True FailedIndexes', 'Failed=True FailedIndexes']);
  assert.equal(statusOf(p).failedIndexes, '1');
});

test('pauses every index by itself when each has its limit, and tells Pods of failures before', () => {
  const spec = { completionMode: 'Indexed' as const, completions: 3, parallelism: 3, backoffLimitPerIndex: 2, backoffLimit: 99 };
  const failed = (name: string, index: number, finished: number, before: number) => {
    const p = pod(name, { index, phase: 'Failed', finished });
    p.metadata.annotations![FAILURE_COUNT_KEY] = String(before);
    return p;
  };
  const p = plan(job(spec), [failed('p0', 0, 85, 1), failed('p1', 1, 85, 0), pod('p2', { index: 2 })]);
  const made = p.writes!.flatMap(w => (w.verb === 'create' ? [w.object.metadata] : []));
  assert.deepEqual(
    made.map(m => [m.annotations?.[INDEX_KEY], m.annotations?.[FAILURE_COUNT_KEY]]),
    [['1', '1']],
  );
  assert.deepEqual(p.requeueAt, at(105));
  const last = plan(job(spec), [failed('p0', 0, 85, 2), pod('p1', { index: 1 }), pod('p2', { index: 2 })]);
  assert.equal(statusOf(last).failedIndexes, '0', 'the Pods of earlier failures need not be there');
});

test('forgives an index what a rule ignores, and gives it up at once when a rule says so', () => {
  const rules = [
    { action: 'Ignore' as const, onPodConditions: [{ type: 'DisruptionTarget' }] },
    { action: 'FailIndex' as const, onExitCodes: { operator: 'In' as const, values: [3] } },
  ];
  const spec = {
    ...{ completionMode: 'Indexed' as const, completions: 3, parallelism: 3, backoffLimitPerIndex: 0, backoffLimit: 99 },
    podFailurePolicy: { rules },
  };
  const disrupted = pod('p0', { index: 0, phase: 'Failed', finished: 10 });
  disrupted.status!.conditions = [{ type: 'DisruptionTarget', status: 'True' }];
  const p = plan(job(spec), [
    disrupted,
    pod('p1', { index: 1, phase: 'Failed', finished: 10, exitCode: 3 }),
    pod('p2', { index: 2 }),
  ]);
  assert.equal(statusOf(p).failedIndexes, '1');
  const made = p.writes!.flatMap(w => (w.verb === 'create' ? [w.object.metadata.annotations] : []));
  assert.equal(made[0]?.[IGNORED_COUNT_KEY], '1');
  const tooMany = plan(job({ ...spec, maxFailedIndexes: 0 }), [
    pod('p1', { index: 1, phase: 'Failed', finished: 10, exitCode: 3 }),
  ]);
  assert.deepEqual(reasons(tooMany)[0], 'FailureTarget=True MaxFailedIndexesExceeded');
});

test('ends an Indexed Job by its success policy and stops the rest', () => {
  const successPolicy = { rules: [{ succeededIndexes: '0', succeededCount: 1 }] };
  const spec = { completionMode: 'Indexed' as const, completions: 3, parallelism: 3, successPolicy };
  const pods = [pod('p0', { index: 0, phase: 'Succeeded', finished: 10, exitCode: 0 }), pod('p1', { index: 1 })];
  const first = plan(job(spec), pods);
  assert.deepEqual(reasons(first), ['SuccessCriteriaMet=True SuccessPolicy']);
  assert.equal(statusOf(first).conditions?.[0]?.message, 'Matched rules at index 0');
  assert.deepEqual(
    writesOf(first).filter(w => w.startsWith('delete')),
    ['delete v1/Pod p1'],
  );
});

test('works off a queue: completes when one succeeded and all have ended', () => {
  const { completions: _, ...spec } = job().spec!;
  const queue: Job = { ...job(), spec: { ...spec, parallelism: 2 } };
  const running = planOf(
    controller,
    queue,
    { objects: [pod('p', { phase: 'Succeeded', finished: 9, exitCode: 0 }), pod('q')] },
    at(100),
  );
  assert.deepEqual(writesOf(running), []);
  assert.deepEqual(reasons(running), []);
  const ended = planOf(controller, queue, { objects: [pod('p', { phase: 'Succeeded', finished: 9, exitCode: 0 })] }, at(100));
  assert.deepEqual(reasons(ended).at(-1), 'Complete=True CompletionsReached');
});

test('deletes a finished Job when its time to live is over', () => {
  const conditions = [{ type: 'Complete', status: 'True' as const, lastTransitionTime: wire(10) }];
  const early = plan(job({ ttlSecondsAfterFinished: 60 }, { conditions }), [], at(30));
  assert.deepEqual(early.requeueAt, at(70));
  assert.deepEqual(writesOf(plan(job({ ttlSecondsAfterFinished: 60 }, { conditions }), [], at(70))), [
    'delete batch/v1/Job train',
  ]);
});

test('leaves Jobs of other managers alone, and frees Pods of Jobs that are gone', () => {
  assert.deepEqual(plan(job({ managedBy: 'kueue.x-k8s.io/multikueue' }), []), {});
  assert.deepEqual(writesOf(planOf(orphanedJobPods, pod('p'), {}, at(1))), ['patch v1/Pod p']);
  assert.deepEqual(writesOf(planOf(orphanedJobPods, pod('p'), { objects: [job()] }, at(1))), []);
});

test('writes and reads lists of indexes', () => {
  assert.equal(formatIndexes([5, 0, 1, 2, 7, 8]), '0-2,5,7,8');
  assert.deepEqual([...parseIndexes('0-2,5')], [0, 1, 2, 5]);
  assert.equal(formatIndexes([]), '');
});
