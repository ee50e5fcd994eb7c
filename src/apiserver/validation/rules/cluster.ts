import { type FieldError, jsonEqual } from '../../../kube/index.ts';
import { fieldErrors } from '../../schema/index.ts';
import { compareQuantities } from '../quantity.ts';
import { type FrozenTree, items, number, sub, text, texts } from '../tree.ts';
import { immutable, oneOf, type Rule, requiredText, validateSelector } from './common.ts';
import { validateAmount } from './resources.ts';

const RBAC_GROUP = 'rbac.authorization.k8s.io';
const HIGHEST_PRIORITY = 1000000000;

/** @source kubernetes pkg/apis/rbac/validation/validation.go (from knowledge) */
function validateRules(role: FrozenTree, namespaced: boolean): FieldError[] {
  return items(role, 'rules').flatMap((rule, i) => {
    const at = `rules[${i}]`;
    const errors: FieldError[] = [];
    if (texts(rule, 'verbs').length === 0)
      errors.push(fieldErrors.required(`${at}.verbs`, 'verbs must contain at least one value'));
    const urls = texts(rule, 'nonResourceURLs');
    if (urls.length > 0) {
      if (namespaced)
        errors.push(fieldErrors.invalid(`${at}.nonResourceURLs`, urls, 'namespaced rules cannot apply to non-resource URLs'));
      if (texts(rule, 'apiGroups').length + texts(rule, 'resources').length + texts(rule, 'resourceNames').length > 0) {
        errors.push(
          fieldErrors.invalid(
            `${at}.nonResourceURLs`,
            urls,
            'rules cannot apply to both regular resources and non-resource URLs',
          ),
        );
      }
      return errors;
    }
    if (texts(rule, 'apiGroups').length === 0) {
      errors.push(fieldErrors.required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
    }
    if (texts(rule, 'resources').length === 0)
      errors.push(fieldErrors.required(`${at}.resources`, 'resource rules must supply at least one resource'));
    return errors;
  });
}
export const validateRole: Rule = role => validateRules(role, true);
export const validateClusterRole: Rule = role => {
  const selectors = items(sub(role, 'aggregationRule'), 'clusterRoleSelectors');
  const errors = selectors.flatMap((s, i) => validateSelector(s, `aggregationRule.clusterRoleSelectors[${i}]`));
  if (sub(role, 'aggregationRule') && selectors.length === 0) {
    errors.push(
      fieldErrors.required(
        'aggregationRule.clusterRoleSelectors',
        'at least one clusterRoleSelector required if aggregationRule is non-nil',
      ),
    );
  }
  return [...validateRules(role, false), ...errors];
};

function validateBinding(kinds: readonly string[], namespaced: boolean): Rule {
  return (binding, old) => {
    const role = sub(binding, 'roleRef');
    const errors = [
      ...(text(role, 'apiGroup') === RBAC_GROUP
        ? []
        : [fieldErrors.notSupported('roleRef.apiGroup', text(role, 'apiGroup'), [RBAC_GROUP])]),
      ...(kinds.includes(text(role, 'kind')) ? [] : [fieldErrors.notSupported('roleRef.kind', text(role, 'kind'), kinds)]),
      ...requiredText(role, 'name', 'roleRef'),
      ...items(binding, 'subjects').flatMap((s, i) => validateSubject(s, `subjects[${i}]`, namespaced)),
    ];
    if (old && !jsonEqual(role, old['roleRef'])) errors.push(fieldErrors.invalid('roleRef', role, 'cannot change roleRef'));
    return errors;
  };
}
function validateSubject(subject: FrozenTree, path: string, namespaced: boolean): FieldError[] {
  const kind = text(subject, 'kind');
  const group = text(subject, 'apiGroup');
  const errors = requiredText(subject, 'name', path);
  if (kind === 'ServiceAccount') {
    if (group) errors.push(fieldErrors.notSupported(`${path}.apiGroup`, group, ['']));
    if (!namespaced && !text(subject, 'namespace')) errors.push(fieldErrors.required(`${path}.namespace`));
  } else if (kind === 'User' || kind === 'Group') {
    if (group !== RBAC_GROUP) errors.push(fieldErrors.notSupported(`${path}.apiGroup`, group, [RBAC_GROUP]));
  } else errors.push(fieldErrors.notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
  return errors;
}
export const validateRoleBinding: Rule = validateBinding(['Role', 'ClusterRole'], true);
export const validateClusterRoleBinding: Rule = validateBinding(['ClusterRole'], false);

/** @source kubernetes pkg/apis/scheduling/validation/validation.go (from knowledge) */
export const validatePriorityClass: Rule = (priorityClass, old) => {
  const name = text(sub(priorityClass, 'metadata'), 'name');
  const errors: FieldError[] = [];
  if (!name.startsWith('system-') && (number(priorityClass, 'value') ?? 0) > HIGHEST_PRIORITY) {
    errors.push(fieldErrors.forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_PRIORITY}`));
  }
  return old ? [...errors, ...immutable(priorityClass, old, '', 'value', 'preemptionPolicy')] : errors;
};

export const validateResourceQuota: Rule = (quota, old) => {
  const spec = sub(quota, 'spec') ?? {};
  const errors = Object.entries(sub(spec, 'hard') ?? {}).flatMap(([name, amount]) =>
    validateAmount(name, amount, `spec.hard[${name}]`),
  );
  return old ? [...errors, ...immutable(spec, sub(old, 'spec'), 'spec', 'scopes')] : errors;
};

export const validateLimitRange: Rule = range =>
  items(sub(range, 'spec'), 'limits').flatMap((limit, i) => {
    const at = `spec.limits[${i}]`;
    const bound = (kind: string) => sub(limit, kind) ?? {};
    const above = (low: string, high: string, lowWord: string, highWord: string) =>
      Object.entries(bound(low))
        .filter(([name, amount]) => bound(high)[name] !== undefined && compareQuantities(amount, bound(high)[name]) > 0)
        .map(([name, amount]) =>
          fieldErrors.invalid(
            `${at}.${low}[${name}]`,
            amount,
            `${lowWord} value ${amount} is greater than ${highWord} value ${bound(high)[name]}`,
          ),
        );
    return [
      ...above('min', 'max', 'min', 'max'),
      ...above('min', 'defaultRequest', 'min', 'default request'),
      ...above('defaultRequest', 'max', 'default request', 'max'),
      ...above('defaultRequest', 'default', 'default request', 'default limit'),
      ...above('default', 'max', 'default', 'max'),
    ];
  });

/** An event is about something in its own namespace. @source kubernetes pkg/apis/core/validation/events.go (from knowledge) */
export const validateEvent: Rule = event => {
  const namespace = text(sub(event, 'metadata'), 'namespace');
  const about = sub(event, 'involvedObject') ?? sub(event, 'regarding');
  const target = text(about, 'namespace');
  const field = sub(event, 'involvedObject') ? 'involvedObject.namespace' : 'regarding.namespace';
  const isClusterEvent = target === '' && (namespace === 'default' || namespace === 'kube-system');
  return target === namespace || isClusterEvent ? [] : [fieldErrors.invalid(field, target, 'does not match event.namespace')];
};

/** @source kubernetes pkg/apis/admissionregistration/validation/validation.go (from knowledge) */
export const validateWebhooks: Rule = configuration =>
  items(configuration, 'webhooks').flatMap((webhook, i) => {
    const at = `webhooks[${i}]`;
    const client = sub(webhook, 'clientConfig');
    const timeout = number(webhook, 'timeoutSeconds');
    const name = text(webhook, 'name');
    const errors = requiredText(webhook, 'name', at);
    if (name && name.split('.').length < 3) {
      errors.push(fieldErrors.invalid(`${at}.name`, name, 'should be a domain with at least three segments separated by dots'));
    }
    if ((client?.['url'] === undefined) === (client?.['service'] === undefined)) {
      errors.push(fieldErrors.required(`${at}.clientConfig`, 'exactly one of url or service is required'));
    }
    if (texts(webhook, 'admissionReviewVersions').length === 0) {
      errors.push(fieldErrors.required(`${at}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
    }
    if (timeout !== undefined && (timeout < 1 || timeout > 30)) {
      errors.push(fieldErrors.invalid(`${at}.timeoutSeconds`, timeout, 'the timeout value must be between 1 and 30 seconds'));
    }
    return [
      ...errors,
      ...oneOf(webhook, 'sideEffects', at, ['None', 'NoneOnDryRun']),
      ...oneOf(webhook, 'failurePolicy', at, ['Fail', 'Ignore']),
      ...validateSelector(sub(webhook, 'namespaceSelector'), `${at}.namespaceSelector`),
      ...validateSelector(sub(webhook, 'objectSelector'), `${at}.objectSelector`),
    ];
  });
