import { errors, parseFieldSelector, type UserInfo } from '../../kube/index.ts';
import type { RequestInfo } from '../request/request-info.ts';
import type { Rbac } from './rbac.ts';
import type { Attributes } from './rules.ts';

const COLLECTION = new Set(['list', 'watch', 'deletecollection']);

/** What a request asks of RBAC. A list of one name is a question about that name. */
export function attributesOf(info: RequestInfo, query: URLSearchParams | undefined): Attributes {
  if (!info.isResource) return { verb: info.verb, path: info.path };
  let { name } = info;
  if (name === undefined && COLLECTION.has(info.verb)) name = namedBy(query?.get('fieldSelector'));
  return {
    verb: info.verb,
    group: info.group,
    resource: info.resource,
    ...(info.subresource ? { subresource: info.subresource } : {}),
    ...(info.namespace ? { namespace: info.namespace } : {}),
    ...(name ? { name } : {}),
  };
}
function namedBy(selector: string | null | undefined): string | undefined {
  if (!selector) return undefined;
  try {
    return parseFieldSelector(selector).find(f => f.field === 'metadata.name' && f.equals)?.value;
  } catch {
    // The handler will refuse it with the right text.
    return undefined;
  }
}

const escapeHtml = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** @throws StatusError 403 with upstream's text. @source apiserver pkg/endpoints/handlers/responsewriters/errors.go@24a394e516bf */
export function authorize(rbac: Rbac, user: UserInfo, a: Attributes): void {
  if (!rbac.can(user, a)) throw forbidden(user, a);
}
export function forbidden(user: UserInfo, a: Attributes): Error {
  const who = `User "${escapeHtml(user.username)}" cannot ${a.verb}`;
  if ('path' in a) return errors.forbiddenPath(`${who} path "${escapeHtml(a.path)}"`);
  const resource = a.subresource ? `${a.resource}/${a.subresource}` : a.resource;
  const scope = a.namespace ? `in the namespace "${a.namespace}"` : 'at the cluster scope';
  return errors.forbidden(
    { group: a.group, plural: a.resource },
    a.name ?? '',
    `${who} resource "${escapeHtml(resource)}" in API group "${a.group}" ${scope}`,
  );
}
