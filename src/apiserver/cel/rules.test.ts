import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from '../../kube/index.ts';
import { compileErrorsOf, rulesErrorsOf } from './index.ts';

const withRule = (schema: Schema, rule: string, more: object = {}): Schema => ({
  ...schema,
  'x-kubernetes-validations': [{ rule, ...more }],
});
const root = (spec: Schema): Schema => ({ type: 'object', properties: { spec } });
const lines = (found: readonly { field: string; message: string }[]) => found.map(e => `${e.field}: ${e.message}`);
const compileLines = (schema: Schema) => lines(compileErrorsOf(root(schema), '$'));
const run = (schema: Schema, spec: unknown, old?: unknown) =>
  lines(rulesErrorsOf(root(schema), { spec }, old === undefined ? undefined : { spec: old }, []));
const object = (properties: Record<string, Schema>): Schema => ({ type: 'object', properties });
const counts = object({ min: { type: 'integer' }, max: { type: 'integer' } });
const RULE = '$.properties[spec].x-kubernetes-validations[0]';

test('a rule that does not compile is refused with place and mark', () => {
  assert.deepEqual(compileLines(withRule(counts, 'self.minn > 0')), [
    `${RULE}.rule: Invalid value: {"Rule":"self.minn > 0","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: undefined field 'minn'\n | self.minn > 0\n | ....^`,
  ]);
  assert.match(
    compileLines(withRule(counts, 'self.min > "a"'))[0]!,
    /found no matching overload for '_>_' applied to '\(int, string\)'\n \| self.min > "a"\n \| \.{9}\^$/,
  );
  assert.match(compileLines(withRule(counts, 'self.min'))[0]!, /: must evaluate to a bool$/);
  assert.match(compileLines(withRule(counts, 'self.min >'))[0]!, /compilation failed: ERROR: <input>:1:\d+: Syntax error: /);
  assert.match(
    compileLines(withRule(counts, 'true', { messageExpression: 'self.min' }))[0]!,
    /messageExpression: .*must evaluate to a string$/,
  );
  assert.match(
    compileLines(withRule(counts, 'true', { fieldPath: '.nope' }))[0]!,
    /fieldPath: .*does not refer to a valid field$/,
  );
});

test('a rule that may cost too much is refused, and passes with bounds', () => {
  const texts = (maxItems?: number): Schema => ({
    type: 'array',
    items: { type: 'string', maxLength: 64 },
    ...(maxItems ? { maxItems } : {}),
  });
  const rule = 'self.all(a, self.exists_one(b, a == b))';
  assert.match(
    compileLines(withRule(texts(), rule))[0]!,
    /rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x \(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared\)$/,
  );
  assert.deepEqual(compileLines(withRule(texts(64), rule)), []);
  const nested: Schema = { type: 'array', items: withRule(texts(64), rule), maxItems: 10_000 };
  assert.match(compileLines(nested).join('\n'), /cost total for entire OpenAPIv3 schema exceeds budget by factor of/);
});

test('integers are ints, numbers doubles, and unset members absent', () => {
  const schema = withRule(
    object({ n: { type: 'integer' }, x: { type: 'number' }, port: { 'x-kubernetes-int-or-string': true } }),
    '!has(self.x) || self.n + 1 > int(self.x) && self.x / 2.0 < 10.0 && (self.port == 80 || self.port == "http")',
  );
  assert.deepEqual(compileLines(schema), []);
  assert.deepEqual(run(schema, { n: 3, x: 3, port: 80 }), []);
  assert.deepEqual(run(schema, { n: 3, x: 3, port: 'http' }), []);
  assert.equal(run(schema, { n: 3, x: 3, port: 81 }).length, 1);
  assert.deepEqual(run(schema, {}), []);
});

