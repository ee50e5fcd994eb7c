import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allCompleted, allSucceeded, holds } from './edges.ts';
import type { Outcome } from './graph.ts';

const outcomes: Record<string, Outcome> = { good: 'succeeded', kept: 'cached', bad: 'failed', not: 'skipped' };
const of = (node: string) => outcomes[node]!;

test('a cached node counts as succeeded, a skipped one does not', () => {
  assert.equal(holds(allSucceeded(['good', 'kept']), of), true);
  assert.equal(holds(allSucceeded(['good', 'not']), of), false);
});
test('completion asks for nothing', () => {
  assert.equal(holds(allCompleted, of), true);
});
test('formulas combine', () => {
  const bad = { node: 'bad', is: ['failed' as const] };
  assert.equal(holds({ any: [allSucceeded(['not']), bad] }, of), true);
  assert.equal(holds({ not: bad }, of), false);
});
