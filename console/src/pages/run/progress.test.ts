import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { churnView } from '../../../fixtures/run-view.ts';
import { blockedBy, cachedOf, failedNodes, failedNotice, inputDifferences, progressOf, siblingsOf } from './progress.ts';

const view = churnView();
const seven = failedNodes(view)[0]!;

describe('run progress', () => {
  it('counts work by leaves, so a loop weighs as much as its iterations', () => {
    const { ok, failed, running } = progressOf(view);
    assert.equal(ok, 12 / 19);
    assert.equal(failed, 1 / 19);
    assert.equal(running, 2 / 19);
  });
  it('names failed iterations as iterations', () => assert.equal(failedNotice(view), '1 iteration failed'));
  it('counts a loop as one task among the cached', () => assert.deepEqual(cachedOf(view), { cached: 1, total: 8 }));
  it('finds the inputs that only the failed iteration has', () => {
    assert.deepEqual(inputDifferences(seven, siblingsOf(view, seven)), [
      { name: 'max_depth', value: 9, others: 'others 5 to 8' },
      { name: 'batch_size', value: 4096, others: 'others 1024' },
    ]);
  });
  it('lists what waits for a failed iteration, nearest first', () => {
    assert.deepEqual(
      blockedBy(view, seven).map(n => n.displayName),
      ['select-best', 'evaluate', 'register-model', 'deploy-canary'],
    );
  });
});
