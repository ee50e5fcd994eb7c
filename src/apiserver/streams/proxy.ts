import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { type ApiRequest, type ApiResponse, errors, type Frozen, type Obj, type UserInfo } from '../../kube/index.ts';
import type { ProxyTarget, ServerContext } from '../context.ts';
import type { RequestInfo } from '../request/request-info.ts';

export type ProxyOptions = { ctx: ServerContext; proxyTo?: ((to: ProxyTarget) => Promise<Duplex | undefined>) | undefined };
/** Headers of one hop, and the caller's own credentials: they are not for the program behind. */
const DROPPED = new Set([
  'connection',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'host',
  'content-length',
  'authorization',
]);
type SliceLike = Obj & {
  endpoints?: { conditions?: { ready?: boolean }; targetRef?: { kind?: string; name?: string } }[];
  ports?: { name?: string; port?: number }[];
};
type ServiceSpec = { ports?: readonly { name?: string; port: number }[] };
type PodSpec = { containers?: readonly { ports?: readonly { name?: string; containerPort: number }[] }[] };

/** `[scheme:]name[:port]` of a proxy path. @throws StatusError 400. @source apimachinery pkg/util/net/port_split.go@eed236ceee2c */
export function targetOf(info: RequestInfo, user: UserInfo): ProxyTarget {
  const parts = info.name!.split(':');
  const kind = info.resource === 'services' ? 'Service' : 'Pod';
  const [scheme, name, port] = parts.length === 3 ? parts : parts.length === 2 ? ['', ...parts] : ['', parts[0], ''];
  if (parts.length > 3 || !name || !['', 'http', 'https'].includes(scheme!))
    throw errors.badRequest(`invalid ${kind.toLowerCase()} request ${JSON.stringify(info.name)}`);
  return { kind, namespace: info.namespace!, name, port: port ?? '', scheme: scheme === 'https' ? 'https' : 'http', user };
}

/** A connection to what a proxy path names. @throws StatusError 404, 503 */
export async function dialTarget({ ctx, proxyTo }: ProxyOptions, to: ProxyTarget): Promise<Duplex> {
  const { find } = ctx.admission;
  const ref = { apiVersion: 'v1', kind: to.kind, namespace: to.namespace, name: to.name };
  const object = find(`v1/${to.kind}`, ref)[0];
  if (!object) throw errors.notFound({ group: '', plural: `${to.kind.toLowerCase()}s` }, to.name);
  const own = await proxyTo?.(to);
  if (own) return own;
  const streams = ctx.streams();
  if (!streams) throw errors.unavailable(`no endpoints available for service ${JSON.stringify(to.name)}`);
  if (to.kind === 'Pod') return await streams.dial(object, podPort(object, to.port));
  const { pod, port } = endpointOf(ctx, object, to);
  return await streams.dial(pod, port);
}

function podPort(pod: Frozen<Obj>, port: string): number {
  if (/^\d+$/.test(port)) return Number(port);
  const ports = ((pod.spec as PodSpec | undefined)?.containers ?? []).flatMap(c => c.ports ?? []);
  const found = port === '' ? ports[0] : ports.find(p => p.name === port);
  if (found) return found.containerPort;
  if (port === '') return 80;
  throw errors.badRequest(`pod ${pod.metadata.name} has no port named ${JSON.stringify(port)}`);
}

function endpointOf(ctx: ServerContext, service: Frozen<Obj>, to: ProxyTarget): { pod: Frozen<Obj>; port: number } {
  const ports = (service.spec as ServiceSpec | undefined)?.ports ?? [];
  const wanted = to.port === '' ? ports[0] : ports.find(p => String(p.port) === to.port || p.name === to.port);
  const unavailable = () =>
    errors.unavailable(
      to.port === '' || wanted
        ? `no endpoints available for service "${to.name}"`
        : `no service port ${JSON.stringify(to.port)} found for service "${to.name}"`,
    );
  if (!wanted) throw unavailable();
  const slices = ctx.admission.find<SliceLike>('discovery.k8s.io/v1/EndpointSlice', {
    namespace: to.namespace,
    labels: `kubernetes.io/service-name=${to.name}`,
  });
  for (const slice of slices) {
    const port = slice.ports?.find(p => (p.name ?? '') === (wanted.name ?? ''))?.port;
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.conditions?.ready === false || endpoint.targetRef?.kind !== 'Pod' || !port) continue;
      const pod = ctx.admission.find('v1/Pod', {
        apiVersion: 'v1',
        kind: 'Pod',
        namespace: to.namespace,
        name: endpoint.targetRef.name!,
      })[0];
      if (pod) return { pod, port };
    }
  }
  throw unavailable();
}

/** Sends a request on to a Service or Pod and its answer back as it comes. */
export async function proxyRequest(o: ProxyOptions, request: ApiRequest, info: RequestInfo): Promise<ApiResponse> {
  const to = targetOf(info, request.user);
  const socket = await dialTarget(o, to);
  const query = request.query?.toString();
  const path = `${info.rest || '/'}${query ? `?${query}` : ''}`;
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).filter(([k]) => !DROPPED.has(k) && !k.startsWith(':')),
  );
  const body = request.body ?? (request.object === undefined ? undefined : Buffer.from(JSON.stringify(request.object)));
  const outgoing = {
    ...headers,
    host: `${to.name}.${to.namespace}`,
    connection: 'close',
    'x-forwarded-uri': request.path,
    ...(body ? { 'content-length': String(body.byteLength) } : {}),
  };
  const response = await exchange(to, socket, request, path, outgoing, body);
  const kept = Object.entries(response.headers).filter(([k, v]) => !DROPPED.has(k) && v !== undefined) as [
    string,
    string | string[],
  ][];
  return { code: response.statusCode ?? 502, headers: Object.fromEntries(kept), bytes: () => response };
}

function exchange(
  to: ProxyTarget,
  socket: Duplex,
  request: ApiRequest,
  path: string,
  headers: Record<string, string>,
  body: Uint8Array | undefined,
): Promise<IncomingMessage> {
  const connection = to.scheme === 'https' ? tlsConnect({ socket, rejectUnauthorized: false, servername: to.name }) : socket;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ method: request.method, path, headers, createConnection: () => connection as never });
    outgoing.on('response', resolve);
    outgoing.on('error', e => reject(errors.unavailable(`error trying to reach service: ${e.message}`)));
    request.signal?.addEventListener('abort', () => outgoing.destroy(), { once: true });
    outgoing.end(body);
  });
}

/** A proxied upgrade (WebSocket): after the first bytes both sides are joined. */
export async function proxyUpgrade(
  o: ProxyOptions,
  raw: IncomingMessage,
  client: Duplex,
  head: Buffer,
  info: RequestInfo,
  user: UserInfo,
): Promise<void> {
  const to = targetOf(info, user);
  const target = await dialTarget(o, to);
  const query = raw.url!.includes('?') ? raw.url!.slice(raw.url!.indexOf('?')) : '';
  const lines = [`${raw.method} ${info.rest || '/'}${query} HTTP/1.1`, `host: ${to.name}.${to.namespace}`];
  for (const [k, v] of Object.entries(raw.headers))
    if (k !== 'host' && k !== 'authorization') for (const value of [v ?? []].flat()) lines.push(`${k}: ${value}`);
  target.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.byteLength > 0) target.write(head);
  target.on('error', () => client.destroy());
  client.on('close', () => target.destroy());
  target.on('close', () => client.end());
  target.pipe(client);
  client.pipe(target);
}
