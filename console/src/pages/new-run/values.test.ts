import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pipelineView } from '../../../fixtures/run-view.ts';
import { checkDraft, runCommand } from './values.ts';

const { parameters } = pipelineView();
describe('checkDraft', () => {
  it('asks only for what has no default', () => assert.deepEqual(Object.keys(checkDraft(parameters, {}).errors), ['target']));
  it('sends typed values and leaves untouched ones out', () => {
    const draft = { target: 'churned_30d', days: '30', eta: '1e-3', deploy: 'false', depths: '[1,2]', split: '{"a":1}' };
    assert.deepEqual(checkDraft(parameters, draft), {
      values: { days: 30, target: 'churned_30d', depths: [1, 2], eta: 0.001, deploy: false, split: { a: 1 } },
      errors: {},
    });
  });
  it('says what is wrong and what would work', () => {
    const { errors } = checkDraft(parameters, { target: 'x', days: '1.5', depths: '{}', split: '[' });
    assert.match(errors['target']!, /churned_30d, churned_90d/);
    assert.match(errors['days']!, /1\.5/);
    assert.match(errors['depths']!, /\[1, 2\]/);
    assert.match(errors['split']!, /No JSON/);
  });
  it('keeps an empty string as a value', () =>
    assert.equal(checkDraft(parameters, { target: 'churned_30d', note: '' }).values['note'], ''));
});
it('quotes for the shell', () =>
  assert.equal(runCommand('p', { a: "it's", b: [1, 2], c: 'x' }), "skiff run p -p a='it'\\''s' -p b='[1,2]' -p c=x"));
