import { type FieldError, jsonEqual, type LabelSelector, selectorOf } from '../../../kube/index.ts';
import { fieldErrors } from '../../schema/index.ts';
import {
  IMMUTABLE,
  labelValue,
  NEGATIVE,
  NOT_POSITIVE,
  percent,
  portName,
  portNumber,
  qualifiedName,
  type TextCheck,
} from '../names.ts';
import { type FrozenTree, items, number, sub, text, textMap, texts } from '../tree.ts';

/** Checks one kind: its defaulted object, and the one before an update. */
export type Rule = (object: FrozenTree, old: FrozenTree | undefined, subresource?: string) => FieldError[];

/** A text member that must be there, and fit. */
export function requiredText(tree: FrozenTree | undefined, key: string, path: string, check?: TextCheck): FieldError[] {
  const value = text(tree, key);
  if (!value) return [fieldErrors.required(`${path}.${key}`)];
  return invalidText(value, `${path}.${key}`, check);
}
export function invalidText(value: string, path: string, check: TextCheck | undefined): FieldError[] {
  return check ? check(value).map(p => fieldErrors.invalid(path, value, p)) : [];
}
/** A text member that may be absent, but must fit. */
export function optionalText(tree: FrozenTree | undefined, key: string, path: string, check: TextCheck): FieldError[] {
  const value = text(tree, key);
  return value ? invalidText(value, `${path}.${key}`, check) : [];
}
/** A text member that must be one of a list, given in upstream's (sorted) order. */
export function oneOf(
  tree: FrozenTree | undefined,
  key: string,
  path: string,
  supported: readonly string[],
  required = true,
): FieldError[] {
  const value = text(tree, key);
  if (!value) return required ? [fieldErrors.required(`${path}.${key}`)] : [];
  return supported.includes(value) ? [] : [fieldErrors.notSupported(`${path}.${key}`, value, supported)];
}
export function notNegative(tree: FrozenTree | undefined, path: string, ...keys: string[]): FieldError[] {
  return keys.filter(key => (number(tree, key) ?? 0) < 0).map(key => fieldErrors.invalid(`${path}.${key}`, tree![key], NEGATIVE));
}
export function positive(tree: FrozenTree | undefined, path: string, ...keys: string[]): FieldError[] {
  return keys
    .filter(key => (number(tree, key) ?? 1) <= 0)
    .map(key => fieldErrors.invalid(`${path}.${key}`, tree![key], NOT_POSITIVE));
}
/** Members that may not change. */
export function immutable(
  tree: FrozenTree | undefined,
  old: FrozenTree | undefined,
  path: string,
  ...keys: string[]
): FieldError[] {
  const changed = keys.filter(key => !jsonEqual(tree?.[key], old?.[key]));
  return changed.map(key => fieldErrors.invalid(path ? `${path}.${key}` : key, tree?.[key], IMMUTABLE));
}
/** A port by number or name. */
export function portOrName(value: unknown, path: string): FieldError[] {
  const problems = typeof value === 'string' ? portName(value) : portNumber(typeof value === 'number' ? value : 0);
  return problems.map(p => fieldErrors.invalid(path, value ?? 0, p));
}
/** A number or a percentage. */
export function countOrPercent(value: unknown, path: string): FieldError[] {
  if (typeof value === 'string') return percent(value).map(p => fieldErrors.invalid(path, value, p));
  return typeof value === 'number' && value < 0 ? [fieldErrors.invalid(path, value, NEGATIVE)] : [];
}

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** @source apimachinery pkg/apis/meta/v1/validation@eed236ceee2c */
export function validateSelector(selector: FrozenTree | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(textMap(selector, 'matchLabels'))) {
    errors.push(...qualifiedName(key).map(p => fieldErrors.invalid(`${path}.matchLabels`, key, p)));
    errors.push(...labelValue(value).map(p => fieldErrors.invalid(`${path}.matchLabels`, value, p)));
  }
  for (const [i, requirement] of items(selector, 'matchExpressions').entries()) {
    const at = `${path}.matchExpressions[${i}]`;
    const operator = text(requirement, 'operator');
    const values = texts(requirement, 'values');
    if (!OPERATORS.includes(operator))
      errors.push(fieldErrors.invalid(`${at}.operator`, operator, 'not a valid selector operator'));
    else if (operator.endsWith('In') && values.length === 0) {
      errors.push(fieldErrors.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (!operator.endsWith('In') && values.length > 0) {
      errors.push(fieldErrors.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    }
    errors.push(
      ...qualifiedName(text(requirement, 'key')).map(p => fieldErrors.invalid(`${at}.key`, requirement['key'] ?? '', p)),
    );
  }
  return errors;
}
/** Whether a selector says nothing. */
export function isEmptySelector(selector: FrozenTree | undefined): boolean {
  return Object.keys(textMap(selector, 'matchLabels')).length === 0 && items(selector, 'matchExpressions').length === 0;
}
/** The selector of a workload must be there, say something, and match the labels of its template. */
export function validateOwnSelector(spec: FrozenTree | undefined, path: string, kind: string): FieldError[] {
  const selector = sub(spec, 'selector');
  const labels = textMap(sub(sub(spec, 'template'), 'metadata'), 'labels');
  if (!selector) return [fieldErrors.required(`${path}.selector`)];
  const errors = validateSelector(selector, `${path}.selector`);
  if (isEmptySelector(selector))
    errors.push(fieldErrors.invalid(`${path}.selector`, selector, `empty selector is invalid for ${kind}`));
  if (errors.length > 0) return errors;
  if (!selectorOf(selector as LabelSelector)?.matches(labels)) {
    errors.push(fieldErrors.invalid(`${path}.template.metadata.labels`, labels, '`selector` does not match template `labels`'));
  }
  return errors;
}
