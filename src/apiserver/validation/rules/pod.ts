import { type FieldError, jsonEqual } from '../../../kube/index.ts';
import { fieldErrors } from '../../schema/index.ts';
import { validateAnnotations, validateLabels } from '../meta.ts';
import { dns1123Label, dns1123Subdomain, NEGATIVE } from '../names.ts';
import { type FrozenTree, items, number, sub, text, textMap } from '../tree.ts';
import { oneOf, optionalText, type Rule } from './common.ts';
import { validateContainers, validateSecurity } from './containers.ts';
import { validateVolumes } from './volumes.ts';

const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const MAX_INT32 = 2 ** 31 - 1;

/** @source kubernetes pkg/apis/core/validation/validation.go ValidatePodSpec (from knowledge) */
export function validatePodSpec(spec: FrozenTree, path: string): FieldError[] {
  const deadline = number(spec, 'activeDeadlineSeconds');
  const grace = number(spec, 'terminationGracePeriodSeconds');
  return [
    ...validateVolumes(spec, path),
    ...validateContainers(spec, path),
    ...oneOf(spec, 'restartPolicy', path, RESTART_POLICIES),
    ...oneOf(spec, 'dnsPolicy', path, DNS_POLICIES),
    ...validateLabels(textMap(spec, 'nodeSelector'), `${path}.nodeSelector`),
    ...validateSecurity(sub(spec, 'securityContext'), `${path}.securityContext`),
    ...optionalText(spec, 'serviceAccountName', path, dns1123Subdomain),
    ...optionalText(spec, 'nodeName', path, dns1123Subdomain),
    ...optionalText(spec, 'hostname', path, dns1123Label),
    ...optionalText(spec, 'subdomain', path, dns1123Label),
    ...validateTolerations(spec, path),
    ...(deadline !== undefined && (deadline < 1 || deadline > MAX_INT32)
      ? [fieldErrors.invalid(`${path}.activeDeadlineSeconds`, deadline, `must be between 1 and ${MAX_INT32}, inclusive`)]
      : []),
    ...(grace !== undefined && grace < 0 ? [fieldErrors.invalid(`${path}.terminationGracePeriodSeconds`, grace, NEGATIVE)] : []),
  ];
}

function validateTolerations(spec: FrozenTree, path: string): FieldError[] {
  return items(spec, 'tolerations').flatMap((toleration, i) => {
    const at = `${path}.tolerations[${i}]`;
    const operator = text(toleration, 'operator');
    const errors = oneOf(toleration, 'effect', at, TAINT_EFFECTS, false);
    if (!text(toleration, 'key') && operator !== 'Exists') {
      errors.push(
        fieldErrors.invalid(
          `${at}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    if (operator === 'Exists' && text(toleration, 'value')) {
      errors.push(fieldErrors.invalid(`${at}.operator`, toleration['value'], "value must be empty when `operator` is 'Exists'"));
    }
    if (toleration['tolerationSeconds'] !== undefined && text(toleration, 'effect') !== 'NoExecute') {
      errors.push(
        fieldErrors.invalid(
          `${at}.effect`,
          text(toleration, 'effect'),
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      );
    }
    return errors;
  });
}

/** Labels, annotations and spec of a template of Pods. */
export function validateTemplate(spec: FrozenTree | undefined, path: string): FieldError[] {
  const template = sub(spec, 'template');
  const metadata = sub(template, 'metadata');
  const at = `${path}.template`;
  return [
    ...validateLabels(textMap(metadata, 'labels'), `${at}.labels`),
    ...validateAnnotations(textMap(metadata, 'annotations'), `${at}.annotations`),
    ...validatePodSpec(sub(template, 'spec') ?? {}, `${at}.spec`),
  ];
}

const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
];

/** A Pod on create, or on update of itself or of one of its subresources. */
export const validatePod: Rule = (pod, old, subresource) => {
  const spec = sub(pod, 'spec') ?? {};
  if (!old) return validatePodSpec(spec, 'spec');
  if (subresource === 'status') return [];
  const before = sub(old, 'spec') ?? {};
  const errors = validatePodSpec(spec, 'spec');
  if (items(spec, 'containers').length !== items(before, 'containers').length) {
    errors.push(fieldErrors.forbidden('spec.containers', 'pod updates may not add or remove containers'));
    return errors;
  }
  errors.push(...validateDeadline(spec, before), ...validateAddedTolerations(spec, before));
  const allowed = withAllowedChanges(spec, before, subresource);
  const changed = Object.keys({ ...spec, ...allowed }).filter(key => !jsonEqual(spec[key], allowed[key]));
  if (changed.length > 0) {
    const what = `pod updates may not change fields other than ${UPDATABLE.join(',')}`;
    errors.push(
      fieldErrors.forbidden(
        'spec',
        `${what}\nchanged: ${changed
          .sort()
          .map(key => `spec.${key}`)
          .join(', ')}`,
      ),
    );
  }
  return errors;
};

/** The spec before, with those members of the new one that may change. */
function withAllowedChanges(spec: FrozenTree, before: FrozenTree, subresource: string | undefined): FrozenTree {
  const allowed: Record<string, unknown> = { ...before };
  const take = (...keys: string[]) => {
    for (const key of keys) {
      if (spec[key] === undefined) delete allowed[key];
      else allowed[key] = spec[key];
    }
  };
  take('activeDeadlineSeconds', 'tolerations');
  if ((number(before, 'terminationGracePeriodSeconds') ?? 0) < 0 && spec['terminationGracePeriodSeconds'] === 1)
    take('terminationGracePeriodSeconds');
  // The scheduler's binding; upstream lets it in by a subresource only.
  if (!text(before, 'nodeName')) take('nodeName');
  if (subresource === 'ephemeralcontainers') take('ephemeralContainers');
  if (items(before, 'schedulingGates').length > 0) take('schedulingGates', 'nodeSelector', 'affinity');
  const members = subresource === 'resize' ? ['image', 'resources'] : ['image'];
  for (const list of ['containers', 'initContainers']) {
    const now = items(spec, list);
    if (before[list] === undefined) continue;
    allowed[list] = items(before, list).map((container, i) => {
      const updated: Record<string, unknown> = { ...container };
      for (const member of members) if (now[i]?.[member] !== undefined) updated[member] = now[i][member];
      return updated;
    });
  }
  return allowed;
}

function validateDeadline(spec: FrozenTree, before: FrozenTree): FieldError[] {
  const now = number(spec, 'activeDeadlineSeconds');
  const then = number(before, 'activeDeadlineSeconds');
  if (then === undefined || now === then) return [];
  const field = 'spec.activeDeadlineSeconds';
  if (now === undefined) return [fieldErrors.invalid(field, null, 'must not update from a positive integer to nil value')];
  return now > then ? [fieldErrors.invalid(field, now, 'must be less than or equal to previous value')] : [];
}
function validateAddedTolerations(spec: FrozenTree, before: FrozenTree): FieldError[] {
  const withoutSeconds = (t: FrozenTree) => ({ ...t, tolerationSeconds: undefined });
  const now = items(spec, 'tolerations').map(withoutSeconds);
  const isKept = items(before, 'tolerations').every(t => now.some(other => jsonEqual(other, withoutSeconds(t))));
  return isKept
    ? []
    : [fieldErrors.forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}
