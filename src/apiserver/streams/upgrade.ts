import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ApiRequest, errors, type Frozen, type Obj, type PodStreams } from '../../kube/index.ts';
import { attributesOf, authorize } from '../auth/authorize.ts';
import type { Rbac } from '../auth/rbac.ts';
import { containerOf, podOf } from '../handlers/pods.ts';
import type { Upgrader } from '../http/http-server.ts';
import { isTrue, type RequestInfo, requestInfo } from '../request/request-info.ts';
import { serveExec } from './exec.ts';
import { portsOf, serveChannelPortForward } from './port-forward.ts';
import { type ProxyOptions, proxyUpgrade } from './proxy.ts';
import { isSpdyRequest, isSpdyTunnel, serveSpdy } from './spdy-sessions.ts';

export type UpgradeOptions = ProxyOptions & { rbac: Rbac };

/** Connections that leave HTTP: exec, attach, port-forward, proxied upgrades. What fails before the handshake is an HTTP answer. */
export function createUpgrader(o: UpgradeOptions): Upgrader {
  return async (request, raw, socket, head) => {
    const info = requestInfo(request.method, request.path, request.query);
    authorize(o.rbac, request.user, attributesOf(info, request.query));
    if (info.subresource === 'proxy') return await proxyUpgrade(o, raw, socket, head, info, request.user);
    const streams = o.ctx.streams();
    const def = o.ctx.registry.find(info.group, info.version, info.resource);
    if (def?.plural !== 'pods' || !def.storage) throw errors.unknownResource();
    const pod = podOf(o.ctx, { def, info, storage: def.storage });
    if (!streams) throw errors.unavailable('no node is connected');
    if (info.subresource === 'portforward') return await forward(streams, pod, request, raw, socket, head);
    if (info.subresource === 'exec' || info.subresource === 'attach')
      return await run(streams, pod, info, request, raw, socket, head);
    throw errors.methodNotAllowed();
  };
}

async function forward(
  streams: PodStreams,
  pod: Frozen<Obj>,
  request: ApiRequest,
  raw: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const dial = (port: number) => streams.dial(pod, port);
  if (isSpdyRequest(raw) || isSpdyTunnel(raw)) return await serveSpdy(raw, socket, head, { kind: 'portforward', dial });
  return await serveChannelPortForward(raw, socket, head, portsOf(request.query), dial);
}

async function run(
  streams: PodStreams,
  pod: Frozen<Obj>,
  info: RequestInfo,
  request: ApiRequest,
  raw: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const query = request.query ?? new URLSearchParams();
  const tty = isTrue(query.get('tty'));
  const options = {
    container: containerOf(pod as Parameters<typeof containerOf>[0], query.get('container')),
    stdin: isTrue(query.get('stdin')),
    stdout: isTrue(query.get('stdout')),
    stderr: isTrue(query.get('stderr')) && !tty,
    tty,
  };
  const command = query.getAll('command');
  if (info.subresource === 'exec' && command.length === 0)
    throw errors.badRequest('you must specify at least one command for the container');
  if (!options.stdin && !options.stdout && !options.stderr)
    throw errors.badRequest('you must specify at least 1 of stdin, stdout, stderr');
  const session = await (info.subresource === 'exec' ? streams.exec(pod, { ...options, command }) : streams.attach(pod, options));
  if (isSpdyRequest(raw) || isSpdyTunnel(raw)) return await serveSpdy(raw, socket, head, { kind: 'exec', session, options });
  return await serveExec(raw, socket, head, session);
}
