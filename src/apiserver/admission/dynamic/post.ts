import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import type { Clock } from '../../../lib/clock.ts';
import type { ClientConfig, Post } from './webhooks.ts';

const MAX_ANSWER_BYTES = 3 * 1024 * 1024;
export type PostOptions = {
  clock: Clock;
  /** Connects to a port of a Service. @throws when nothing is behind it */
  dial(service: { namespace: string; name: string; port: string }): Promise<Duplex>;
};

/** Speaks to webhooks over HTTPS: at their URL, or at a Service by its name in the cluster. @source apiserver pkg/util/webhook@24a394e516bf */
export function poster({ clock, dial }: PostOptions): Post {
  return async (client, review, timeoutMs) => {
    const timeout = new AbortController();
    const cancel = clock.after(timeoutMs, () => timeout.abort());
    const url = urlOf(client, timeoutMs);
    try {
      const socket = client.service && (await dial(addressOf(client.service)));
      return await exchange(url, client, review, socket, timeout.signal);
    } catch (e) {
      const why = timeout.signal.aborted ? 'context deadline exceeded' : (e as Error).message;
      throw new Error(`failed to call webhook: Post "${url}": ${why}`);
    } finally {
      cancel();
    }
  };
}
type Service = NonNullable<ClientConfig['service']>;
const addressOf = ({ namespace, name, port }: Service) => ({ namespace, name, port: String(port ?? 443) });

function urlOf({ url, service }: ClientConfig, timeoutMs: number): URL {
  const host = service && `https://${service.name}.${service.namespace}.svc:${service.port ?? 443}`;
  const target = host ? new URL(service.path ?? '/', host) : new URL(url!);
  target.searchParams.set('timeout', `${timeoutMs / 1000}s`);
  return target;
}

function exchange(
  url: URL,
  client: ClientConfig,
  review: object,
  socket: Duplex | undefined,
  signal: AbortSignal,
): Promise<unknown> {
  const body = JSON.stringify(review);
  const ca = client.caBundle ? { ca: Buffer.from(client.caBundle, 'base64').toString() } : {};
  const headers = {
    host: url.host,
    'content-type': 'application/json',
    accept: 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  // A connection of our own is used only without an agent; with one, none is kept alive.
  const connection = socket
    ? { createConnection: () => tlsConnect({ socket, servername: url.hostname, ...ca }) }
    : { agent: false as const };
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(url, { method: 'POST', headers, signal, ...ca, ...connection }, response => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.byteLength;
        if (bytes > MAX_ANSWER_BYTES) outgoing.destroy(new Error('the response is too large'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode !== 200)
          return reject(new Error(`the server responded with the status code ${response.statusCode}`));
        try {
          resolve(JSON.parse(text));
        } catch (e) {
          reject(e as Error);
        }
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
