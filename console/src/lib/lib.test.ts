import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lineDiff } from './diff.ts';
import { binaryText, quantity } from './quantity.ts';
import { clockText, momentText, parseSpan, parseTime, uptimeText } from './time.ts';

describe('lineDiff', () => {
  it('shows a changed line with its neighbours', () => {
    assert.deepEqual(
      lineDiff('a\nb\nc\nd\ne', 'a\nb\nX\nd\ne').map(l => l.sign + l.text),
      [' a', ' b', '-c', '+X', ' d', ' e'],
    );
  });
  it('is empty for equal texts', () => assert.deepEqual(lineDiff('a\nb', 'a\nb\n'), []));
  it('finds an inserted line', () =>
    assert.deepEqual(
      lineDiff('a\nc', 'a\nb\nc')
        .filter(l => l.sign === '+')
        .map(l => l.text),
      ['b'],
    ));
});
describe('times', () => {
  it('are short', () => {
    assert.equal(clockText(1_122_000), '18:42');
    assert.equal(clockText(3_850_000), '1:04:10');
    assert.equal(uptimeText((6 * 24 + 4) * 3_600_000), '6 d 4 h');
  });
  it('name the day only when needed', () => {
    const now = new Date('2026-11-24T14:55:00').getTime();
    assert.equal(momentText(new Date('2026-11-24T13:55:00').getTime(), now), '13:55');
    assert.equal(momentText(new Date('2026-11-23T14:37:00').getTime(), now), 'yesterday 14:37');
    assert.equal(momentText(new Date('2026-11-22T14:37:00').getTime(), now), 'Sun 14:37');
  });
  it('treat 1970 as not yet', () => assert.equal(parseTime('1970-01-01T00:00:00Z'), undefined));
  it('read spans', () => assert.equal(parseSpan('7d'), 604_800_000));
});
describe('quantities', () => {
  it('read Kubernetes', () => assert.deepEqual(['500m', '8Gi', '2', '1e3', 'x'].map(quantity), [0.5, 2 ** 33, 2, 1000, 0]));
  it('write units', () => assert.equal(binaryText(31.2 * 2 ** 30), '31.2 GiB'));
});
