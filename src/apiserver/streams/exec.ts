import type { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { ExecSession } from '../../kube/index.ts';
import { acceptWebSocket, Channels } from './channels.ts';

const PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'base64.channel.k8s.io',
];
const [STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE] = [0, 1, 2, 3, 4, 255];

/** The Status that ends a session. @source apimachinery pkg/util/remotecommand@eed236ceee2c */
export function exitStatus(exitCode: number): object {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** Runs a session over a WebSocket until the command ends or the client goes. */
export async function serveExec(raw: IncomingMessage, socket: Duplex, head: Buffer, session: ExecSession): Promise<void> {
  const { ws, protocol } = await acceptWebSocket(raw, socket, head, PROTOCOLS);
  const channels = new Channels(ws, protocol);
  channels.onClose(() => session.kill());
  channels.onMessage((channel, data) => {
    if (channel === STDIN) session.stdin?.write(data);
    else if (channel === CLOSE && data[0] === STDIN) session.stdin?.end();
    else if (channel === RESIZE) resize(session, data);
  });
  const copy = async (stream: Readable | undefined, channel: number) => {
    for await (const chunk of stream ?? []) await channels.send(channel, chunk as Buffer);
  };
  const [{ exitCode }] = await Promise.all([session.exit, copy(session.stdout, STDOUT!), copy(session.stderr, STDERR!)]);
  await channels.send(ERROR!, Buffer.from(JSON.stringify(exitStatus(exitCode))));
  channels.close();
}

function resize(session: ExecSession, data: Buffer): void {
  try {
    const { Width, Height } = JSON.parse(data.toString('utf8')) as { Width: number; Height: number };
    session.resize(Width, Height);
  } catch {
    // A size that cannot be read changes nothing.
  }
}
