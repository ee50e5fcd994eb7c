import type { FieldError } from '../../kube/index.ts';

/** Go's `%q`: JSON's quoting, near enough for printable text. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
/** How a message shows a bad value: strings quoted, scalars plain, the rest as JSON. */
function show(value: unknown): string {
  if (value === undefined) return 'null';
  return JSON.stringify(value);
}
const withDetail = (head: string, detail?: string) => (detail ? `${head}: ${detail}` : head);
const plural = (n: number, one: string) => (n === 1 ? one : `${one}s`);

/**
 * The error table of validation: one line of a 422, in upstream's words.
 * @source apimachinery pkg/util/validation/field/errors.go@eed236ceee2c
 */
export const fieldErrors = {
  required: (field: string, detail?: string): FieldError => ({
    reason: 'FieldValueRequired',
    field,
    message: withDetail('Required value', detail),
  }),
  invalid: (field: string, value: unknown, detail: string): FieldError => ({
    reason: 'FieldValueInvalid',
    field,
    message: withDetail(`Invalid value: ${show(value)}`, detail),
  }),
  typeInvalid: (field: string, value: unknown, detail: string): FieldError => ({
    reason: 'FieldValueTypeInvalid',
    field,
    message: withDetail(`Invalid value: ${show(value)}`, detail),
  }),
  notSupported: (field: string, value: unknown, supported: readonly string[]): FieldError => ({
    reason: 'FieldValueNotSupported',
    field,
    message: withDetail(
      `Unsupported value: ${show(value)}`,
      supported.length > 0 ? `supported values: ${supported.map(quote).join(', ')}` : undefined,
    ),
  }),
  forbidden: (field: string, detail: string): FieldError => ({
    reason: 'FieldValueForbidden',
    field,
    message: withDetail('Forbidden', detail),
  }),
  duplicate: (field: string, value: unknown): FieldError => ({
    reason: 'FieldValueDuplicate',
    field,
    message: `Duplicate value: ${show(value)}`,
  }),
  notFound: (field: string, value: unknown): FieldError => ({
    reason: 'FieldValueNotFound',
    field,
    message: `Not found: ${show(value)}`,
  }),
  tooLong: (field: string, maxBytes: number): FieldError => ({
    reason: 'FieldValueTooLong',
    field,
    message: `Too long: may not be more than ${maxBytes} ${plural(maxBytes, 'byte')}`,
  }),
  tooMany: (field: string, actual: number, max: number): FieldError => ({
    reason: 'FieldValueTooMany',
    field,
    message: `Too many: ${actual}: must have at most ${max} ${plural(max, 'item')}`,
  }),
  internal: (field: string, detail: string): FieldError => ({
    reason: 'InternalError',
    field,
    message: `Internal error: ${detail}`,
  }),
};
