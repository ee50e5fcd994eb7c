import { createRequire } from 'node:module';
import type { FieldError, Schema } from '../../kube/index.ts';
import { fieldErrors } from '../schema/errors.ts';
import { hasRules } from './has-rules.ts';

const require = createRequire(import.meta.url);
// The parser and the libraries take time to load: only who uses an expression pays for them.
const rules = () => require('./rules.ts') as typeof import('./rules.ts');
const validation = () => require('./validate.ts') as typeof import('./validate.ts');

/** What is wrong with the rules of a definition's schema: they are compiled and their cost is estimated. */
export function compileErrorsOf(schema: Schema, path: string): FieldError[] {
  return hasRules(schema) ? rules().validateRules(schema, path) : [];
}

const BLOCKING = new Set(['FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid']);

/** The errors of an object's rules, unless `found` says that they cannot be asked. */
export function rulesErrorsOf(schema: Schema, value: unknown, old: unknown, found: readonly FieldError[]): FieldError[] {
  if (!hasRules(schema)) return [];
  if (!found.some(e => BLOCKING.has(e.reason))) return validation().runRules(schema, value, old);
  const detail =
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
  return [fieldErrors.invalid('<nil>', 'null', detail)];
}
