import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromKfpHash } from './kfp-links.ts';

test('links of the SDK lead to the pages of the console', () => {
  assert.equal(fromKfpHash('#/runs/details/1-2'), '/runs/1-2');
  assert.equal(fromKfpHash('#/pipelines/details/1/version/2'), '/pipelines/1?version=2');
  assert.equal(fromKfpHash('#/pipelines/details/1'), '/pipelines/1');
  assert.equal(fromKfpHash('#/experiments/details/1'), '/experiments/1');
  assert.equal(fromKfpHash('#token=x'), undefined);
});
