import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliOf, parseQuantity } from './quantity.ts';

const QUANTITIES: [string | number | undefined, number][] = [
  [undefined, 0],
  [2, 2],
  ['100m', 0.1],
  ['1.5', 1.5],
  ['64Mi', 67_108_864],
  ['1k', 1000],
  ['2e3', 2000],
  ['1E', 1e18],
  ['wrong', 0],
];
for (const [text, value] of QUANTITIES) test(`${text} is ${value}`, () => assert.equal(parseQuantity(text), value));

test('counts in thousandths without an error that adds up', () => {
  assert.equal(milliOf('100m') + milliOf('200m'), milliOf('300m'));
  assert.equal(milliOf('64Gi'), 64 * 2 ** 30 * 1000);
});
