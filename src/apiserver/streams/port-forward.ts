import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { errors } from '../../kube/index.ts';
import { acceptWebSocket, Channels } from './channels.ts';

const PROTOCOLS = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'channel.k8s.io', 'base64.channel.k8s.io'];
export type Dial = (port: number) => Promise<Duplex>;

/** Channel framing, as the JavaScript client speaks it: port i has channels 2i (data) and 2i+1 (errors), each opened by its number. */
export async function serveChannelPortForward(
  raw: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  ports: readonly number[],
  dial: Dial,
): Promise<void> {
  if (ports.length === 0) throw errors.badRequest('query parameter "ports" is required');
  const { ws, protocol } = await acceptWebSocket(raw, socket, head, PROTOCOLS);
  const channels = new Channels(ws, protocol);
  const connections = new Map<number, Duplex>();
  channels.onClose(() => {
    for (const c of connections.values()) c.destroy();
  });
  const early = new Map<number, Buffer[]>();
  channels.onMessage((channel, data) => {
    const connection = connections.get(channel);
    if (connection) connection.write(data);
    else early.set(channel, [...(early.get(channel) ?? []), data]);
  });
  await Promise.all(
    ports.map(async (port, i) => {
      const number = Buffer.alloc(2);
      number.writeUInt16LE(port);
      await channels.send(2 * i, number);
      await channels.send(2 * i + 1, number);
      try {
        const connection = await dial(port);
        connections.set(2 * i, connection);
        for (const data of early.get(2 * i) ?? []) connection.write(data);
        for await (const chunk of connection) await channels.send(2 * i, chunk as Buffer);
      } catch (e) {
        await channels.send(2 * i + 1, Buffer.from(`error forwarding port ${port} to pod: ${(e as Error).message}`));
      }
    }),
  );
  channels.close();
}

/** The `ports` of a query: repeated or comma-separated. @throws StatusError 400 */
export function portsOf(query: URLSearchParams | undefined): number[] {
  const texts = (query?.getAll('ports') ?? []).flatMap(p => p.split(',')).filter(Boolean);
  return texts.map(text => {
    const port = Number(text);
    if (!Number.isInteger(port) || port < 1 || port > 65535) throw errors.badRequest(`invalid port ${JSON.stringify(text)}`);
    return port;
  });
}
