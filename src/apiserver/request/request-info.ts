import type { ApiRequest } from '../../kube/index.ts';

/** What a path and method ask for, before anybody looks whether it exists. @source apiserver pkg/endpoints/request@24a394e516bf */
export type RequestInfo = {
  /** Kubernetes' verb for resources, the lower-case method for other paths. */
  verb: string;
  isResource: boolean;
  path: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string | undefined;
  name: string | undefined;
  /** What follows a proxy subresource. */
  rest: string | undefined;
};

const COLLECTION_VERBS: Record<ApiRequest['method'], string> = {
  GET: 'list',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'deletecollection',
};
const ITEM_VERBS: Record<ApiRequest['method'], string> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
/** What hangs below a namespace object itself, not in it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

/** @throws URIError when the path is not well encoded */
export function requestInfo(method: ApiRequest['method'], path: string, query: URLSearchParams | undefined): RequestInfo {
  const raw = path.split('/').slice(1);
  const parts = raw.map(decodeURIComponent);
  if (parts.at(-1) === '') parts.pop();
  const info: RequestInfo = {
    verb: method.toLowerCase(),
    isResource: false,
    path,
    group: '',
    version: '',
    resource: '',
    subresource: '',
    namespace: undefined,
    name: undefined,
    rest: undefined,
  };
  let i: number;
  if (parts[0] === 'api' && parts.length >= 3) {
    info.version = parts[1]!;
    i = 2;
  } else if (parts[0] === 'apis' && parts.length >= 4) {
    info.group = parts[1]!;
    info.version = parts[2]!;
    i = 3;
  } else return info;
  let watchPrefix = false;
  if (parts[i] === 'watch' && parts.length > i + 1) {
    watchPrefix = true;
    i++;
  }
  if (
    parts[i] === 'namespaces' &&
    parts.length > i + 2 &&
    !(parts.length === i + 3 && NAMESPACE_SUBRESOURCES.has(parts[i + 2]!))
  ) {
    info.namespace = parts[i + 1];
    i += 2;
  }
  info.isResource = true;
  info.resource = parts[i] ?? '';
  info.name = parts[i + 1];
  info.subresource = parts[i + 2] ?? '';
  if (parts.length > i + 3) info.rest = `/${raw.slice(i + 3).join('/')}`;
  else if (info.subresource === 'proxy') info.rest = path.endsWith('/') ? '/' : '';
  if (info.name === undefined) {
    info.verb = method === 'GET' && (watchPrefix || isTrue(query?.get('watch'))) ? 'watch' : COLLECTION_VERBS[method];
  } else {
    info.verb = method === 'GET' && watchPrefix ? 'watch' : ITEM_VERBS[method];
  }
  return info;
}

/** A boolean query parameter as Kubernetes reads it: present and neither `0` nor `false`. */
export function isTrue(value: string | null | undefined): boolean {
  return value !== null && value !== undefined && value !== '0' && value !== 'false';
}
