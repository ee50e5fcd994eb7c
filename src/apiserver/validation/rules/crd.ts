import { type FieldError, type Frozen, jsonEqual, type Obj } from '../../../kube/index.ts';
import { compileCrd, fieldErrors } from '../../schema/index.ts';
import { dns1035Label, dns1123Subdomain } from '../names.ts';
import { type FrozenTree, items, sub, text, texts } from '../tree.ts';
import { immutable, oneOf, type Rule, requiredText } from './common.ts';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const SELECTABLE_LIMIT = 8;
const APPROVAL = 'api-approved.kubernetes.io';

/**
 * A CustomResourceDefinition as a whole: `compileCrd`'s errors and those of everything around the schemas.
 * @source apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go@1aa2717a552e
 */
export const validateCrd: Rule = (crd, old) => {
  const spec = sub(crd, 'spec') ?? {};
  const names = sub(spec, 'names') ?? {};
  const errors = [
    ...validateName(crd, spec, names, old !== undefined),
    ...validateGroup(spec),
    ...oneOf(spec, 'scope', 'spec', ['Cluster', 'Namespaced']),
    ...validateVersions(spec),
    ...validateNames(names),
    ...validateConversion(sub(spec, 'conversion')),
    ...validateApproval(crd, spec, old),
    ...compileCrd(crd as unknown as Frozen<Obj>).errors,
  ];
  if (spec['preserveUnknownFields'] === true && sub(old, 'spec')?.['preserveUnknownFields'] !== true) {
    const detail = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
    errors.push(fieldErrors.invalid('spec.preserveUnknownFields', true, detail));
  }
  return old ? [...errors, ...validateUpdate(spec, names, old)] : errors;
};

function validateName(crd: FrozenTree, spec: FrozenTree, names: FrozenTree, isUpdate: boolean): FieldError[] {
  const name = text(sub(crd, 'metadata'), 'name');
  if (isUpdate || name === `${text(names, 'plural')}.${text(spec, 'group')}`) return [];
  return [fieldErrors.invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')];
}
function validateGroup(spec: FrozenTree): FieldError[] {
  const group = text(spec, 'group');
  if (!group) return [fieldErrors.required('spec.group')];
  const problems = dns1123Subdomain(group);
  if (problems.length > 0) return [fieldErrors.invalid('spec.group', group, problems.join(','))];
  return group.includes('.') ? [] : [fieldErrors.invalid('spec.group', group, 'should be a domain with at least one dot')];
}

function validateNames(names: FrozenTree): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['plural', 'singular', 'kind', 'listKind']) {
    const value = text(names, key);
    const isMixed = key === 'kind' || key === 'listKind';
    if (!value) errors.push(fieldErrors.required(`spec.names.${key}`));
    const problems = value ? dns1035Label(isMixed ? value.toLowerCase() : value) : [];
    const prefix = isMixed ? 'may have mixed case, but should otherwise match: ' : '';
    if (problems.length > 0) errors.push(fieldErrors.invalid(`spec.names.${key}`, value, prefix + problems.join(',')));
  }
  for (const key of ['shortNames', 'categories']) {
    for (const [i, value] of texts(names, key).entries()) {
      const problems = dns1035Label(value);
      if (problems.length > 0) errors.push(fieldErrors.invalid(`spec.names.${key}[${i}]`, value, problems.join(',')));
    }
  }
  if (text(names, 'kind') && names['kind'] === names['listKind']) {
    errors.push(fieldErrors.invalid('spec.names.listKind', names['listKind'], 'kind and listKind may not be the same'));
  }
  return errors;
}

