import { type Frozen, type LabelSelector, type Obj, selectorOf, type UserInfo } from '../../kube/index.ts';
import type { Registry } from '../registry/registry.ts';
import type { Store, StoredResource } from '../store/index.ts';
import { type Attributes, allows, type Rule } from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';
const MASTERS = 'system:masters';
const EVERYTHING: readonly Rule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

type Subject = { kind: string; name: string; namespace?: string };
type Role = Frozen<Obj> & {
  readonly rules?: readonly Rule[];
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelector[] };
};
type Binding = Frozen<Obj> & {
  readonly subjects?: readonly Subject[];
  readonly roleRef: { readonly kind: string; readonly name: string };
};
/** A role granted everywhere, or in one namespace. */
type Grant = { namespace: string | undefined; rules: readonly Rule[] };

/**
 * RBAC over the stored roles and bindings. The index is by subject and is made anew after a change, when next asked; a check
 * then looks only at the rules of one user.
 */
export class Rbac {
  readonly #store: Store;
  readonly #resources: Readonly<Record<'roles' | 'clusterroles' | 'rolebindings' | 'clusterrolebindings', StoredResource>>;
  #bySubject: Map<string, Grant[]> | undefined;
  readonly #byUser = new Map<string, Grant[]>();

  constructor(store: Store, registry: Registry) {
    this.#store = store;
    const storage = (plural: string) => registry.find(GROUP, 'v1', plural)!.storage!;
    this.#resources = {
      roles: storage('roles'),
      clusterroles: storage('clusterroles'),
      rolebindings: storage('rolebindings'),
      clusterrolebindings: storage('clusterrolebindings'),
    };
    for (const r of Object.values(this.#resources)) {
      store.hub.listen(r.id, () => {
        this.#bySubject = undefined;
        this.#byUser.clear();
      });
    }
  }

  can(user: UserInfo, a: Attributes): boolean {
    if (user.groups.includes(MASTERS)) return true;
    const namespace = 'path' in a ? undefined : a.namespace;
    return this.#grantsOf(user).some(
      g => (g.namespace === undefined || g.namespace === namespace) && g.rules.some(rule => allows(rule, a)),
    );
  }

  /** All rules that a user holds in a namespace, or cluster-wide ones without. */
  rulesOf(user: UserInfo, namespace: string | undefined): readonly Rule[] {
    if (user.groups.includes(MASTERS)) return EVERYTHING;
    return this.#grantsOf(user)
      .filter(g => g.namespace === undefined || g.namespace === namespace)
      .flatMap(g => g.rules);
  }

  /** The rules behind a reference to a role. */
  rulesOfRole(kind: string, name: string, namespace: string | undefined): readonly Rule[] {
    if (kind !== 'ClusterRole')
      return (this.#store.get(this.#resources.roles, `${namespace}/${name}`)?.object as Role | undefined)?.rules ?? [];
    const role = this.#store.get(this.#resources.clusterroles, name)?.object as Role | undefined;
    return role ? this.#clusterRules(role, new Set()) : [];
  }

  /** Aggregated roles have the rules of all that their selectors find, at every moment. */
  #clusterRules(role: Role, seen: Set<string>): readonly Rule[] {
    const selectors = role.aggregationRule?.clusterRoleSelectors;
    if (!selectors || seen.has(role.metadata.name)) return role.rules ?? [];
    seen.add(role.metadata.name);
    const all = this.#store.list(this.#resources.clusterroles, {}, Number.MAX_SAFE_INTEGER).map(r => r.object as Role);
    return selectors.flatMap(s => {
      const selector = selectorOf(s)!;
      return all.filter(r => r !== role && selector.matches(r.metadata.labels)).flatMap(r => this.#clusterRules(r, seen));
    });
  }

  #grantsOf(user: UserInfo): Grant[] {
    const key = `${user.username}\n${user.groups.join('\n')}`;
    let grants = this.#byUser.get(key);
    if (!grants) {
      const index = (this.#bySubject ??= this.#index());
      grants = [`User ${user.username}`, ...user.groups.map(g => `Group ${g}`)].flatMap(s => index.get(s) ?? []);
      if (this.#byUser.size > 10_000) this.#byUser.clear();
      this.#byUser.set(key, grants);
    }
    return grants;
  }

  #index(): Map<string, Grant[]> {
    const index = new Map<string, Grant[]>();
    const add = (binding: Binding, namespace: string | undefined) => {
      const { kind, name } = binding.roleRef;
      const rules = this.rulesOfRole(kind, name, namespace);
      if (rules.length === 0) return;
      for (const subject of binding.subjects ?? []) {
        const key = subjectKey(subject, namespace);
        const grants = index.get(key);
        if (grants) grants.push({ namespace, rules });
        else index.set(key, [{ namespace, rules }]);
      }
    };
    const all = (r: StoredResource) => this.#store.list(r, {}, Number.MAX_SAFE_INTEGER).map(x => x.object as Binding);
    for (const b of all(this.#resources.clusterrolebindings)) add(b, undefined);
    for (const b of all(this.#resources.rolebindings)) add(b, b.metadata.namespace);
    return index;
  }
}

function subjectKey({ kind, name, namespace }: Subject, bindingNamespace: string | undefined): string {
  if (kind === 'ServiceAccount') return `User system:serviceaccount:${namespace ?? bindingNamespace}:${name}`;
  return `${kind} ${name}`;
}
