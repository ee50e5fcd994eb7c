import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { errors } from '../../kube/index.ts';

const PAUSE_BYTES = 1 << 20;

/** Accepts a WebSocket with the first of the client's subprotocols that is known. @throws StatusError 400 */
export function acceptWebSocket(
  raw: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  known: readonly string[],
): Promise<{ ws: WebSocket; protocol: string }> {
  const offered = String(raw.headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map(p => p.trim())
    .filter(Boolean);
  const protocol = offered.find(p => known.includes(p)) ?? (offered.length === 0 ? '' : undefined);
  if (protocol === undefined)
    throw errors.badRequest(
      `unable to upgrade: the client's subprotocols [${offered.join(' ')}] are not supported, the server's are [${known.join(' ')}]`,
    );
  const server = new WebSocketServer({ noServer: true, handleProtocols: () => (protocol === '' ? false : protocol) });
  return new Promise(resolve => server.handleUpgrade(raw, socket, head, ws => resolve({ ws, protocol })));
}

/** Kubernetes' channels over one WebSocket: each message begins with the number of its channel. */
export class Channels {
  readonly #ws: WebSocket;
  readonly #isBase64: boolean;
  constructor(ws: WebSocket, protocol: string) {
    this.#ws = ws;
    this.#isBase64 = protocol.startsWith('base64.');
  }

  /** Resolves when the socket has taken it and more may come. */
  send(channel: number, data: Uint8Array): Promise<void> {
    return new Promise(resolve => {
      if (this.#ws.readyState !== this.#ws.OPEN) return resolve();
      const message = this.#isBase64
        ? `${channel}${Buffer.from(data).toString('base64')}`
        : Buffer.concat([Buffer.from([channel]), data]);
      const mustWait = this.#ws.bufferedAmount > PAUSE_BYTES;
      this.#ws.send(message, () => mustWait && resolve());
      if (!mustWait) resolve();
    });
  }

  /** Messages by channel; 255 is the closing of a channel (v5). */
  onMessage(listener: (channel: number, data: Buffer) => void): void {
    this.#ws.on('message', (message: Buffer) => {
      if (message.byteLength === 0) return;
      if (this.#isBase64) listener(message[0]! - 0x30, Buffer.from(message.subarray(1).toString('latin1'), 'base64'));
      else listener(message[0]!, message.subarray(1));
    });
  }
  onClose(listener: () => void): void {
    this.#ws.on('close', listener);
    this.#ws.on('error', listener);
  }
  close(): void {
    this.#ws.close(1000);
  }
}
