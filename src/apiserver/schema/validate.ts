import type { Schema } from '../../kube/index.ts';
import { type FieldError, jsonEqual } from '../../kube/index.ts';
import { validateEmbedded } from './embedded.ts';
import { fieldErrors } from './errors.ts';
import { validateLists } from './list-types.ts';
import { isMembers, own, TYPE_META } from './unknown-fields.ts';
import { validateArray, validateNumber, validateString } from './value-validation.ts';

/**
 * Checks a value against a structural schema and gives upstream's messages; empty when it is valid. With `old` (an update),
 * members that did not change are not checked again where they can be paired (validation ratcheting).
 * CEL rules are not run here.
 * @source kube-openapi pkg/validation/validate@d427ff9ee9ad, apiextensions-apiserver pkg/apiserver/validation@1aa2717a552e
 */
export function validate(schema: Schema, value: unknown, old?: unknown): FieldError[] {
  const errors = [...check(schema, value, '', old), ...validateEmbedded(schema, value, '')];
  // A list that had its double before does not block an update.
  if (old === undefined || validateLists(schema, old, '').length === 0) errors.push(...validateLists(schema, value, ''));
  return errors;
}

/** Errors that stand for a whole junctor have no field of their own upstream. */
const NO_FIELD = '<nil>';

function check(schema: Schema, value: unknown, path: string, old?: unknown): FieldError[] {
  if (old !== undefined && jsonEqual(value, old)) return [];
  const wrongType = checkType(schema, value, path);
  if (value === null) return [...wrongType, ...checkEnum(schema, value, path)];
  const errors = [...wrongType, ...checkJunctors(schema, value, path)];
  if (typeof value === 'string') errors.push(...validateString(schema, value, path));
  if (typeof value === 'number') errors.push(...validateNumber(schema, value, path));
  if (Array.isArray(value)) {
    errors.push(...validateArray(schema, value, path));
    for (const [i, item] of value.entries()) {
      if (schema.items) errors.push(...check(schema.items, item, `${path}[${i}]`, pairedItem(schema, item, i, old)));
    }
  }
  errors.push(...checkEnum(schema, value, path));
  if (isMembers(value)) errors.push(...checkObject(schema, value, path, old));
  return errors;
}

/** The old item that an item of a list continues: by its keys in a map list, by position elsewhere. */
function pairedItem(schema: Schema, item: unknown, index: number, old: unknown): unknown {
  if (!Array.isArray(old)) return undefined;
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] !== 'map' || !keys || !isMembers(item)) return old[index];
  return old.find(other => isMembers(other) && keys.every(k => jsonEqual(other[k], item[k])));
}

function typesOf(schema: Schema): string[] {
  if (schema['x-kubernetes-int-or-string']) return ['integer', 'string'];
  return schema.type ? [schema.type] : [];
}
/** The JSON type of a value; whole numbers are integers. */
function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function checkType(schema: Schema, value: unknown, path: string): FieldError[] {
  const types = typesOf(schema);
  const actual = typeOf(value);
  const wrong = (expected: string) => [
    fieldErrors.typeInvalid(path || NO_FIELD, actual, `${path} in body must be of type ${expected}: "${actual}"`),
  ];
  if (types.length === 0) return [];
  if (actual === 'null') return schema.nullable ? [] : wrong(types.join(','));
  if (types.includes(actual) || (actual === 'integer' && types.includes('number'))) return [];
  return wrong(types.join(','));
}

function checkEnum(schema: Schema, value: unknown, path: string): FieldError[] {
  if (!schema.enum || schema.enum.some(allowed => jsonEqual(allowed, value))) return [];
  const supported = schema.enum.map(v => (typeof v === 'string' ? v : JSON.stringify(v)));
  return [fieldErrors.notSupported(path, value, supported)];
}

function checkObject(schema: Schema, value: Record<string, unknown>, path: string, old: unknown): FieldError[] {
  const errors: FieldError[] = [];
  const count = Object.keys(value).length;
  if (schema.minProperties !== undefined && count < schema.minProperties) {
    errors.push(fieldErrors.invalid(path, count, `${path} in body should have at least ${schema.minProperties} properties`));
  }
  if (schema.maxProperties !== undefined && count > schema.maxProperties)
    errors.push(fieldErrors.tooMany(path, count, schema.maxProperties));
  for (const [key, member] of Object.entries(value)) {
    const inner = own(schema.properties, key) ?? embeddedMember(schema, key) ?? additionalSchema(schema);
    const before = isMembers(old) ? own(old, key) : undefined;
    if (inner) errors.push(...check(inner, member, path ? `${path}.${key}` : key, before));
  }
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key)) errors.push(fieldErrors.required(path ? `${path}.${key}` : key));
  }
  return errors;
}
function embeddedMember(schema: Schema, key: string): Schema | undefined {
  return schema['x-kubernetes-embedded-resource'] ? own(TYPE_META, key) : undefined;
}
function additionalSchema(schema: Schema): Schema | undefined {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

function checkJunctors(schema: Schema, value: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const fail = (detail: string) => errors.push(fieldErrors.invalid(NO_FIELD, '', `"${path}" ${detail}`));
  if (schema.anyOf) {
    const results = schema.anyOf.map(s => check(s, value, path));
    if (!results.some(r => r.length === 0)) {
      fail('must validate at least one schema (anyOf)');
      errors.push(...fewest(results));
    }
  }
  if (schema.oneOf) {
    const results = schema.oneOf.map(s => check(s, value, path));
    const valid = results.filter(r => r.length === 0).length;
    if (valid !== 1) {
      fail(
        `must validate one and only one schema (oneOf). ${valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`}`,
      );
      if (valid === 0) errors.push(...fewest(results));
    }
  }
  if (schema.allOf) {
    const results = schema.allOf.map(s => check(s, value, path));
    const failed = results.filter(r => r.length > 0);
    errors.push(...failed.flat());
    if (failed.length > 0)
      fail(`must validate all the schemas (allOf)${failed.length === results.length ? '. None validated' : ''}`);
  }
  if (schema.not && check(schema.not, value, path).length === 0) fail('must not validate the schema (not)');
  return errors;
}
/** Of several ways to fail, the one that comes nearest. */
function fewest(results: FieldError[][]): FieldError[] {
  return results.reduce((best, r) => (r.length < best.length ? r : best), results[0] ?? []);
}
