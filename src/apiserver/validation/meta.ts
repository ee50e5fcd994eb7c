import type { FieldError, Frozen, Meta } from '../../kube/index.ts';
import { jsonEqual } from '../../kube/index.ts';
import { fieldErrors } from '../schema/index.ts';
import {
  dns1123Label,
  dns1123Subdomain,
  IMMUTABLE,
  labelValue,
  maskTrailingDash,
  NEGATIVE,
  qualifiedName,
  type TextCheck,
} from './names.ts';

const ANNOTATIONS_LIMIT_BYTES = 262144;

export type MetaOptions = {
  namespaced: boolean;
  /** The rule for the name; default: a DNS subdomain. */
  name?: TextCheck;
  /** Where metadata is; default `metadata`. */
  path?: string;
  /** The object before the update. */
  old?: Frozen<Meta> | undefined;
};

/**
 * Checks an object's metadata on create, or on update when `old` is given.
 * @source apimachinery pkg/api/validation/objectmeta.go@eed236ceee2c
 */
export function validateMeta(meta: Frozen<Meta>, options: MetaOptions): FieldError[] {
  const path = options.path ?? 'metadata';
  if (options.old) return [...validateMetaUpdate(meta, options.old, path), ...common(meta, path)];
  const nameCheck = options.name ?? dns1123Subdomain;
  const errors: FieldError[] = [];
  const { generateName, name } = meta;
  if (generateName) {
    errors.push(
      ...nameCheck(maskTrailingDash(generateName)).map(p => fieldErrors.invalid(`${path}.generateName`, generateName, p)),
    );
  }
  if (!name) errors.push(fieldErrors.required(`${path}.name`, 'name or generateName is required'));
  else errors.push(...nameCheck(name).map(p => fieldErrors.invalid(`${path}.name`, name, p)));
  errors.push(...validateNamespace(meta, options.namespaced, path));
  errors.push(...common(meta, path), ...validateFinalizers(meta.finalizers ?? [], `${path}.finalizers`));
  return errors;
}

function validateNamespace(meta: Frozen<Meta>, namespaced: boolean, path: string): FieldError[] {
  const field = `${path}.namespace`;
  if (!namespaced) return meta.namespace ? [fieldErrors.forbidden(field, 'not allowed on this type')] : [];
  if (!meta.namespace) return [fieldErrors.required(field)];
  return dns1123Label(meta.namespace).map(p => fieldErrors.invalid(field, meta.namespace, p));
}

function common(meta: Frozen<Meta>, path: string): FieldError[] {
  return [
    ...((meta.generation ?? 0) < 0 ? [fieldErrors.invalid(`${path}.generation`, meta.generation, NEGATIVE)] : []),
    ...validateLabels(meta.labels, `${path}.labels`),
    ...validateAnnotations(meta.annotations, `${path}.annotations`),
    ...validateOwners(meta, `${path}.ownerReferences`),
  ];
}

/** Keys and values of labels. */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...qualifiedName(key).map(p => fieldErrors.invalid(path, key, p)),
    ...labelValue(value).map(p => fieldErrors.invalid(path, value, p)),
  ]);
}

/** Keys of annotations, in any case, and their size together. */
export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const entries = Object.entries(annotations ?? {});
  const errors = entries.flatMap(([key]) => qualifiedName(key.toLowerCase()).map(p => fieldErrors.invalid(path, key, p)));
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (size > ANNOTATIONS_LIMIT_BYTES) errors.push(fieldErrors.tooLong(path, ANNOTATIONS_LIMIT_BYTES));
  return errors;
}

function validateFinalizers(finalizers: readonly string[], path: string): FieldError[] {
  const errors = finalizers.flatMap(f => qualifiedName(f).map(p => fieldErrors.invalid(path, f, p)));
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(fieldErrors.invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return errors;
}

function validateOwners(meta: Frozen<Meta>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const owners = meta.ownerReferences ?? [];
  let controller: string | undefined;
  for (const [i, owner] of owners.entries()) {
    const at = `${path}[${i}]`;
    if (!owner.apiVersion) errors.push(fieldErrors.required(`${at}.apiVersion`, 'must not be empty'));
    else if (!/^[^/]+(?:\/[^/]+)?$/.test(owner.apiVersion)) {
      errors.push(fieldErrors.invalid(`${at}.apiVersion`, owner.apiVersion, 'must be <group>/<version> or <version>'));
    }
    for (const member of ['kind', 'name', 'uid'] as const) {
      if (!owner[member]) errors.push(fieldErrors.required(`${at}.${member}`, 'must not be empty'));
    }
    if (owner.apiVersion === 'v1' && owner.kind === 'Event') {
      errors.push(fieldErrors.invalid(at, owner, '/v1, Kind=Event is disallowed from being an owner'));
    }
  }
  for (const owner of owners.filter(o => o.controller)) {
    const name = `${owner.kind}/${owner.name}`;
    const problem = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
    if (controller !== undefined) errors.push(fieldErrors.invalid(path, owners, problem));
    else controller = name;
  }
  return errors;
}

/** Members of metadata that a client may not change. */
const FIXED = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

function validateMetaUpdate(meta: Frozen<Meta>, old: Frozen<Meta>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const added = old.deletionTimestamp ? (meta.finalizers ?? []).filter(f => !old.finalizers?.includes(f)).sort() : [];
  if (added.length > 0) {
    const list = `[]string{${added.map(f => JSON.stringify(f)).join(', ')}}`;
    errors.push(
      fieldErrors.forbidden(
        `${path}.finalizers`,
        `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`,
      ),
    );
  }
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(fieldErrors.invalid(`${path}.generation`, meta.generation ?? 0, 'must not be decremented'));
  }
  for (const member of FIXED) {
    if (!jsonEqual(meta[member], old[member])) errors.push(fieldErrors.invalid(`${path}.${member}`, meta[member], IMMUTABLE));
  }
  return errors;
}
