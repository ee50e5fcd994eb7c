import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { compilePattern } from './pattern.ts';

const matches = (pattern: string, text: string) => {
  const matcher = compilePattern(pattern);
  assert.ok('matches' in matcher, `${pattern} compiles`);
  return matcher.matches(text);
};

test('matches anywhere, as Go does, unless anchored', () => {
  assert.equal(matches('b', 'abc'), true);
  assert.equal(matches('^b', 'abc'), false);
  assert.equal(matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', 'my-name'), true);
  assert.equal(matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', 'My-name'), false);
});

test('reads flags and classes of RE2', () => {
  assert.equal(matches('(?i)^abc$', 'ABC'), true);
  assert.equal(matches('^[[:alpha:]]+$', 'abc'), true);
  assert.equal(matches('^.$', '\r'), true);
});

test('says what is wrong with a pattern that does not compile', () => {
  assert.ok('problem' in compilePattern('('));
  assert.ok('problem' in compilePattern('a(?=b)'));
});

test('does not run away', () => {
  assert.equal(matches('^(a+)+$', `${'a'.repeat(40)}!`), false);
  assert.equal(matches(`^${'[a-z]?'.repeat(40)}$`, '!'), false);
});

test('agrees with RE2 where it uses the quicker engine', () => {
  const piece = fc.constantFrom('a', 'b1', '-', '\\.', '\\d', '[a-c]', '[0-9]', '(a|b)', '^', '$', '|', '_');
  const pattern = fc.tuple(
    fc.array(piece, { maxLength: 5 }),
    fc.constantFrom('', '+', '*', '?', '{2}'),
    fc.array(piece, { maxLength: 3 }),
  );
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '-', '.', '_', '\n'), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, ([before, repeat, after], value) => {
      const source = before.join('') + (/[\w\]]$/.test(before.join('')) ? repeat : '') + after.join('');
      assert.equal(matches(source, value), RE2JS.compile(source).matcher(value).find(), `${source} on ${JSON.stringify(value)}`);
    }),
    { numRuns: 500, seed: 1 },
  );
});
