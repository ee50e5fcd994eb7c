import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frozen } from '../../kube/types.ts';
import type { StepPod } from './pod-parts.ts';
import { podFact, releasable } from './run.ts';

const pod = (metadata: object, phase: string) =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ...metadata }, status: { phase } }) as unknown as Frozen<StepPod>;

test('a Pod that was deleted before it ran has ended; one in its grace has not', () => {
  assert.equal(podFact(pod({}, 'Pending')).phase, 'pending');
  const deletionTimestamp = '2026-01-01T00:00:00Z';
  assert.equal(podFact(pod({ deletionTimestamp, deletionGracePeriodSeconds: 0 }, 'Pending')).phase, 'failed');
  assert.equal(podFact(pod({ deletionTimestamp, deletionGracePeriodSeconds: 30 }, 'Pending')).phase, 'pending');
  assert.equal(podFact(pod({ deletionTimestamp, deletionGracePeriodSeconds: 30 }, 'Running')).phase, 'running');
});

test('Pods that have ended are let go together a little later, one that is being deleted at once', () => {
  const ended = (name: string, second: number, metadata: object = {}) => ({
    ...pod({ name, ...metadata }, 'Succeeded'),
    status: {
      phase: 'Succeeded',
      containerStatuses: [{ name: 'main', state: { terminated: { exitCode: 0, finishedAt: `2026-01-01T00:00:0${second}Z` } } }],
    },
  });
  const pods = [ended('a', 1), ended('b', 2), ended('c', 3), ended('d', 3, { deletionTimestamp: '2026-01-01T00:00:03Z' })];
  const { due, requeueAt } = releasable(pods as Frozen<StepPod>[], new Date('2026-01-01T00:00:03Z'));
  assert.deepEqual(
    due.map(p => p.metadata.name),
    ['a', 'b', 'd'],
  );
  assert.equal(requeueAt?.toISOString(), '2026-01-01T00:00:04.000Z');
});
