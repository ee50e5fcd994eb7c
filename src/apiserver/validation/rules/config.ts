import { type FieldError, jsonEqual } from '../../../kube/index.ts';
import { fieldErrors } from '../../schema/index.ts';
import { configMapKey } from '../names.ts';
import { type FrozenTree, sub, text, textMap } from '../tree.ts';
import { immutable, type Rule } from './common.ts';

/** Of all values together. */
const SIZE_LIMIT_BYTES = 1048576;

function validateKeys(data: Record<string, string>, path: string): FieldError[] {
  return Object.keys(data).flatMap(key => configMapKey(key).map(p => fieldErrors.invalid(`${path}[${key}]`, key, p)));
}
const base64Bytes = (text: string) => Math.floor((text.replace(/=+$/, '').length * 3) / 4);

/** What an `immutable` object may no longer change. */
function validateFrozen(object: FrozenTree, old: FrozenTree | undefined, ...members: string[]): FieldError[] {
  if (old?.['immutable'] !== true) return [];
  const errors: FieldError[] = [];
  const detail = 'field is immutable when `immutable` is set';
  if (object['immutable'] !== true) errors.push(fieldErrors.forbidden('immutable', detail));
  for (const member of members) if (!jsonEqual(object[member], old[member])) errors.push(fieldErrors.forbidden(member, detail));
  return errors;
}

/** @source kubernetes pkg/apis/core/validation/validation.go ValidateConfigMap (from knowledge) */
export const validateConfigMap: Rule = (configMap, old) => {
  const data = textMap(configMap, 'data');
  const binary = textMap(configMap, 'binaryData');
  const errors = [...validateKeys(data, 'data'), ...validateKeys(binary, 'binaryData')];
  for (const key of Object.keys(data)) {
    if (Object.hasOwn(binary, key))
      errors.push(fieldErrors.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
  }
  const size =
    Object.values(data).reduce((sum, v) => sum + Buffer.byteLength(String(v)), 0) +
    Object.values(binary).reduce((sum, v) => sum + base64Bytes(String(v)), 0);
  // The limit is of the whole object: upstream names no field.
  if (size > SIZE_LIMIT_BYTES) errors.push(fieldErrors.tooLong('', SIZE_LIMIT_BYTES));
  return [...errors, ...validateFrozen(configMap, old, 'data', 'binaryData')];
};

/** Keys that a type of Secret must have. */
const TYPE_KEYS: Record<string, string[]> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};
const SERVICE_ACCOUNT_NAME = 'kubernetes.io/service-account.name';

export const validateSecret: Rule = (secret, old) => {
  const data = textMap(secret, 'data');
  const type = text(secret, 'type');
  const errors = validateKeys(data, 'data');
  const size = Object.values(data).reduce((sum, v) => sum + base64Bytes(String(v)), 0);
  if (size > SIZE_LIMIT_BYTES) errors.push(fieldErrors.tooLong('data', SIZE_LIMIT_BYTES));
  for (const key of TYPE_KEYS[type] ?? []) if (!Object.hasOwn(data, key)) errors.push(fieldErrors.required(`data[${key}]`));
  if (type === 'kubernetes.io/basic-auth' && !Object.hasOwn(data, 'username') && !Object.hasOwn(data, 'password')) {
    errors.push(fieldErrors.required('data[username]'), fieldErrors.required('data[password]'));
  }
  const annotations = textMap(sub(secret, 'metadata'), 'annotations');
  if (type === 'kubernetes.io/service-account-token' && !annotations[SERVICE_ACCOUNT_NAME]) {
    errors.push(fieldErrors.required(`metadata.annotations[${SERVICE_ACCOUNT_NAME}]`));
  }
  if (old) errors.push(...immutable(secret, old, '', 'type'));
  return [...errors, ...validateFrozen(secret, old, 'data')];
};
