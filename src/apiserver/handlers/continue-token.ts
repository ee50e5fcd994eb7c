import { errors } from '../../kube/index.ts';

/** Where a list goes on: after this key, at this revision; -1 = whatever is current. @source apiserver pkg/storage/continue.go@24a394e516bf */
export type ContinueToken = { rv: number; after: string };

export function encodeContinue({ rv, after }: ContinueToken, namespace: string | undefined): string {
  const start = namespace ? after.slice(namespace.length + 1) : after;
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv, start: `${start}\u0000` })).toString('base64url');
}

/** @throws StatusError 400 */
export function decodeContinue(token: string, namespace: string | undefined): ContinueToken {
  let value: { v?: unknown; rv?: unknown; start?: unknown };
  try {
    value = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    throw errors.badRequest('continue key is not valid: illegal base64 or JSON data');
  }
  if (value?.v !== 'meta.k8s.io/v1')
    throw errors.badRequest('continue key is not valid: server does not recognize this encoded version');
  if (!Number.isInteger(value.rv) || typeof value.start !== 'string' || value.start === '')
    throw errors.badRequest('continue key is not valid: incorrect encoded start or resourceVersion');
  if (value.start.startsWith('/') || value.start.includes('..'))
    throw errors.badRequest('continue key is not valid: incorrect encoded start');
  const start = value.start.endsWith('\u0000') ? value.start.slice(0, -1) : value.start;
  return { rv: value.rv as number, after: namespace ? `${namespace}/${start}` : start };
}
