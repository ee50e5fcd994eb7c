import { type AdmissionRequest, type Frozen, type LabelSelector, type Obj, selectorOf } from '../../../kube/index.ts';
import type { ResourceDef } from '../../registry/resource.ts';
import type { Find } from '../admission.ts';

export type ResourceRule = {
  operations: readonly string[];
  apiGroups: readonly string[];
  apiVersions: readonly string[];
  resources: readonly string[];
  resourceNames?: readonly string[];
  scope?: string;
};
/** What a webhook or a policy is for. */
export type Match = {
  matchPolicy?: string;
  namespaceSelector?: Frozen<LabelSelector>;
  objectSelector?: Frozen<LabelSelector>;
  rules?: readonly ResourceRule[];
  excludeRules?: readonly ResourceRule[];
};
/** One version of what is written: its own, or another one of the same resource. */
export type Version = Pick<ResourceDef, 'group' | 'version' | 'plural' | 'kind' | 'namespaced'>;

const includes = (list: readonly string[], value: string) => list.includes('*') || list.includes(value);

function resourceMatches(patterns: readonly string[], plural: string, subresource: string): boolean {
  return patterns.some(pattern => {
    const [resource, sub = ''] = pattern.split('/');
    if (pattern === '*/*') return true;
    return (resource === '*' || resource === plural) && (sub === subresource || (sub === '*' && subresource !== ''));
  });
}
function ruleMatches(rule: ResourceRule, r: AdmissionRequest, v: Version): boolean {
  const scope = rule.scope ?? '*';
  return (
    includes(rule.operations, r.operation) &&
    includes(rule.apiGroups, v.group) &&
    includes(rule.apiVersions, v.version) &&
    resourceMatches(rule.resources, v.plural, r.subresource ?? '') &&
    (scope === '*' || (scope === 'Namespaced') === v.namespaced) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(r.name))
  );
}

/**
 * The version under which a request is meant by a match; undefined when it is not.
 * @source apiserver pkg/admission/plugin/webhook/predicates/rules@24a394e516bf
 */
export function matchedVersion(
  match: Match,
  r: AdmissionRequest,
  own: Version,
  equivalents: () => readonly Version[],
): Version | undefined {
  const hits = (rules: readonly ResourceRule[] | undefined, v: Version) => rules?.some(rule => ruleMatches(rule, r, v)) === true;
  if (hits(match.excludeRules, own)) return undefined;
  if (!match.rules || hits(match.rules, own)) return own;
  return match.matchPolicy === 'Exact' ? undefined : equivalents().find(v => hits(match.rules, v));
}

/** Whether the labels of the object (or of what it was) and of its namespace are meant. */
export function selects(match: Match, r: AdmissionRequest, find: Find): boolean {
  const byObject = selectorOf(match.objectSelector);
  if (byObject && ![r.object, r.oldObject].some(o => o && byObject.matches(o.metadata.labels))) return false;
  const byNamespace = selectorOf(match.namespaceSelector);
  if (!byNamespace) return true;
  const labels = namespaceOf(r, find)?.metadata.labels;
  // What stands in no namespace is not asked for its namespace's labels.
  return isClusterScoped(r) ? true : byNamespace.matches(labels);
}
const isNamespace = (r: AdmissionRequest) => r.gvk === 'v1/Namespace';
const isClusterScoped = (r: AdmissionRequest) => !r.namespace && !isNamespace(r);

/** The namespace that a request is in, or is about. */
export function namespaceOf(r: AdmissionRequest, find: Find): Frozen<Obj> | undefined {
  if (isNamespace(r)) return r.object ?? r.oldObject;
  return r.namespace ? find('v1/Namespace', { apiVersion: 'v1', kind: 'Namespace', name: r.namespace })[0] : undefined;
}
