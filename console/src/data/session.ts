import { queryOptions } from '@tanstack/react-query';
import { getJson, send } from './http.ts';

export type Session = {
  user: string;
  namespaces: string[];
  version: string;
  memoryBytes: number;
  startedAt: string;
  /** `embedded` or `cluster`. */
  mode: string;
};
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => getJson<Session>('/console/api/session', signal),
  refetchInterval: 30_000,
  retry: false,
});
/** Trades a one-time or access token for the session cookie. */
export const login = (token: string): Promise<unknown> => send('POST', '/console/api/login', { json: { token } });
/** The one-time token of `/#token=…`, taken out of the address before anything else may read it. */
export function takeToken(): string | undefined {
  const token = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (token) history.replaceState(null, '', location.pathname + location.search);
  return token ? decodeURIComponent(token) : undefined;
}
