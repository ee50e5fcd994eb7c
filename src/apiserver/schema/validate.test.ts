import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from '../../kube/index.ts';
import { validate } from './index.ts';

const lines = (schema: Schema, value: unknown, old?: unknown) =>
  validate(schema, value, old).map(e => `${e.field}: ${e.message}`);
/** A schema for one member `a`, checked with a value for it. */
const member = (schema: Schema, a: unknown) => lines({ type: 'object', properties: { a: schema } }, { a });

const cases: [string, Schema, unknown, string[]][] = [
  ['a wrong type', { type: 'integer' }, 'x', ['a: Invalid value: "string": a in body must be of type integer: "string"']],
  [
    'a number with a fraction',
    { type: 'integer' },
    1.5,
    ['a: Invalid value: "number": a in body must be of type integer: "number"'],
  ],
  ['an integer as number', { type: 'number' }, 1, []],
  ['null', { type: 'string' }, null, ['a: Invalid value: "null": a in body must be of type string: "null"']],
  ['null where it may be', { type: 'string', nullable: true }, null, []],
  ['text for int-or-string', { 'x-kubernetes-int-or-string': true }, '25%', []],
  [
    'a boolean for int-or-string',
    { 'x-kubernetes-int-or-string': true },
    true,
    ['a: Invalid value: "boolean": a in body must be of type integer,string: "boolean"'],
  ],
  [
    'a value outside an enum',
    { type: 'string', enum: ['a', 'b'] },
    'q',
    ['a: Unsupported value: "q": supported values: "a", "b"'],
  ],
  ['a number outside an enum', { type: 'integer', enum: [1, 2] }, 3, ['a: Unsupported value: 3: supported values: "1", "2"']],
  ['long text', { type: 'string', maxLength: 2 }, 'abc', ['a: Too long: may not be more than 2 bytes']],
  ['long text of wide characters', { type: 'string', maxLength: 2 }, '👍👍', []],
  ['short text', { type: 'string', minLength: 2 }, 'a', ['a: Invalid value: "a": a in body should be at least 2 chars long']],
  ['text against a pattern', { type: 'string', pattern: '^a+$' }, 'b', [`a: Invalid value: "b": a in body should match '^a+$'`]],
  ['a pattern of RE2', { type: 'string', pattern: '(?i)^ab$' }, 'AB', []],
  ['a low number', { type: 'integer', minimum: 2 }, 1, ['a: Invalid value: 1: a in body should be greater than or equal to 2']],
  [
    'a number at an open bound',
    { type: 'integer', maximum: 2, exclusiveMaximum: true },
    2,
    ['a: Invalid value: 2: a in body should be less than 2'],
  ],
  [
    'a number that is no multiple',
    { type: 'number', multipleOf: 0.1 },
    0.25,
    ['a: Invalid value: 0.25: a in body should be a multiple of 0.1'],
  ],
  ['a multiple of a fraction', { type: 'number', multipleOf: 0.5 }, 1.5, []],
  [
    'many items',
    { type: 'array', items: { type: 'string' }, maxItems: 1 },
    ['x', 'y'],
    ['a: Too many: 2: must have at most 1 item'],
  ],
  [
    'few items',
    { type: 'array', items: { type: 'string' }, minItems: 1 },
    [],
    ['a: Invalid value: 0: a in body should have at least 1 items'],
  ],
  [
    'a wrong item',
    { type: 'array', items: { type: 'string' } },
    ['x', 1],
    ['a[1]: Invalid value: "integer": a[1] in body must be of type string: "integer"'],
  ],
  ['many members', { type: 'object', maxProperties: 1 }, { b: 1, c: 2 }, ['a: Too many: 2: must have at most 1 item']],
  ['an absent member', { type: 'object', required: ['b'] }, {}, ['a.b: Required value']],
  [
    'a wrong value of a map',
    { type: 'object', additionalProperties: { type: 'string' } },
    { 'x.y': 1 },
    ['a.x.y: Invalid value: "integer": a.x.y in body must be of type string: "integer"'],
  ],
  [
    'a wrong format',
    { type: 'string', format: 'date-time' },
    'yesterday',
    ['a: Invalid value: "yesterday": a in body must be of type date-time: "yesterday"'],
  ],
  ['an unknown format', { type: 'string', format: 'nonsense' }, 'x', []],
  [
    'a large int32',
    { type: 'integer', format: 'int32' },
    2 ** 31,
    ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in a'],
  ],
  [
    'none of anyOf',
    { type: 'object', anyOf: [{ required: ['b'] }, { required: ['c', 'd'] }] },
    {},
    ['<nil>: Invalid value: "": "a" must validate at least one schema (anyOf)', 'a.b: Required value'],
  ],
  [
    'two of oneOf',
    { type: 'object', oneOf: [{ required: ['b'] }, { required: ['c'] }] },
    { b: 1, c: 1 },
    ['<nil>: Invalid value: "": "a" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
  ],
  [
    'not all of allOf',
    { type: 'integer', allOf: [{ minimum: 1 }, { maximum: 5 }] },
    6,
    [
      'a: Invalid value: 6: a in body should be less than or equal to 5',
      '<nil>: Invalid value: "": "a" must validate all the schemas (allOf)',
    ],
  ],
  [
    'what must not be',
    { type: 'integer', not: { enum: [3] } },
    3,
    ['<nil>: Invalid value: "": "a" must not validate the schema (not)'],
  ],
  [
    'twice in a set',
    { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    ['x', 'y', 'x', 'x'],
    ['a[2]: Duplicate value: "x"'],
  ],
  [
    'twice the keys of a map list',
    { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: { type: 'object' } },
    [{ name: 'x' }, { name: 'x', b: 1 }],
    ['a[1]: Duplicate value: {"name":"x"}'],
  ],
];
for (const [what, schema, value, expected] of cases) {
  test(`says of ${what} what upstream says`, () => assert.deepEqual(member(schema, value), expected));
}

test('an update is not held back by what was wrong before and did not change', () => {
  const schema: Schema = {
    type: 'object',
    properties: { a: { type: 'string', maxLength: 1 }, b: { type: 'string', maxLength: 1 } },
  };
  assert.deepEqual(lines(schema, { a: 'long', b: 'new' }, { a: 'long', b: 'x' }), ['b: Too long: may not be more than 1 byte']);
});

test('items of a map list are paired by their keys in an update', () => {
  const list: Schema = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['k'],
    items: { type: 'object', properties: { k: { type: 'string' }, v: { type: 'string', maxLength: 1 } } },
  };
  const old = [
    { k: 'a', v: 'long' },
    { k: 'b', v: 'x' },
  ];
  assert.deepEqual(lines(list, [old[1], old[0]], old), []);
  assert.equal(lines({ ...list, 'x-kubernetes-list-type': 'atomic' }, [old[1], old[0]], old).length, 1);
});

test('a double item that was there before does not block an update', () => {
  const set: Schema = { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } };
  assert.deepEqual(lines(set, ['a', 'a', 'b'], ['a', 'a']), []);
  assert.deepEqual(lines(set, ['a', 'a'], ['a']), ['[1]: Duplicate value: "a"']);
});

