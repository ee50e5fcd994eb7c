import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalQuantity, compareQuantities, parseQuantity } from './index.ts';

const canonical: [string | number, string | undefined][] = [
  ['1000m', '1'],
  ['1500m', '1500m'],
  ['0.5', '500m'],
  [0.5, '500m'],
  [2, '2'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['512', '512'],
  ['1000k', '1M'],
  ['1e3', '1e3'],
  ['0', '0'],
  ['0Gi', '0'],
  ['100u', '1m'],
  ['-1Ki', '-1Ki'],
  ['abc', undefined],
  ['', undefined],
  ['1.5.2', undefined],
  ['.', undefined],
];
for (const [given, expected] of canonical) {
  test(`writes the quantity ${JSON.stringify(given)} as ${expected}`, () => assert.equal(canonicalQuantity(given), expected));
}

test('compares quantities across their units', () => {
  assert.equal(compareQuantities('1Gi', '1G'), 1);
  assert.equal(compareQuantities('1000m', '1'), 0);
  assert.equal(compareQuantities('999m', 1), -1);
});

test('reads amounts exactly', () => {
  assert.equal(parseQuantity('8E')!.nanos, 8n * 10n ** 27n);
  assert.equal(parseQuantity('1n')!.nanos, 1n);
});
