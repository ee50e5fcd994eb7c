import { type FieldError, jsonEqual } from '../../../kube/index.ts';
import { fieldErrors } from '../../schema/index.ts';
import { IMMUTABLE } from '../names.ts';
import { type FrozenTree, items, number, sub, text } from '../tree.ts';
import { countOrPercent, immutable, notNegative, oneOf, type Rule, requiredText, validateOwnSelector } from './common.ts';
import { validateTemplate } from './pod.ts';

const path = 'spec';

/** Pods of controllers that keep them running always restart, and never end by time. */
function validateKeptPods(spec: FrozenTree, kind: string): FieldError[] {
  const podSpec = sub(sub(spec, 'template'), 'spec');
  const errors: FieldError[] = [];
  const policy = text(podSpec, 'restartPolicy');
  if (policy && policy !== 'Always')
    errors.push(fieldErrors.notSupported('spec.template.spec.restartPolicy', policy, ['Always']));
  if (podSpec?.['activeDeadlineSeconds'] !== undefined) {
    errors.push(
      fieldErrors.forbidden('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${kind} is not Supported`),
    );
  }
  return errors;
}

function validateRollingUpdate(spec: FrozenTree, member: string): FieldError[] {
  const strategy = sub(spec, member);
  const rolling = sub(strategy, 'rollingUpdate');
  const at = `spec.${member}`;
  const errors = oneOf(strategy, 'type', at, ['Recreate', 'RollingUpdate']);
  if (strategy?.['type'] === 'Recreate' && rolling) {
    errors.push(fieldErrors.forbidden(`${at}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'"));
  }
  if (strategy?.['type'] !== 'RollingUpdate' || !rolling) return errors;
  const { maxUnavailable, maxSurge } = rolling;
  errors.push(
    ...countOrPercent(maxUnavailable, `${at}.rollingUpdate.maxUnavailable`),
    ...countOrPercent(maxSurge, `${at}.rollingUpdate.maxSurge`),
  );
  const isNone = (value: unknown) => Number.parseInt(String(value ?? 0), 10) === 0;
  if (isNone(maxUnavailable) && isNone(maxSurge)) {
    errors.push(
      fieldErrors.invalid(`${at}.rollingUpdate.maxUnavailable`, maxUnavailable ?? 0, 'may not be 0 when `maxSurge` is 0'),
    );
  }
  if (typeof maxUnavailable === 'string' && Number.parseInt(maxUnavailable, 10) > 100) {
    errors.push(fieldErrors.invalid(`${at}.rollingUpdate.maxUnavailable`, maxUnavailable, 'must not be greater than 100%'));
  }
  return errors;
}

/** @source kubernetes pkg/apis/apps/validation/validation.go (from knowledge) */
export const validateDeployment: Rule = (deployment, old) => {
  const spec = sub(deployment, path) ?? {};
  const errors = [
    ...notNegative(spec, path, 'replicas', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'),
    ...validateOwnSelector(spec, path, 'deployment'),
    ...validateTemplate(spec, path),
    ...validateKeptPods(spec, 'ReplicaSet'),
    ...validateRollingUpdate(spec, 'strategy'),
  ];
  const deadline = number(spec, 'progressDeadlineSeconds');
  if (deadline !== undefined && deadline <= (number(spec, 'minReadySeconds') ?? 0)) {
    errors.push(fieldErrors.invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return old ? [...errors, ...immutable(spec, sub(old, path), path, 'selector')] : errors;
};

export const validateReplicaSet: Rule = (replicaSet, old) => {
  const spec = sub(replicaSet, path) ?? {};
  return [
    ...notNegative(spec, path, 'replicas', 'minReadySeconds'),
    // The kind in the sentence is upstream's.
    ...validateOwnSelector(spec, path, 'deployment'),
    ...validateTemplate(spec, path),
    ...validateKeptPods(spec, 'ReplicaSet'),
    ...(old ? immutable(spec, sub(old, path), path, 'selector') : []),
  ];
};

export const validateReplicationController: Rule = controller => {
  const spec = sub(controller, path) ?? {};
  const errors = notNegative(spec, path, 'replicas', 'minReadySeconds');
  if (Object.keys(sub(spec, 'selector') ?? {}).length === 0) errors.push(fieldErrors.required('spec.selector'));
  return [...errors, ...validateTemplate(spec, path), ...validateKeptPods(spec, 'ReplicationController')];
};

const SET_MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

export const validateStatefulSet: Rule = (set, old) => {
  const spec = sub(set, path) ?? {};
  const errors = [
    ...eitherOr(spec['podManagementPolicy'], 'spec.podManagementPolicy', 'OrderedReady', 'Parallel'),
    ...eitherOr(sub(spec, 'updateStrategy')?.['type'], 'spec.updateStrategy', 'RollingUpdate', 'OnDelete'),
    ...notNegative(spec, path, 'replicas', 'minReadySeconds', 'revisionHistoryLimit'),
    ...notNegative(sub(sub(spec, 'updateStrategy'), 'rollingUpdate'), 'spec.updateStrategy.rollingUpdate', 'partition'),
    ...validateOwnSelector(spec, path, 'statefulset'),
    ...validateTemplate(withClaimVolumes(spec), path),
    ...validateKeptPods(spec, 'StatefulSet'),
  ];
  if (!old) return errors;
  const before = sub(old, path) ?? {};
  const changed = Object.keys({ ...spec, ...before }).filter(
    key => !SET_MUTABLE.includes(key) && !jsonEqual(spec[key], before[key]),
  );
  if (changed.length > 0) {
    const quoted = SET_MUTABLE.map(key => `'${key}'`);
    const list = `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
    errors.push(fieldErrors.forbidden(path, `updates to statefulset spec for fields other than ${list} are forbidden`));
  }
  return errors;
};
/** StatefulSets call a word that they do not know invalid, not unsupported. */
function eitherOr(value: unknown, field: string, one: string, other: string): FieldError[] {
  return value === one || value === other ? [] : [fieldErrors.invalid(field, value ?? '', `must be '${one}' or '${other}'`)];
}
/** Claims of a StatefulSet are volumes of its Pods by their names. */
function withClaimVolumes(spec: FrozenTree): FrozenTree {
  const template = sub(spec, 'template') ?? {};
  const podSpec = sub(template, 'spec') ?? {};
  const claims = items(spec, 'volumeClaimTemplates').map(claim => text(sub(claim, 'metadata'), 'name'));
  const own = items(podSpec, 'volumes');
  const added = claims
    .filter(name => !own.some(v => v['name'] === name))
    .map(name => ({ name, persistentVolumeClaim: { claimName: name } }));
  return { ...spec, template: { ...template, spec: { ...podSpec, volumes: [...own, ...added] } } };
}

export const validateDaemonSet: Rule = (set, old) => {
  const spec = sub(set, path) ?? {};
  return [
    ...notNegative(spec, path, 'minReadySeconds', 'revisionHistoryLimit'),
    ...validateOwnSelector(spec, path, 'daemonset'),
    ...validateTemplate(spec, path),
    ...validateKeptPods(spec, 'DaemonSet'),
    ...oneOf(sub(spec, 'updateStrategy'), 'type', 'spec.updateStrategy', ['RollingUpdate', 'OnDelete']),
    ...(old ? immutable(spec, sub(old, path), path, 'selector') : []),
  ];
};

export const validateControllerRevision: Rule = (revision, old) => [
  ...notNegative(revision, 'revision', 'revision').map(e => ({ ...e, field: 'revision' })),
  ...(old && !jsonEqual(revision['data'], old['data']) ? [fieldErrors.invalid('data', revision['data'], IMMUTABLE)] : []),
];

/** @source kubernetes pkg/apis/autoscaling/validation/validation.go (from knowledge) */
export const validateAutoscaler: Rule = autoscaler => {
  const spec = sub(autoscaler, path) ?? {};
  const target = sub(spec, 'scaleTargetRef');
  const min = number(spec, 'minReplicas') ?? 1;
  const max = number(spec, 'maxReplicas') ?? 0;
  const errors: FieldError[] = [];
  if (min < 1) errors.push(fieldErrors.invalid('spec.minReplicas', min, 'must be greater than or equal to 1'));
  if (max < 1) errors.push(fieldErrors.invalid('spec.maxReplicas', max, 'must be greater than 0'));
  else if (max < min) errors.push(fieldErrors.invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  return [
    ...errors,
    ...requiredText(target, 'kind', 'spec.scaleTargetRef'),
    ...requiredText(target, 'name', 'spec.scaleTargetRef'),
  ];
};

export const validateDisruptionBudget: Rule = budget => {
  const spec = sub(budget, path) ?? {};
  const errors = [
    ...countOrPercent(spec['minAvailable'], 'spec.minAvailable'),
    ...countOrPercent(spec['maxUnavailable'], 'spec.maxUnavailable'),
  ];
  if (spec['minAvailable'] !== undefined && spec['maxUnavailable'] !== undefined) {
    errors.push(fieldErrors.invalid(path, spec, 'minAvailable and maxUnavailable cannot be both set'));
  }
  return errors;
};
