import { createSocket } from 'node:dgram';
import { rm } from 'node:fs/promises';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Clock, Logger } from '../../lib/index.ts';
import { answer, parseQuestion, RCODE } from './dns.ts';
import { hostResolvers } from './host.ts';

const FORWARD_TIMEOUT_MS = 4000;
/** Names below it are ours alone: unknown ones do not exist, and are never asked outside. */
const CLUSTER_DOMAIN = 'cluster.local';

type Lookup = (name: string) => readonly string[] | undefined;

/**
 * Answers the DNS questions of Pods. The native relay brings them over a unix socket as (u16 size, u32 address, u16 port,
 * packet) and takes the answers back the same way; over TCP they come with DNS's own two-byte length.
 */
export class NameServer {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #resolvers: readonly string[];
  #lookup: Lookup = () => undefined;

  constructor(options: { clock: Clock; log: Logger; resolvers?: readonly string[] }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#resolvers = options.resolvers ?? hostResolvers();
  }

  setLookup(lookup: Lookup): void {
    this.#lookup = lookup;
  }

  async listen(relayPath: string, tcpPath: string): Promise<void> {
    await this.#serve(relayPath, 8, (head, send) => packet => {
      send(Buffer.concat([lengthLE(packet.length), head.subarray(2), packet]));
    });
    await this.#serve(tcpPath, 2, (_head, send) => packet => {
      const size = Buffer.alloc(2);
      size.writeUInt16BE(packet.length);
      send(Buffer.concat([size, packet]));
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map(server => new Promise(resolve => server.close(resolve))));
  }

  /** The answer to one packet; undefined when it is not a question or nobody outside answers. */
  async resolve(packet: Buffer): Promise<Buffer | undefined> {
    const question = parseQuestion(packet);
    if (!question) return undefined;
    const values = this.#lookup(question.name);
    if (values) return answer(question, values);
    if (question.name === CLUSTER_DOMAIN || question.name.endsWith(`.${CLUSTER_DOMAIN}`))
      return answer(question, [], RCODE.noSuchName);
    for (const resolver of this.#resolvers) {
      const reply = await this.#forward(packet, resolver);
      if (reply) return reply;
    }
    return answer(question, [], RCODE.serverFailure);
  }

  async #serve(
    path: string,
    headSize: 2 | 8,
    reply: (head: Buffer, send: (b: Buffer) => void) => (packet: Buffer) => void,
  ): Promise<void> {
    await rm(path, { force: true });
    const server = createServer(socket => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined); // the Pod or the relay went away
      let rest: Buffer = Buffer.alloc(0);
      socket.on('data', chunk => {
        rest = Buffer.concat([rest, chunk]);
        for (;;) {
          if (rest.length < headSize) return;
          const size = headSize === 8 ? rest.readUInt16LE(0) : rest.readUInt16BE(0);
          if (rest.length < headSize + size) return;
          const head = rest.subarray(0, headSize);
          const packet = rest.subarray(headSize, headSize + size);
          rest = rest.subarray(headSize + size);
          const send = reply(head, bytes => void socket.write(bytes));
          this.resolve(packet).then(
            out => out && send(out),
            error => this.#log.warn('name question failed', { error }),
          );
        }
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    this.#servers.push(server);
  }

  #forward(packet: Buffer, resolver: string): Promise<Buffer | undefined> {
    return new Promise(resolve => {
      const socket = createSocket(isIPv6(resolver) ? 'udp6' : 'udp4');
      const finish = (reply: Buffer | undefined) => {
        cancel();
        socket.close();
        resolve(reply);
      };
      const cancel = this.#clock.after(FORWARD_TIMEOUT_MS, () => finish(undefined));
      socket.once('message', finish);
      socket.once('error', () => finish(undefined));
      socket.send(packet, 53, resolver);
    });
  }
}

function lengthLE(size: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(size);
  return bytes;
}