function validateVersions(spec: FrozenTree): FieldError[] {
  const versions = items(spec, 'versions');
  const errors: FieldError[] = [];
  for (const [i, version] of versions.entries()) {
    const at = `spec.versions[${i}]`;
    const problems = dns1035Label(text(version, 'name'));
    if (problems.length > 0) errors.push(fieldErrors.invalid(`${at}.name`, text(version, 'name'), problems.join(',')));
    errors.push(
      ...validateDeprecation(version, at),
      ...validateScale(sub(sub(version, 'subresources'), 'scale'), `${at}.subresources`),
    );
    for (const [j, column] of items(version, 'additionalPrinterColumns').entries()) {
      errors.push(...validateColumn(column, `${at}.additionalPrinterColumns[${j}]`));
    }
    errors.push(...validateSelectable(version, at));
  }
  const names = versions.map(v => text(v, 'name'));
  if (new Set(names).size < names.length)
    errors.push(fieldErrors.invalid('spec.versions', versions, 'must contain unique version names'));
  if (versions.filter(v => v['storage'] === true).length !== 1) {
    errors.push(fieldErrors.invalid('spec.versions', versions, 'must have exactly one version marked as storage version'));
  }
  return errors;
}

function validateDeprecation(version: FrozenTree, path: string): FieldError[] {
  const warning = version['deprecationWarning'];
  if (warning === undefined) return [];
  const problems: string[] = [];
  if (version['deprecated'] !== true) problems.push('can only be set for deprecated versions');
  else if (String(warning).length > 256) problems.push('must be <= 256 characters long');
  else if (warning === '') problems.push('must not be an empty string');
  return problems.map(p => fieldErrors.invalid(`${path}.deprecationWarning`, warning, p));
}

function validateScale(scale: FrozenTree | undefined, path: string): FieldError[] {
  if (!scale) return [];
  const errors: FieldError[] = [];
  const check = (key: string, roots: string[], where: string) => {
    const value = text(scale, key);
    const field = `${path}.scale.${key}`;
    if (!value.startsWith('.')) errors.push(fieldErrors.invalid(field, value, 'must be a simple json path starting with .'));
    else if (!roots.some(root => value.startsWith(`.${root}.`)))
      errors.push(fieldErrors.invalid(field, value, `should be a json path under ${where}`));
  };
  for (const [key, root] of [
    ['specReplicasPath', 'spec'],
    ['statusReplicasPath', 'status'],
  ] as const) {
    if (text(scale, key)) check(key, [root], `.${root}`);
    else errors.push(fieldErrors.required(`${path}.scale.${key}`));
  }
  if (text(scale, 'labelSelectorPath')) check('labelSelectorPath', ['spec', 'status'], 'either .spec or .status');
  return errors;
}

