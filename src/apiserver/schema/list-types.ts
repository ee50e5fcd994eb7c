import type { FieldError, Schema } from '../../kube/index.ts';
import { secondOccurrences } from './duplicates.ts';
import { fieldErrors } from './errors.ts';
import { isMembers, own } from './unknown-fields.ts';

/**
 * Uniqueness of the items of `set` lists and of the keys of `map` lists, at every depth.
 * @source apiextensions-apiserver pkg/apiserver/schema/listtype@1aa2717a552e
 */
export function validateLists(schema: Schema, value: unknown, path: string): FieldError[] {
  if (Array.isArray(value)) {
    const errors = validateList(schema, value, path);
    for (const [i, item] of value.entries()) if (schema.items) errors.push(...validateLists(schema.items, item, `${path}[${i}]`));
    return errors;
  }
  if (!isMembers(value)) return [];
  const errors: FieldError[] = [];
  for (const [key, member] of Object.entries(value)) {
    // The lists of ObjectMeta have types for merging; nothing checks them for doubles.
    if (path === '' && key === 'metadata') continue;
    const property = own(schema.properties, key);
    if (property) errors.push(...validateLists(property, member, path ? `${path}.${key}` : key));
    else if (typeof schema.additionalProperties === 'object')
      errors.push(...validateLists(schema.additionalProperties, member, `${path}[${key}]`));
  }
  return errors;
}

function validateList(schema: Schema, value: readonly unknown[], path: string): FieldError[] {
  if (schema['x-kubernetes-list-type'] === 'set')
    return secondOccurrences(value).map(i => fieldErrors.duplicate(`${path}[${i}]`, value[i]));
  if (schema['x-kubernetes-list-type'] !== 'map') return [];
  const stranger = value.findIndex(item => item !== null && !isMembers(item));
  if (stranger >= 0)
    return [fieldErrors.invalid(`${path}[${stranger}]`, value[stranger], 'must be an object for an array of list-type map')];
  const keyFields = schema['x-kubernetes-list-map-keys'] ?? [];
  const keys = value.map(item => keysOf(item, keyFields));
  return secondOccurrences(keys).map(i => fieldErrors.duplicate(`${path}[${i}]`, keys[i]));
}
function keysOf(item: unknown, fields: readonly string[]): Record<string, unknown> {
  if (!isMembers(item)) return {};
  return Object.fromEntries(fields.filter(f => Object.hasOwn(item, f)).map(f => [f, item[f]]));
}