test('an embedded object says what it is', () => {
  const pod: Schema = { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true };
  assert.deepEqual(member(pod, { apiVersion: 'v1', kind: 'Pod', metadata: {} }), []);
  assert.deepEqual(member(pod, { kind: '' }), ['a.apiVersion: Required value', 'a.kind: Invalid value: "": must not be empty']);
});

const formats: [string, string[], string[]][] = [
  ['date-time', ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.123+01:00'], ['2026-13-02T03:04:05Z', '2026-01-02']],
  ['date', ['2024-02-29'], ['2023-02-29', '24-1-1']],
  ['duration', ['1h30m', '22 ns', '0', '-1.5h'], ['1x', 'h']],
  ['ipv4', ['10.0.0.1'], ['10.0.0.256', '::1']],
  ['ipv6', ['::1'], ['10.0.0.1']],
  ['cidr', ['10.0.0.0/8', 'fd00::/64'], ['10.0.0.0', '10.0.0.0/33']],
  ['mac', ['01:23:45:67:89:ab'], ['01:23:45']],
  ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567']],
  ['uuid4', ['123e4567-e89b-42d3-a456-426614174000'], ['123e4567-e89b-12d3-a456-426614174000']],
  ['byte', ['aGVsbG8=', ''], ['a']],
  ['hostname', ['a.example.com'], ['-a.com']],
  ['email', ['a@example.com'], ['a']],
  ['uri', ['https://example.com/x', '/relative'], ['not a uri']],
  ['hexcolor', ['#fff'], ['#ffff']],
  ['isbn10', ['0321751043'], ['0321751041']],
  ['isbn13', ['978-0321751041'], ['978-0321751042']],
];
for (const [format, good, bad] of formats) {
  test(`knows the format ${format}`, () => {
    for (const text of good) assert.deepEqual(member({ type: 'string', format }, text), [], text);
    for (const text of bad) assert.equal(member({ type: 'string', format }, text).length, 1, text);
  });
}
