import { type FieldError, jsonEqual } from '../../../kube/index.ts';
import { fieldErrors } from '../errors.ts';
import { prune } from '../unknown-fields.ts';
import { validate } from '../validate.ts';
import { itemsOf, propertiesOf, type RawSchema } from './node.ts';

/**
 * Every default must be valid itself, and have no unknown fields.
 * @source apiextensions-apiserver pkg/apiserver/schema/defaulting/validation.go@1aa2717a552e
 */
export function validateDefaultValues(schema: RawSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const field = `${path}.default`;
  if (schema.default !== undefined) {
    if (!jsonEqual(prune(schema, schema.default), schema.default)) {
      errors.push(fieldErrors.invalid(field, schema.default, 'must not have unknown fields'));
    }
    errors.push(
      ...validate(schema, schema.default).map(e => ({
        ...e,
        field: e.field === '<nil>' || e.field === '' ? field : `${field}.${e.field}`,
      })),
    );
  }
  const items = itemsOf(schema);
  if (items) errors.push(...validateDefaultValues(items, `${path}.items`));
  for (const [name, property] of propertiesOf(schema))
    errors.push(...validateDefaultValues(property, `${path}.properties[${name}]`));
  return errors;
}
