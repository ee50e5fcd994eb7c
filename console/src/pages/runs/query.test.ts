import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeRuns } from '../../../fixtures/runs.ts';
import { drawnAt } from '../../../fixtures/time.ts';
import { matches, needsClient, parseQuery, parseToken, type QueryContext, toPredicates, without } from './query.ts';

const context: QueryContext = {
  now: drawnAt,
  pipelineName: run => run.pipeline_version_reference?.pipeline_id.slice(2) ?? '',
  experimentId: name => (name === 'daily' ? 'e-daily' : undefined),
};
describe('query', () => {
  it('reads keys, comparisons and bare words', () => {
    assert.deepEqual(
      parseQuery('status:failed metric.auc>0.9 fraud').map(t => [t.key, t.op, t.value]),
      [
        ['status', ':', 'failed'],
        ['metric.auc', '>', '0.9'],
        ['name', ':', 'fraud'],
      ],
    );
  });
  it('keeps quoted values together', () => assert.equal(parseQuery('pipeline:"a b" c').length, 2));
  it('explains what it cannot use', () => {
    assert.match(parseToken('status:broken').error!, /no status/);
    assert.match(parseToken('metric.auc>').error!, /no number/);
    assert.match(parseToken('colour:red').error!, /no key/);
  });
  it('asks the server for what KFP can filter', () => {
    assert.deepEqual(toPredicates(parseQuery('status:failed churn started:<7d'), context), [
      { operation: 'EQUALS', key: 'storage_state', string_value: 'AVAILABLE' },
      { operation: 'EQUALS', key: 'state', string_value: 'FAILED' },
      { operation: 'IS_SUBSTRING', key: 'display_name', string_value: 'churn' },
      { operation: 'GREATER_THAN', key: 'created_at', timestamp_value: '2026-11-17T14:55:00.000Z' },
    ]);
    assert.equal(toPredicates(parseQuery('experiment:daily'), context)[1]!['string_value'], 'e-daily');
    assert.equal(toPredicates(parseQuery('archived:yes'), context)[0]!['string_value'], 'ARCHIVED');
  });
  it('checks the rest itself', () => {
    const tokens = parseQuery('pipeline:fraud-train metric.auc>=0.9388 param.batch_size=1024');
    assert.ok(needsClient(tokens));
    const found = makeRuns().filter(run => matches(run, tokens, context));
    assert.deepEqual(
      found.map(r => r.display_name),
      ['fraud-train-8842', 'fraud-train-8841', 'fraud-train-8840'],
    );
  });
  it('lets a broken token filter nothing', () => assert.ok(matches(makeRuns()[0]!, parseQuery('metric.auc>x'), context)));
  it('drops one token', () => {
    const tokens = parseQuery('a status:failed');
    assert.equal(without(tokens, tokens[0]!), 'status:failed');
  });
});
