import type { ApiRequest, Transport } from '../kube/index.ts';
import type { Route, RouteAnswer, RouteRequest } from '../net/index.ts';

const PREFIX = '/k8s';
const FORWARDED = ['accept', 'content-type', 'if-none-match', 'accept-encoding'];
const NO_BODY = new Set(['GET', 'HEAD']);

/** The Kubernetes API below `/k8s` of the door, for the console: same checks, same answers, the session's user. */
export function kubernetesRoutes(transport: Transport): Route[] {
  return [{ method: 'ALL', path: `${PREFIX}/*`, handle: r => forward(transport, r) }];
}

async function forward(transport: Transport, r: RouteRequest): Promise<RouteAnswer> {
  const headers = Object.fromEntries(FORWARDED.flatMap(k => (typeof r.headers[k] === 'string' ? [[k, r.headers[k]]] : [])));
  const path = new URL(r.raw.url ?? '/', 'http://door').pathname.slice(PREFIX.length);
  const answer = await transport.request({
    method: r.method as ApiRequest['method'],
    path,
    query: r.query,
    headers,
    user: r.user,
    signal: r.signal,
    ...(NO_BODY.has(r.method) ? {} : { body: await r.bytes() }),
  });
  const kept = Object.fromEntries(Object.entries(answer.headers).map(([k, v]) => [k, Array.isArray(v) ? v.join(', ') : v]));
  const bytes = answer.bytes?.();
  const body = bytes ?? (answer.events ? lines(answer.events) : Buffer.from(JSON.stringify(answer.object ?? {})));
  return { status: answer.code, headers: { 'content-type': 'application/json', ...kept }, body };
}

async function* lines(events: AsyncIterable<unknown>): AsyncIterable<Uint8Array> {
  for await (const event of events) yield Buffer.from(`${JSON.stringify(event)}\n`);
}
