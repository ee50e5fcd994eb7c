import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frozen } from '../../kube/types.ts';
import type { StepPod } from './pod-parts.ts';
import { podFact } from './run.ts';

const pod = (metadata: object, phase: string) =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ...metadata }, status: { phase } }) as unknown as Frozen<StepPod>;

test('a Pod that was deleted before it ran has ended; one in its grace has not', () => {
  assert.equal(podFact(pod({}, 'Pending')).phase, 'pending');
  const deletionTimestamp = '2026-01-01T00:00:00Z';
  assert.equal(podFact(pod({ deletionTimestamp, deletionGracePeriodSeconds: 0 }, 'Pending')).phase, 'failed');
  assert.equal(podFact(pod({ deletionTimestamp, deletionGracePeriodSeconds: 30 }, 'Pending')).phase, 'pending');
  assert.equal(podFact(pod({ deletionTimestamp, deletionGracePeriodSeconds: 30 }, 'Running')).phase, 'running');
});
