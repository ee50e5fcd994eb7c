/** A PolicyRule, by the words of rbac.authorization.k8s.io/v1. */
export type Rule = {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
};
/** One question: may somebody do this? */
export type Attributes =
  | { verb: string; group: string; resource: string; subresource?: string; namespace?: string; name?: string }
  | { verb: string; path: string };

const has = (list: readonly string[] | undefined, value: string) =>
  list !== undefined && (list.includes('*') || list.includes(value));

/** @source kubernetes plugin/pkg/auth/authorizer/rbac, pkg/apis/rbac/v1/evaluation_helpers.go */
export function allows(rule: Rule, a: Attributes): boolean {
  if (!has(rule.verbs, a.verb)) return false;
  if ('path' in a)
    return (
      rule.nonResourceURLs?.some(
        url => url === a.path || url === '*' || (url.endsWith('*') && a.path.startsWith(url.slice(0, -1))),
      ) === true
    );
  if (!has(rule.apiGroups, a.group) || !matchesResource(rule.resources, a.resource, a.subresource)) return false;
  return !rule.resourceNames?.length || (a.name !== undefined && rule.resourceNames.includes(a.name));
}

function matchesResource(resources: readonly string[] | undefined, resource: string, subresource: string | undefined): boolean {
  if (!resources) return false;
  const full = subresource ? `${resource}/${subresource}` : resource;
  return (
    resources.includes('*') ||
    resources.includes(full) ||
    (subresource !== undefined && subresource !== '' && resources.includes(`*/${subresource}`))
  );
}

/** The parts of `wanted` that no rule of `held` covers; a `*` is only covered by a `*`. @source kubernetes pkg/registry/rbac/validation/policy_comparator.go */
export function uncovered(held: readonly Rule[], wanted: readonly Rule[]): Rule[] {
  return wanted.flatMap(singleRules).filter(single => !held.some(rule => coversSingle(rule, single)));
}

function singleRules(rule: Rule): Rule[] {
  const singles: Rule[] = [];
  for (const verb of rule.verbs) {
    for (const url of rule.nonResourceURLs ?? []) singles.push({ verbs: [verb], nonResourceURLs: [url] });
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const names = rule.resourceNames?.length ? rule.resourceNames : [undefined];
        for (const name of names)
          singles.push({
            verbs: [verb],
            apiGroups: [group],
            resources: [resource],
            ...(name === undefined ? {} : { resourceNames: [name] }),
          });
      }
    }
  }
  return singles;
}

function coversSingle(rule: Rule, single: Rule): boolean {
  if (!has(rule.verbs, single.verbs[0]!)) return false;
  const url = single.nonResourceURLs?.[0];
  if (url !== undefined)
    return (
      rule.nonResourceURLs?.some(u => u === url || u === '*' || (u.endsWith('*') && url.startsWith(u.slice(0, -1)))) === true
    );
  const [resource, subresource] = single.resources![0]!.split('/');
  if (!has(rule.apiGroups, single.apiGroups![0]!) || !matchesResource(rule.resources, resource!, subresource)) return false;
  return (
    !rule.resourceNames?.length ||
    (single.resourceNames?.[0] !== undefined && rule.resourceNames.includes(single.resourceNames[0]))
  );
}

/** As upstream prints a rule that is not held. */
export function show(rule: Rule): string {
  const list = (values: readonly string[]) => `[${values.map(v => JSON.stringify(v)).join(' ')}]`;
  const parts = [
    ...(rule.apiGroups ? [`APIGroups:${list(rule.apiGroups)}`] : []),
    ...(rule.resources ? [`Resources:${list(rule.resources)}`] : []),
    ...(rule.resourceNames?.length ? [`ResourceNames:${list(rule.resourceNames)}`] : []),
    ...(rule.nonResourceURLs ? [`NonResourceURLs:${list(rule.nonResourceURLs)}`] : []),
    `Verbs:${list(rule.verbs)}`,
  ];
  return `{${parts.join(', ')}}`;
}
