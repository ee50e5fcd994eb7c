import type { ControllerDef } from './controller.ts';
import type { ResourceMapper } from './transport.ts';
import { type Gvk, type Obj, parseGvk } from './types.ts';

/** Where the service accounts of Skiff's own controllers live. */
export const SYSTEM_NAMESPACE = 'skiff-system';
/** The user that a controller acts as, in process and on a cluster. */
export function controllerUser(name: string): { username: string; groups: string[] } {
  return {
    username: `system:serviceaccount:${SYSTEM_NAMESPACE}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${SYSTEM_NAMESPACE}`, 'system:authenticated'],
  };
}

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[] };
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'update', 'patch', 'delete'];

/**
 * The service account, ClusterRole and binding of a controller, generated from its definition: what it declares is what
 * it may do, in both modes; anything else is a 403.
 */
export async function rolesOf(def: ControllerDef, mapper: ResourceMapper): Promise<Obj[]> {
  const rules: Rule[] = [{ apiGroups: [''], resources: ['events'], verbs: ['create', 'patch', 'update'] }];
  const allow = async (gvk: Gvk, verbs: string[], subresource?: string) => {
    const r = await mapper.resourceFor(gvk);
    rules.push({ apiGroups: [parseGvk(gvk).group], resources: [subresource ? `${r.plural}/${subresource}` : r.plural], verbs });
  };
  await allow(def.for, [...READ, 'update', 'patch']);
  await allow(def.for, ['update', 'patch'], 'status');
  for (const gvk of def.owns ?? []) await allow(gvk, [...READ, ...WRITE]);
  for (const { gvk } of def.reads ?? []) await allow(gvk, READ);
  for (const w of def.writes ?? []) await allow(w.gvk, w.verbs, w.subresource);
  const metadata = { name: `skiff:controller:${def.name}` };
  const { username } = controllerUser(def.name);
  const name = username.split(':').at(-1)!;
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: SYSTEM_NAMESPACE } },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata, rules } as Obj,
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: SYSTEM_NAMESPACE }],
    } as Obj,
  ];
}
