import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldTypeOf } from './field-type.ts';
import { fieldsOf } from './fields-of.ts';

test('members of an object of which the schema says nothing have owners of their own', () => {
  const free = fieldTypeOf({ type: 'object', properties: { free: { type: 'object' } } });
  assert.deepEqual(fieldsOf({ free: { a: { b: 1 }, list: [{ c: 1 }] } }, free), {
    'f:free': { 'f:a': { '.': {}, 'f:b': {} }, 'f:list': {} },
  });
  const closed = fieldTypeOf({ type: 'object', properties: { known: { type: 'string' } } });
  assert.deepEqual(fieldsOf({ other: { b: 1 } }, closed), { 'f:other': {} });
});
