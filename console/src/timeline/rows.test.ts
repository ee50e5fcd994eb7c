import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { churnView, viewOf } from '../../fixtures/run-view.ts';
import { makeRuns } from '../../fixtures/runs.ts';
import { drawnAt } from '../../fixtures/time.ts';
import { clockText } from '../lib/time.ts';
import { forecast } from './predict.ts';
import { timelineRows } from './rows.ts';
import { timeScale } from './scale.ts';

const previous = viewOf(makeRuns().find(r => r.display_name === 'churn-daily-2026-11-22')!);
const predicted = forecast(churnView(), previous, drawnAt);
const rows = timelineRows(churnView(), predicted, new Set(), drawnAt);

describe('timelineRows', () => {
  it('shows failed and running iterations and folds the rest', () => {
    assert.deepEqual(
      rows.map(r => `${r.label}${r.tail ? ` ${r.tail}` : ''}`),
      [
        'ingest-events',
        'load-labels',
        'build-features',
        'train × 12',
        'train 7',
        'train 11',
        'train 12',
        '9 succeeded',
        'select-best',
        'evaluate',
        'register-model',
        'deploy-canary',
      ],
    );
  });
  it('draws each attempt and says what they have in common', () => {
    const seven = rows.find(r => r.tail === '7')!;
    assert.equal(seven.bars.length, 2);
    assert.equal(seven.note, 'both out of memory');
  });
  it('closes a loop that is toggled', () => {
    assert.equal(timelineRows(churnView(), predicted, new Set(['for-loop-1']), drawnAt).length, rows.length - 4);
  });
  it('opens a fold that is toggled', () => {
    assert.equal(timelineRows(churnView(), predicted, new Set(['for-loop-1#done']), drawnAt).length, rows.length + 9);
  });
});
describe('forecast', () => {
  it('starts a waiting task after the forecast end of its predecessors', () => {
    assert.ok(predicted.get('evaluate')!.start > predicted.get('select-best')!.end);
  });
  it('takes the duration of the last good run', () => {
    const { start, end } = predicted.get('evaluate')!;
    assert.equal(clockText(end - start), '1:10');
  });
  it('sees through conditions', () =>
    assert.ok(predicted.get('condition-2.deploy-canary')!.start > predicted.get('evaluate')!.end));
  it('says nothing without a run to learn from', () => assert.equal(forecast(churnView(), undefined, drawnAt).size, 0));
});
describe('timeScale', () => {
  it('uses round steps only', () => {
    assert.deepEqual(timeScale(24 * 60_000, 720), { stepMs: 60_000, bands: 24, spanMs: 24 * 60_000, labelEvery: 4 });
    assert.equal(timeScale(3 * 3_600_000, 720).stepMs, 600_000);
  });
  it('never gives more than the allowed bands', () => {
    for (const ms of [1, 999, 5e3, 7e4, 3.3e6, 9e7, 4e9]) assert.ok(timeScale(ms, 700).bands <= 26);
  });
});
