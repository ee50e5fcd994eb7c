import type { FieldError, Schema } from '../../kube/index.ts';
import { fieldErrors } from './errors.ts';
import { isMembers, own } from './unknown-fields.ts';

/**
 * Objects inside objects (`x-kubernetes-embedded-resource`) must say what they are.
 * @source apiextensions-apiserver pkg/apiserver/schema/objectmeta/validation.go@1aa2717a552e; their metadata is checked for its types only
 */
export function validateEmbedded(schema: Schema, value: unknown, path: string): FieldError[] {
  if (Array.isArray(value))
    return value.flatMap((item, i) => (schema.items ? validateEmbedded(schema.items, item, `${path}[${i}]`) : []));
  if (!isMembers(value)) return [];
  const errors = schema['x-kubernetes-embedded-resource'] ? typeMeta(value, path) : [];
  for (const [key, member] of Object.entries(value)) {
    const property = own(schema.properties, key);
    if (property) errors.push(...validateEmbedded(property, member, path ? `${path}.${key}` : key));
    else if (typeof schema.additionalProperties === 'object')
      errors.push(...validateEmbedded(schema.additionalProperties, member, `${path}[${key}]`));
  }
  return errors;
}

function typeMeta(value: Record<string, unknown>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['apiVersion', 'kind']) {
    const member = value[key];
    if (member === undefined) errors.push(fieldErrors.required(`${path}.${key}`));
    else if (member === '') errors.push(fieldErrors.invalid(`${path}.${key}`, member, 'must not be empty'));
  }
  return errors;
}