test('message, messageExpression, reason and fieldPath shape the error', () => {
  const rule = 'self.min <= self.max';
  const bad = { min: 3, max: 2 };
  assert.deepEqual(run(withRule(counts, rule), bad), [`spec: Invalid value: "object": failed rule: ${rule}`]);
  assert.deepEqual(run(withRule(counts, rule, { message: 'order them' }), bad), ['spec: Invalid value: "object": order them']);
  const worded = {
    messageExpression: '"%d is over %d".format([self.min, self.max])',
    message: 'unused',
    reason: 'FieldValueForbidden',
    fieldPath: '.min',
  };
  assert.deepEqual(run(withRule(counts, rule, worded), bad), ['spec.min: Forbidden: 3 is over 2']);
  assert.deepEqual(run(withRule(counts, rule, { messageExpression: 'string(1 / 0)', message: 'm' }), bad), [
    'spec: Invalid value: "object": m',
  ]);
});

test('transition rules run with a value before, or always with optionalOldSelf', () => {
  const text = withRule({ type: 'string' }, 'self == oldSelf', { message: 'immutable' });
  assert.deepEqual(run(text, 'a'), []);
  assert.deepEqual(run(text, 'b', 'a'), ['spec: Invalid value: "string": immutable']);
  const optional = withRule({ type: 'string' }, 'oldSelf.hasValue() || self == "first"', { optionalOldSelf: true });
  assert.equal(run(optional, 'b').length, 1);
  assert.deepEqual(run(optional, 'b', 'a'), []);
  const inList: Schema = { type: 'array', maxItems: 3, items: text };
  assert.match(
    compileLines(inList)[0]!,
    /oldSelf cannot be used on the uncorrelatable portion of the schema within \$\.properties\[spec\]$/,
  );
});

test('items of map lists meet their past by key; sets have no order', () => {
  const item = withRule(
    object({ name: { type: 'string', maxLength: 9 }, size: { type: 'integer' } }),
    'self.size >= oldSelf.size',
  );
  const listed: Schema = {
    type: 'array',
    maxItems: 5,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items: item,
  };
  assert.deepEqual(compileLines(listed), []);
  const shrunk = run(listed, [{ name: 'b', size: 9 }, { name: 'a', size: 1 }], [{ name: 'a', size: 2 }, { name: 'b', size: 8 }]); // biome-ignore format: two lists
  assert.deepEqual(shrunk, ['spec[1]: Invalid value: "object": failed rule: self.size >= oldSelf.size']);
  const set = withRule(
    { type: 'array', maxItems: 5, 'x-kubernetes-list-type': 'set', items: { type: 'string', maxLength: 9 } },
    'self == oldSelf',
  );
  assert.deepEqual(run(set, ['a', 'b'], ['b', 'a']), []);
});

test('what did not change is not judged again', () => {
  const schema = object({ a: withRule({ type: 'integer' }, 'self > 5'), b: { type: 'integer' } });
  assert.deepEqual(run(schema, { a: 1, b: 2 }, { a: 1, b: 1 }), []);
  assert.equal(run(schema, { a: 2 }, { a: 1 }).length, 1);
});

test('names that are no identifiers are escaped', () => {
  const schema = withRule(
    object({ 'a-b': { type: 'integer' }, 'x.y': { type: 'integer' }, in: { type: 'integer' } }),
    'self.a__dash__b + self.x__dot__y + self.__in__ == 6',
  );
  assert.deepEqual(compileLines(schema), []);
  assert.deepEqual(run(schema, { 'a-b': 1, 'x.y': 2, in: 3 }), []);
});

test('failures and exhausted budgets are told', () => {
  assert.deepEqual(run(withRule(counts, 'self.min / self.max > 0'), { min: 1, max: 0 }), [
    'spec: Invalid value: "object": division by zero evaluating rule: self.min / self.max > 0',
  ]);
  const heavy = withRule({ type: 'array', items: { type: 'integer' } }, 'self.all(a, self.all(b, true))');
  const long = Array.from({ length: 1000 }, (_, i) => i);
  assert.match(run(heavy, long)[0]!, /no further validation rules will be run due to call cost exceeds limit for rule/);
});

test('rules wait until the object is well formed', () => {
  const found = [{ reason: 'FieldValueRequired' as const, field: 'spec', message: 'Required value' }];
  assert.deepEqual(lines(rulesErrorsOf(root(withRule(counts, 'false')), {}, undefined, found)), [
    '<nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  ]);
});
