import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeRow } from '../api/node.ts';
import type { Run } from '../api/run.ts';
import { explainNode, explainRun } from './why.ts';

const row = (more: Partial<NodeRow>): NodeRow => ({
  runUid: 'u',
  id: 'train',
  taskName: 'train',
  displayName: 'train',
  kind: 'task',
  state: 'Failed',
  createdAt: '2026-01-01T00:00:00Z',
  inputs: { parameters: {}, artifacts: [] },
  outputs: { parameters: {}, artifacts: [] },
  attempts: [{ number: 0, pod: 'p', state: 'Failed', exitCode: 1 }],
  ...more,
});
const run = { metadata: { name: 'r' }, status: { state: 'RUNNING' } } as unknown as Run;

test('a failure is told by the last line of its log, short, with the way to see more', () => {
  const why = explainNode('r', row({}), ['Traceback (most recent call last):', `ValueError: ${'x'.repeat(200)}`, ''])!;
  assert.match(why.sentence, /^train failed: ValueError: x+/);
  assert.ok(why.sentence.length <= 140);
  assert.deepEqual(
    why.chain.map(s => s.kind),
    ['Run', 'Task', 'Pod'],
  );
  assert.equal(why.remedy!.command, 'skiff logs run/u --task train');
});
test('what ended well needs no reason', () => {
  assert.equal(explainNode('r', row({ state: 'Succeeded' })), undefined);
});
test('a skipped task says what left it out', () => {
  assert.equal(
    explainNode('r', row({ state: 'Skipped', attempts: [], message: 'condition x is false' }))!.sentence,
    'train did not run: condition x is false',
  );
});
test('a run under way names what runs, or the Pod that does not start', () => {
  const running = row({ state: 'Running' });
  assert.equal(explainRun(run, [running])!.sentence, 'r is not done: train is running');
  const waiting = { node: 'train', pod: 'p', what: 'no such image' };
  assert.equal(explainRun(run, [running], waiting)!.sentence, 'r is not done: train has not started: no such image');
});
