import { createRequire } from 'node:module';
import type { AdmissionRequest, Frozen, Obj, UserInfo } from '../../../kube/index.ts';
import type { Asked, Can } from '../../cel/library/authz.ts';
import { apiVersionOf } from '../../registry/resource.ts';
import type { Version } from './match.ts';

const require = createRequire(import.meta.url);
/** CEL is loaded by the first expression. */
export const cel = () => require('./expressions.ts') as typeof import('./expressions.ts');

/** The `request` of expressions and reviews. */
export function requestOf(r: AdmissionRequest, own: Version, matched: Version, uid: string): Record<string, unknown> {
  const kind = (v: Version) => ({ group: v.group, version: v.version, kind: v.kind });
  const resource = (v: Version) => ({ group: v.group, version: v.version, resource: v.plural });
  const subresource = r.subresource ? { subResource: r.subresource, requestSubResource: r.subresource } : {};
  return {
    uid,
    kind: kind(matched),
    resource: resource(matched),
    ...subresource,
    requestKind: kind(own),
    requestResource: resource(own),
    name: r.name,
    ...(r.namespace ? { namespace: r.namespace } : {}),
    operation: r.operation,
    userInfo: r.user,
    dryRun: r.dryRun,
    options: null,
  };
}
/** An object as another version of its kind shows it, where they differ in nothing but the version. */
export function inVersion(o: Frozen<Obj> | undefined, v: Version): Frozen<Obj> | null {
  return o ? { ...o, apiVersion: apiVersionOf(v) } : null;
}

/** Whether a user may do what an expression asks about. */
export type UserCan = (user: UserInfo, asked: Asked) => boolean;
/** The authorizer of expressions: for the user of the request, or a service account. */
export function canOf(can: UserCan, user: UserInfo): Can {
  return (asked, account) => can(account ? accountUser(account) : user, asked);
}
function accountUser({ namespace, name }: { namespace: string; name: string }): UserInfo {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  return { username: `system:serviceaccount:${namespace}:${name}`, groups };
}
