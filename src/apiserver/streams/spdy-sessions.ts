import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream } from 'ws';
import { type ExecSession, errors } from '../../kube/index.ts';
import { acceptWebSocket } from './channels.ts';
import { exitStatus } from './exec.ts';
import type { Dial } from './port-forward.ts';
import { SpdyConnection, type SpdyStream } from './spdy-connection.ts';

export type SpdyUse =
  | { kind: 'portforward'; dial: Dial }
  | { kind: 'exec'; session: ExecSession; options: { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean } };

const TUNNEL = 'SPDY/3.1+portforward.k8s.io';
const EXEC_PROTOCOLS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];

export function isSpdyRequest(raw: IncomingMessage): boolean {
  return /^spdy\/3\.1$/i.test(String(raw.headers['upgrade'] ?? ''));
}
/** kubectl from 1.30 on wraps SPDY into a WebSocket. */
export function isSpdyTunnel(raw: IncomingMessage): boolean {
  return String(raw.headers['sec-websocket-protocol'] ?? '').includes(TUNNEL);
}

/** Serves exec, attach or port-forward over SPDY/3.1, plain or inside a WebSocket. @throws StatusError 400 before the handshake */
export async function serveSpdy(raw: IncomingMessage, socket: Duplex, head: Buffer, use: SpdyUse): Promise<void> {
  const carrier = isSpdyTunnel(raw)
    ? createWebSocketStream((await acceptWebSocket(raw, socket, head, [TUNNEL])).ws)
    : accept(raw, socket, head, use);
  if (use.kind === 'portforward') servePortForward(carrier, use.dial);
  else await serveSession(carrier, use.session, use.options);
}

function accept(raw: IncomingMessage, socket: Duplex, head: Buffer, use: SpdyUse): Duplex {
  const offered = String(raw.headers['x-stream-protocol-version'] ?? '')
    .split(',')
    .map(p => p.trim())
    .filter(Boolean);
  const known = use.kind === 'portforward' ? ['portforward.k8s.io'] : EXEC_PROTOCOLS;
  const protocol = offered.length === 0 ? known.at(-1)! : offered.find(p => known.includes(p));
  if (!protocol)
    throw errors.failure(
      403,
      'Forbidden',
      `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${known.join(' ')}]`,
    );
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
  if (head.byteLength > 0) socket.unshift(head);
  return socket;
}

/** A data and an error stream a connection, paired by their request id. */
function servePortForward(carrier: Duplex, dial: Dial): void {
  const pairs = new Map<string, { error?: SpdyStream; data?: SpdyStream }>();
  new SpdyConnection(carrier, stream => {
    const { streamtype, requestid = '', port } = stream.headers;
    const pair = pairs.get(requestid) ?? {};
    pairs.set(requestid, pair);
    if (streamtype === 'error') pair.error = stream;
    else pair.data = stream;
    if (!pair.error || !pair.data) return;
    pairs.delete(requestid);
    void join(pair.data, pair.error, Number(port), dial);
  });
}

async function join(data: SpdyStream, error: SpdyStream, port: number, dial: Dial): Promise<void> {
  try {
    const connection = await dial(port);
    connection.on('error', () => data.end());
    connection.on('close', () => error.end());
    data.on('close', () => connection.destroy());
    data.pipe(connection);
    connection.pipe(data);
  } catch (e) {
    error.end(`an error occurred forwarding ${port}: ${(e as Error).message}`);
    data.end();
  }
}

async function serveSession(
  carrier: Duplex,
  session: ExecSession,
  options: Extract<SpdyUse, { kind: 'exec' }>['options'],
): Promise<void> {
  const wanted = [
    'error',
    ...(options.stdin ? ['stdin'] : []),
    ...(options.stdout ? ['stdout'] : []),
    ...(options.stderr ? ['stderr'] : []),
    ...(options.tty ? ['resize'] : []),
  ];
  const streams = new Map<string, SpdyStream>();
  const opened = Promise.withResolvers<void>();
  const connection = new SpdyConnection(carrier, stream => {
    streams.set(stream.headers['streamtype'] ?? '', stream);
    if (wanted.every(w => streams.has(w))) opened.resolve();
  });
  connection.onClose(() => session.kill());
  await opened.promise;
  const stdin = streams.get('stdin');
  if (stdin && session.stdin) stdin.pipe(session.stdin);
  streams.get('resize')?.on('data', (chunk: Buffer) => resize(session, chunk));
  const copied = (['stdout', 'stderr'] as const).map(async name => {
    const out = streams.get(name);
    for await (const chunk of session[name] ?? [])
      if (out && !out.write(chunk)) await new Promise(resolve => out.once('drain', resolve));
    out?.end();
  });
  const [{ exitCode }] = await Promise.all([session.exit, ...copied]);
  const error = streams.get('error')!;
  await new Promise<void>(resolve => error.end(JSON.stringify(exitStatus(exitCode)), resolve));
  connection.close();
}

function resize(session: ExecSession, chunk: Buffer): void {
  for (const line of chunk.toString('utf8').split('\n').filter(Boolean)) {
    try {
      const { Width, Height } = JSON.parse(line) as { Width: number; Height: number };
      session.resize(Width, Height);
    } catch {
      // A size that cannot be read changes nothing.
    }
  }
}
