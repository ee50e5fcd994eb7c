import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expand } from './expand.ts';

const VALUES = new Map([
  ['A', 'one'],
  ['EMPTY', ''],
  ['NESTED', '$(A)'],
]);
const TABLE: [string, string][] = [
  ['plain', 'plain'],
  ['$(A)', 'one'],
  ['x$(A)y$(A)z', 'xoneyonez'],
  ['$(EMPTY)!', '!'],
  ['$(UNKNOWN)', '$(UNKNOWN)'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$one'],
  ['$$$$(A)', '$$(A)'],
  ['$(NESTED)', '$(A)'],
  ['cost: $5', 'cost: $5'],
  ['$', '$'],
  ['$(A', '$(A'],
  ['$A', '$A'],
  ['$()', '$()'],
];
for (const [text, expected] of TABLE) {
  test(`expands ${text}`, () =>
    assert.equal(
      expand(text, name => VALUES.get(name)),
      expected,
    ));
}
