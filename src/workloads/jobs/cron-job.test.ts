import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controllerRef } from '../objects.ts';
import { planOf, writesOf } from '../testing.ts';
import { type CronJob, cronJobs } from './cron-job.ts';
import type { Job } from './job-object.ts';

const time = (text: string) => new Date(`2026-01-05T${text}Z`);
const cronJob = (spec: Partial<CronJob['spec'] & object> = {}, status: CronJob['status'] & object = {}): CronJob => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'c', namespace: 'a', uid: 'c-uid', creationTimestamp: '2026-01-05T10:00:30Z' },
  spec: { schedule: '*/5 * * * *', jobTemplate: { metadata: { labels: { l: 'x' } }, spec: { template: {} } }, ...spec },
  status,
});
const job = (name: string, ended?: 'Complete' | 'Failed', at = '2026-01-05T10:06:00Z'): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: 'a', uid: name, ownerReferences: [controllerRef(cronJob() as never)] },
  status: ended
    ? {
        conditions: [{ type: ended, status: 'True', lastTransitionTime: at }],
        ...(ended === 'Complete' ? { completionTime: at } : {}),
      }
    : {},
});
const minutes = (d: Date) => Math.floor(d.getTime() / 60_000);

test('waits for its time and makes one Job then, named by it', () => {
  const early = planOf(cronJobs, cronJob(), {}, time('10:04:00'));
  assert.deepEqual([early.writes, early.requeueAt], [[], time('10:05:00')]);
  const due = planOf(cronJobs, cronJob(), {}, time('10:05:00'));
  assert.deepEqual(writesOf(due), [`create batch/v1/Job c-${minutes(time('10:05:00'))}`]);
  const made = (due.writes![0] as { object: Job }).object;
  assert.deepEqual(
    [made.metadata.labels, made.metadata.annotations],
    [{ l: 'x' }, { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-05T10:05:00Z' }],
  );
  assert.equal((due.status as CronJob['status'])?.lastScheduleTime, '2026-01-05T10:05:00Z');
  const served = planOf(cronJobs, cronJob({}, { lastScheduleTime: '2026-01-05T10:05:00Z' }), {}, time('10:06:00'));
  assert.deepEqual([served.writes, served.requeueAt], [[], time('10:10:00')]);
});

test('makes up once for what was missed, within the deadline', () => {
  const late = planOf(cronJobs, cronJob(), {}, time('10:23:00'));
  assert.deepEqual(writesOf(late), [`create batch/v1/Job c-${minutes(time('10:20:00'))}`]);
  assert.deepEqual(planOf(cronJobs, cronJob({ startingDeadlineSeconds: 60 }), {}, time('10:23:00')).writes, []);
});

test('counts too many missed times, and still serves the last', () => {
  const old = {
    ...cronJob({ schedule: '* * * * *' }),
    metadata: { ...cronJob().metadata, creationTimestamp: '2025-01-01T00:00:00Z' },
  };
  const p = planOf(cronJobs, old, {}, time('10:23:10'));
  assert.deepEqual(writesOf(p), [`create batch/v1/Job c-${minutes(time('10:23:00'))}`]);
  assert.equal(p.events?.[0]?.reason, 'TooManyMissedTimes');
});

test('obeys its concurrency policy', () => {
  const objects = [job('running')];
  const forbid = planOf(cronJobs, cronJob({ concurrencyPolicy: 'Forbid' }), { objects }, time('10:05:00'));
  assert.deepEqual([forbid.writes, forbid.events?.[0]?.reason], [[], 'JobAlreadyActive']);
  const replace = planOf(cronJobs, cronJob({ concurrencyPolicy: 'Replace' }), { objects }, time('10:05:00'));
  assert.deepEqual(
    writesOf(replace).map(w => w.split(' ')[0]),
    ['delete', 'create'],
  );
  const allow = planOf(cronJobs, cronJob(), { objects }, time('10:05:00'));
  assert.equal((allow.status as CronJob['status'])?.active?.length, 2);
});

test('does nothing while suspended, and keeps its history short', () => {
  assert.deepEqual(planOf(cronJobs, cronJob({ suspend: true }), {}, time('11:00:00')).writes, []);
  const objects = [1, 2, 3, 4]
    .map(i => job(`ok${i}`, 'Complete', `2026-01-05T10:0${i}:00Z`))
    .concat([job('bad1', 'Failed'), job('bad2', 'Failed', '2026-01-05T10:09:00Z')]);
  const p = planOf(cronJobs, cronJob({ suspend: true }), { objects }, time('11:00:00'));
  assert.deepEqual(writesOf(p), ['delete batch/v1/Job ok1', 'delete batch/v1/Job bad1']);
  assert.equal((p.status as CronJob['status'])?.lastSuccessfulTime, '2026-01-05T10:04:00Z');
});

test('reads time zones, and says when a schedule does not parse', () => {
  const tokyo = planOf(cronJobs, cronJob({ schedule: '0 19 * * *', timeZone: 'Asia/Tokyo' }), {}, time('09:00:00'));
  assert.deepEqual(tokyo.requeueAt, time('10:00:00'));
  assert.equal(planOf(cronJobs, cronJob({ schedule: 'x' }), {}, time('10:00:00')).events?.[0]?.reason, 'UnparseableSchedule');
});