function validateColumn(column: FrozenTree, path: string): FieldError[] {
  const type = text(column, 'type');
  const format = text(column, 'format');
  const jsonPath = text(column, 'jsonPath');
  const errors = requiredText(column, 'name', path);
  const types = `must be one of ${COLUMN_TYPES.join(',')}`;
  if (!type) errors.push(fieldErrors.required(`${path}.type`, types));
  else if (!COLUMN_TYPES.includes(type)) errors.push(fieldErrors.invalid(`${path}.type`, type, types));
  if (format && !COLUMN_FORMATS.includes(format)) {
    errors.push(fieldErrors.invalid(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`));
  }
  // The field's name is that of the internal type.
  if (!jsonPath) errors.push(fieldErrors.required(`${path}.JSONPath`));
  else if (!jsonPath.startsWith('.'))
    errors.push(fieldErrors.invalid(`${path}.JSONPath`, jsonPath, 'must be a simple json path starting with .'));
  return errors;
}

function validateSelectable(version: FrozenTree, path: string): FieldError[] {
  const fields = items(version, 'selectableFields');
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [i, field] of fields.entries()) {
    const at = `${path}.selectableFields[${i}].jsonPath`;
    const jsonPath = text(field, 'jsonPath');
    if (!jsonPath) errors.push(fieldErrors.required(at));
    else if (jsonPath.startsWith('.metadata'))
      errors.push(fieldErrors.invalid(at, jsonPath, 'must not point to fields in metadata'));
    else if (!isSelectable(version, jsonPath)) {
      const detail =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
      errors.push(fieldErrors.invalid(at, jsonPath, detail));
    } else if (seen.has(jsonPath)) errors.push(fieldErrors.duplicate(at, jsonPath));
    seen.add(jsonPath);
  }
  if (seen.size > SELECTABLE_LIMIT) errors.push(fieldErrors.tooMany(`${path}.selectableFields`, seen.size, SELECTABLE_LIMIT));
  return errors;
}
function isSelectable(version: FrozenTree, jsonPath: string): boolean {
  let schema = sub(sub(version, 'schema'), 'openAPIV3Schema');
  for (const key of jsonPath.split('.').slice(1)) schema = sub(sub(schema, 'properties'), key);
  return ['string', 'boolean', 'integer'].includes(text(schema, 'type'));
}

function validateConversion(conversion: FrozenTree | undefined): FieldError[] {
  if (!conversion) return [];
  const path = 'spec.conversion';
  const errors = oneOf(conversion, 'strategy', path, ['None', 'Webhook']);
  const webhook = sub(conversion, 'webhook');
  const client = sub(webhook, 'clientConfig');
  const reviews = texts(webhook, 'conversionReviewVersions');
  if (conversion['strategy'] !== 'Webhook') {
    if (client)
      errors.push(fieldErrors.forbidden(`${path}.webhookClientConfig`, 'should not be set when strategy is not set to Webhook'));
    return errors;
  }
  const exactlyOne = 'exactly one of url or service is required';
  if (!client) errors.push(fieldErrors.required(`${path}.webhookClientConfig`, 'required when strategy is set to Webhook'));
  else if ((client['url'] === undefined) === (client['service'] === undefined))
    errors.push(fieldErrors.required(`${path}.webhookClientConfig`, exactlyOne));
  if (reviews.length === 0) errors.push(fieldErrors.required(`${path}.conversionReviewVersions`));
  else if (!reviews.some(v => v === 'v1' || v === 'v1beta1')) {
    errors.push(fieldErrors.invalid(`${path}.conversionReviewVersions`, reviews, 'must include at least one of v1, v1beta1'));
  }
  return errors;
}

/** Groups of the Kubernetes community need a note that the API was approved. */
function validateApproval(crd: FrozenTree, spec: FrozenTree, old: FrozenTree | undefined): FieldError[] {
  const group = text(spec, 'group');
  const approval = (o: FrozenTree | undefined) => text(sub(sub(o, 'metadata'), 'annotations'), APPROVAL);
  const isProtected = /(?:^|\.)(?:k8s|kubernetes)\.io$/.test(group);
  if (!isProtected || (old && approval(old) === approval(crd))) return [];
  const field = `metadata.annotations[${APPROVAL}]`;
  const where = 'https://github.com/kubernetes/enhancements/pull/1111';
  if (!approval(crd))
    return [fieldErrors.required(field, `protected groups must have approval annotation "${APPROVAL}", see ${where}`)];
  if (approval(crd).startsWith('unapproved') || URL.canParse(approval(crd))) return [];
  const detail = `protected groups must have approval annotation "${APPROVAL}" with either a URL or a reason starting with "unapproved", see ${where}`;
  return [fieldErrors.invalid(field, approval(crd), detail)];
}

function validateUpdate(spec: FrozenTree, names: FrozenTree, old: FrozenTree): FieldError[] {
  const before = sub(old, 'spec');
  const namesBefore = sub(before, 'names');
  const conditions = items(sub(old, 'status'), 'conditions');
  const isEstablished = conditions.some(c => c['type'] === 'Established' && c['status'] === 'True');
  const errors = [...immutable(spec, before, 'spec', 'group'), ...immutable(names, namesBefore, 'spec.names', 'plural')];
  if (isEstablished && !jsonEqual([spec['scope'], names['kind']], [before?.['scope'], namesBefore?.['kind']])) {
    errors.push(...immutable(spec, before, 'spec', 'scope'), ...immutable(names, namesBefore, 'spec.names', 'kind'));
  }
  return errors;
}
