import type { FieldError, Schema } from '../../kube/index.ts';
import { secondOccurrences } from './duplicates.ts';
import { fieldErrors, quote } from './errors.ts';
import { agreesWithFormat } from './formats.ts';
import { compilePattern } from './pattern.ts';

const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };
const INT64_LIMIT = 2 ** 63;

/** Length, pattern and format of a string. One error of the first three, as upstream. */
export function validateString(schema: Schema, value: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const length = schema.maxLength !== undefined || schema.minLength !== undefined ? [...value].length : 0;
  const pattern = schema.pattern === undefined ? undefined : compilePattern(schema.pattern);
  if (schema.maxLength !== undefined && length > schema.maxLength) errors.push(fieldErrors.tooLong(path, schema.maxLength));
  else if (schema.minLength !== undefined && length < schema.minLength) {
    errors.push(fieldErrors.invalid(path, value, `${path} in body should be at least ${schema.minLength} chars long`));
  } else if (pattern && 'problem' in pattern) {
    errors.push(
      fieldErrors.invalid(
        path,
        value,
        `${path} in body should match '${schema.pattern}, but pattern is invalid: ${pattern.problem}'`,
      ),
    );
  } else if (pattern && !pattern.matches(value)) {
    errors.push(fieldErrors.invalid(path, value, `${path} in body should match '${schema.pattern}'`));
  }
  const isText = schema.type === undefined || schema.type === 'string';
  if (schema.format && isText && !agreesWithFormat(schema.format, value)) {
    errors.push(fieldErrors.typeInvalid(path, value, `${path} in body must be of type ${schema.format}: ${quote(value)}`));
  }
  return errors;
}

/** Bounds, factor and integer width of a number. */
export function validateNumber(schema: Schema, value: number, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const bad = (detail: string) => errors.push(fieldErrors.invalid(path, value, `${path} in body ${detail}`));
  const { maximum, minimum, multipleOf } = schema;
  if (outOfRange(schema, value)) {
    errors.push(
      fieldErrors.invalid('<nil>', '', `Checked value must be of type integer with format ${schema.format} in ${path}`),
    );
  }
  if (multipleOf !== undefined && multipleOf > 0 && !isMultiple(value, multipleOf)) bad(`should be a multiple of ${multipleOf}`);
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum)) {
    bad(`should be greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
  }
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum)) {
    bad(`should be less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
  }
  return errors;
}
function outOfRange(schema: Schema, value: number): boolean {
  if (schema.type !== 'integer' || !Number.isInteger(value)) return false;
  if (schema.format === 'int32') return value < INT32.min || value > INT32.max;
  return schema.format === 'int64' && (value < -INT64_LIMIT || value >= INT64_LIMIT);
}
function isMultiple(value: number, factor: number): boolean {
  return Number.isInteger(factor < 1 ? (1 / factor) * value : value / factor);
}

/** Size and uniqueness of a list. */
export function validateArray(schema: Schema, value: readonly unknown[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    errors.push(fieldErrors.invalid(path, value.length, `${path} in body should have at least ${schema.minItems} items`));
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems)
    errors.push(fieldErrors.tooMany(path, value.length, schema.maxItems));
  if (schema.uniqueItems && secondOccurrences(value).length > 0) {
    errors.push(fieldErrors.invalid(path, '', `${path} in body shouldn't contain duplicates`));
  }
  return errors;
}
