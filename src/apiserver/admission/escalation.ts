import { errors, type Frozen, type Obj, parseGvk, type UserInfo } from '../../kube/index.ts';
import type { Rbac } from '../auth/rbac.ts';
import { type Rule, show, uncovered } from '../auth/rules.ts';
import type { ResourceDef } from '../registry/resource.ts';
import type { AdmissionStep } from './admission.ts';

const GROUP = 'rbac.authorization.k8s.io';
type RoleLike = Frozen<Obj> & { rules?: readonly Rule[]; roleRef?: { kind: string; name: string } };

/** Nobody grants what they do not hold, but by the verbs `escalate` and `bind`. @source kubernetes pkg/registry/rbac/{role,rolebinding}/policybased */
export function escalationCheck(rbac: Rbac): AdmissionStep {
  return {
    name: 'RBACEscalation',
    applies: (r, def) => def.group === GROUP && !def.custom && r.operation !== 'DELETE',
    validate(r) {
      const object = r.object as RoleLike;
      const { kind } = parseGvk(r.gvk);
      const plural = `${kind.toLowerCase()}s`;
      const { namespace, user, name } = r;
      const where = namespace ? { namespace } : {};
      let rules: readonly Rule[];
      if (object.roleRef) {
        const before = (r.oldObject as RoleLike | undefined)?.roleRef;
        const { roleRef } = object;
        if (before && (before.kind !== roleRef.kind || before.name !== roleRef.name)) {
          throw errors.invalid({ group: GROUP, kind }, name, [
            {
              reason: 'FieldValueInvalid',
              field: 'roleRef',
              message: `Invalid value: ${JSON.stringify(roleRef)}: cannot change roleRef`,
            },
          ]);
        }
        const target = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
        if (rbac.can(user, { verb: 'bind', group: GROUP, resource: target, name: roleRef.name, ...where })) return;
        rules = rbac.rulesOfRole(roleRef.kind, roleRef.name, namespace);
      } else {
        if (rbac.can(user, { verb: 'escalate', group: GROUP, resource: plural, name, ...where })) return;
        rules = object.rules ?? [];
      }
      refuseUncovered({ group: GROUP, plural }, name, user, uncovered(rbac.rulesOf(user, namespace), rules));
    },
  };
}

function refuseUncovered(
  resource: Pick<ResourceDef, 'group' | 'plural'>,
  name: string,
  user: UserInfo,
  missing: readonly Rule[],
): void {
  if (missing.length === 0) return;
  const groups = user.groups.map(g => JSON.stringify(g)).join(' ');
  throw errors.forbidden(
    resource,
    name,
    `user "${user.username}" (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${missing.map(show).join('\n')}`,
  );
}
