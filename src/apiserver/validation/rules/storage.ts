import { type FieldError, jsonEqual } from '../../../kube/index.ts';
import { fieldErrors } from '../../schema/index.ts';
import { compareQuantities } from '../quantity.ts';
import { type FrozenTree, isTree, sub, text, texts } from '../tree.ts';
import { immutable, oneOf, type Rule } from './common.ts';
import { validateClaimSpec } from './volumes.ts';

/** Members of a PersistentVolume's spec that are no source. */
const NO_SOURCE = ['capacity', 'claimRef', 'nodeAffinity'];

export const validateClaim: Rule = (claim, old, subresource) => {
  if (subresource === 'status') return [];
  const spec = sub(claim, 'spec') ?? {};
  const errors = validateClaimSpec(spec, 'spec');
  return old ? [...errors, ...validateClaimUpdate(spec, sub(old, 'spec') ?? {}, old)] : errors;
};

/** @source kubernetes pkg/apis/core/validation/validation.go ValidatePersistentVolumeClaimUpdate (from knowledge) */
function validateClaimUpdate(spec: FrozenTree, before: FrozenTree, old: FrozenTree): FieldError[] {
  const storage = (s: FrozenTree) => sub(sub(s, 'resources'), 'requests')?.['storage'];
  const errors: FieldError[] = [];
  const mutable = ['volumeName', 'volumeAttributesClassName', 'resources'];
  const changed = Object.keys({ ...spec, ...before }).filter(key => !mutable.includes(key) && !jsonEqual(spec[key], before[key]));
  // The volume and, late, the class may be filled in once.
  const isFilledIn = (key: string) => key === 'storageClassName' && before[key] === undefined;
  const isRebound = text(before, 'volumeName') !== '' && spec['volumeName'] !== before['volumeName'];
  const isBound = sub(old, 'status')?.['phase'] === 'Bound';
  const isResized = !jsonEqual(storage(spec), storage(before));
  if (changed.some(key => !isFilledIn(key)) || isRebound || (isResized && !isBound)) {
    errors.push(
      fieldErrors.forbidden(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      ),
    );
  } else if (
    isResized &&
    compareQuantities(storage(spec), sub(sub(old, 'status'), 'capacity')?.['storage'] ?? storage(before)) < 0
  ) {
    errors.push(fieldErrors.forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  }
  return errors;
}

const sourcesOf = (spec: FrozenTree) => Object.keys(spec).filter(key => isTree(spec[key]) && !NO_SOURCE.includes(key));

/** @source kubernetes pkg/apis/core/validation/validation.go ValidatePersistentVolume (from knowledge) */
export const validatePersistentVolume: Rule = (volume, old) => {
  const spec = sub(volume, 'spec') ?? {};
  const errors: FieldError[] = [];
  if (texts(spec, 'accessModes').length === 0) errors.push(fieldErrors.required('spec.accessModes'));
  if (!sub(spec, 'capacity')) errors.push(fieldErrors.required('spec.capacity'));
  const sources = sourcesOf(spec);
  if (sources.length === 0) errors.push(fieldErrors.required('spec', 'must specify a volume type'));
  for (const source of sources.slice(1))
    errors.push(fieldErrors.forbidden(`spec.${source}`, 'may not specify more than 1 volume type'));
  errors.push(...oneOf(spec, 'persistentVolumeReclaimPolicy', 'spec', ['Delete', 'Recycle', 'Retain']));
  errors.push(...oneOf(spec, 'volumeMode', 'spec', ['Block', 'Filesystem'], false));
  const before = sub(old, 'spec');
  if (before && [...sources, ...sourcesOf(before)].some(s => !jsonEqual(spec[s], before[s]))) {
    errors.push(fieldErrors.forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'));
  }
  return errors;
};

/** @source kubernetes pkg/apis/storage/validation/validation.go (from knowledge) */
export const validateStorageClass: Rule = (storageClass, old) => {
  const errors: FieldError[] = [];
  if (!text(storageClass, 'provisioner')) errors.push(fieldErrors.required('provisioner'));
  errors.push(...oneOf(storageClass, 'reclaimPolicy', '', ['Delete', 'Retain']).map(e => ({ ...e, field: 'reclaimPolicy' })));
  errors.push(
    ...oneOf(storageClass, 'volumeBindingMode', '', ['Immediate', 'WaitForFirstConsumer']).map(e => ({
      ...e,
      field: 'volumeBindingMode',
    })),
  );
  if (!old) return errors;
  for (const member of ['parameters', 'provisioner', 'reclaimPolicy']) {
    if (!jsonEqual(storageClass[member], old[member]))
      errors.push(fieldErrors.forbidden(member, `updates to ${member} are forbidden.`));
  }
  return [...errors, ...immutable(storageClass, old, '', 'volumeBindingMode')];
};
