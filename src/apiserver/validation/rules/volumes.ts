import type { FieldError } from '../../../kube/index.ts';
import { fieldErrors } from '../../schema/index.ts';
import { configMapKey, dns1123Label, dns1123Subdomain } from '../names.ts';
import { type FrozenTree, isTree, items, number, sub, text, texts } from '../tree.ts';
import { oneOf, requiredText } from './common.ts';

const MODE_PROBLEM = 'must be a number between 0 and 0777 (octal), both inclusive';
const HOST_PATH_TYPES = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];
const CLAIM_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const PROJECTIONS = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken', 'clusterTrustBundle', 'podCertificate'];

/** Volumes of a Pod. @source kubernetes pkg/apis/core/validation/validation.go ValidateVolumes (from knowledge) */
export function validateVolumes(spec: FrozenTree, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, volume] of items(spec, 'volumes').entries()) {
    const at = `${path}.volumes[${i}]`;
    const name = text(volume, 'name');
    errors.push(...requiredText(volume, 'name', at, dns1123Label), ...validateSource(volume, at));
    if (name && seen.has(name)) errors.push(fieldErrors.duplicate(`${at}.name`, name));
    seen.add(name);
  }
  return errors;
}

function validateSource(volume: FrozenTree, path: string): FieldError[] {
  const sources = Object.keys(volume).filter(key => key !== 'name' && isTree(volume[key]));
  if (sources.length === 0) return [fieldErrors.required(path, 'must specify a volume type')];
  const [first = '', ...others] = sources;
  const errors = others.map(s => fieldErrors.forbidden(`${path}.${s}`, 'may not specify more than one volume type'));
  const source = sub(volume, first)!;
  const at = `${path}.${first}`;
  switch (first) {
    case 'secret':
      errors.push(...requiredText(source, 'secretName', at), ...validateFiles(source, at));
      break;
    case 'configMap':
      errors.push(...requiredText(source, 'name', at), ...validateFiles(source, at));
      break;
    case 'persistentVolumeClaim':
      errors.push(...requiredText(source, 'claimName', at));
      break;
    case 'hostPath':
      errors.push(
        ...requiredText(source, 'path', at),
        ...goesUp(text(source, 'path'), `${at}.path`),
        ...oneOf(source, 'type', at, HOST_PATH_TYPES, false),
      );
      break;
    case 'nfs':
      errors.push(...requiredText(source, 'server', at), ...requiredText(source, 'path', at));
      break;
    case 'csi':
      errors.push(...requiredText(source, 'driver', at));
      break;
    case 'projected':
      errors.push(...validateMode(source, 'defaultMode', at), ...validateProjections(source, at));
      break;
    case 'ephemeral':
      errors.push(...validateClaimSpec(sub(sub(source, 'volumeClaimTemplate'), 'spec') ?? {}, `${at}.volumeClaimTemplate.spec`));
      break;
    case 'downwardAPI':
      errors.push(...validateMode(source, 'defaultMode', at));
      break;
  }
  return errors;
}

function validateProjections(source: FrozenTree, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, projection] of items(source, 'sources').entries()) {
    const at = `${path}.sources[${i}]`;
    const kinds = PROJECTIONS.filter(k => projection[k] !== undefined);
    if (kinds.length > 1) errors.push(fieldErrors.forbidden(at, 'may not specify more than 1 volume type'));
    for (const kind of ['secret', 'configMap']) {
      const named = sub(projection, kind);
      if (named) errors.push(...requiredText(named, 'name', `${at}.${kind}`), ...validateFiles(named, `${at}.${kind}`));
    }
    const token = sub(projection, 'serviceAccountToken');
    if (token) errors.push(...requiredText(token, 'path', `${at}.serviceAccountToken`));
    if (token && (number(token, 'expirationSeconds') ?? 600) < 600) {
      errors.push(
        fieldErrors.invalid(
          `${at}.serviceAccountToken.expirationSeconds`,
          token['expirationSeconds'],
          'may not specify a duration less than 10 minutes',
        ),
      );
    }
  }
  return errors;
}

function validateMode(source: FrozenTree, key: string, path: string): FieldError[] {
  const mode = number(source, key);
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [fieldErrors.invalid(`${path}.${key}`, mode, MODE_PROBLEM)] : [];
}
function validateFiles(source: FrozenTree, path: string): FieldError[] {
  const errors = validateMode(source, 'defaultMode', path);
  for (const [i, item] of items(source, 'items').entries()) {
    const at = `${path}.items[${i}]`;
    errors.push(
      ...requiredText(item, 'key', at, configMapKey),
      ...requiredText(item, 'path', at),
      ...validateMode(item, 'mode', at),
    );
    errors.push(...descends(text(item, 'path'), `${at}.path`));
  }
  return errors;
}

function goesUp(path: string, field: string): FieldError[] {
  return path.split('/').includes('..') ? [fieldErrors.invalid(field, path, "must not contain '..'")] : [];
}
/** A path below something: relative, and not up. */
export function descends(path: string, field: string): FieldError[] {
  const absolute = path.startsWith('/') ? [fieldErrors.invalid(field, path, 'must be a relative path')] : [];
  return [...absolute, ...goesUp(path, field)];
}

/** @source kubernetes pkg/apis/core/validation/validation.go ValidatePersistentVolumeClaimSpec (from knowledge) */
export function validateClaimSpec(spec: FrozenTree, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const modes = texts(spec, 'accessModes');
  if (modes.length === 0) errors.push(fieldErrors.required(`${path}.accessModes`, 'at least 1 access mode is required'));
  for (const mode of modes)
    if (!CLAIM_MODES.includes(mode)) errors.push(fieldErrors.notSupported(`${path}.accessModes`, mode, CLAIM_MODES));
  if (modes.length > 1 && modes.includes('ReadWriteOncePod')) {
    errors.push(fieldErrors.forbidden(`${path}.accessModes`, 'may not use ReadWriteOncePod with other access modes'));
  }
  const storage = sub(sub(spec, 'resources'), 'requests')?.['storage'];
  if (storage === undefined) errors.push(fieldErrors.required(`${path}.resources[storage]`));
  else if (/^-|^0+[A-Za-z]*$/.test(String(storage))) {
    errors.push(fieldErrors.invalid(`${path}.resources[storage]`, storage, 'must be greater than zero'));
  }
  const className = text(spec, 'storageClassName');
  if (className)
    errors.push(...dns1123Subdomain(className).map(p => fieldErrors.invalid(`${path}.storageClassName`, className, p)));
  errors.push(...oneOf(spec, 'volumeMode', path, ['Block', 'Filesystem'], false));
  return errors;
}
