import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type ApiRequest, type ApiResponse, errors, type UserInfo } from '../../kube/index.ts';
import type { Ids, Logger } from '../../lib/index.ts';
import { ANONYMOUS, type Authenticator, impersonated, type PeerCertificate } from '../auth/authn.ts';
import type { KeyPair } from '../auth/pki.ts';
import type { Front } from '../front.ts';
import { failure } from '../handlers/respond.ts';
import { BODY_LIMIT_BYTES } from '../request/body.ts';

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;
/** Takes over a connection that asks for another protocol; answers by itself. */
export type Upgrader = (request: ApiRequest, raw: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;
export type HttpOptions = {
  front: Front;
  authenticator: Authenticator;
  ca: string;
  identity: KeyPair;
  ids: Ids;
  log: Logger;
  upgrade: Upgrader;
};

const compress = promisify(gzip);
const COMPRESS_BYTES = 128 * 1024;
const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** Everybody may know that the server lives. */
const OPEN_PATHS = /^\/(healthz|livez|readyz|version)(\/|$)/;

/** The Kubernetes API over TLS: HTTP/2 and HTTP/1.1 on one port, client certificates welcome. */
export class HttpServer {
  readonly #o: HttpOptions;
  readonly #server: Http2SecureServer;
  readonly #sockets = new Set<Duplex>();

  constructor(o: HttpOptions) {
    this.#o = o;
    const { ca, identity } = o;
    this.#server = createSecureServer({
      allowHTTP1: true,
      key: identity.key,
      cert: identity.cert,
      ca,
      requestCert: true,
      rejectUnauthorized: false,
    });
    this.#server.on('request', (request, response) => void this.#serve(request, response));
    this.#server.on(
      'upgrade',
      (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.#upgrade(request, socket, head),
    );
    this.#server.on('secureConnection', (socket: TLSSocket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    // A client that breaks off in the middle of a handshake is its own trouble.
    this.#server.on('tlsClientError', () => {});
    this.#server.on('sessionError', () => {});
  }

  /** Opens a port of an address, or a unix socket. Returns the port. */
  async listen(where: { host: string; port: number } | { path: string }): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(where, () => resolve());
    });
    this.#server.on('error', error => this.#o.log.error('the API listener failed', { error }));
    return 'path' in where ? 0 : (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(raw: Request, response: Response): Promise<void> {
    const abort = new AbortController();
    response.on('close', () => abort.abort());
    raw.on('error', () => abort.abort());
    try {
      const request = await this.#request(raw, abort.signal);
      const answer = await this.#o.front.handle({ ...request, ...(await bodyOf(raw)) });
      await send(answer, raw, response, this.#o.ids.uuid());
    } catch (e) {
      if (!response.headersSent && !abort.signal.aborted) await send(failure(e), raw, response, this.#o.ids.uuid());
      else response.destroy();
    }
  }

  /** @throws StatusError 401, 403, 405 */
  async #request(raw: Request, signal: AbortSignal): Promise<ApiRequest> {
    const url = new URL(raw.url ?? '/', 'https://localhost');
    const method = raw.method ?? 'GET';
    if (!METHODS.has(method)) throw errors.methodNotAllowed();
    const headers = Object.fromEntries(
      Object.entries(raw.headers).map(([k, v]) => [k, Array.isArray(v) ? v.join(', ') : (v ?? '')]),
    );
    // The raw path: `URL` would fold `..` and the like before anybody could refuse them.
    const path = (raw.url ?? '/').split('?')[0]!;
    const user = await this.#user(raw, path);
    return { method: method as ApiRequest['method'], path, query: url.searchParams, headers, user, signal };
  }

  async #user(raw: Request, path: string): Promise<UserInfo> {
    const { front, authenticator } = this.#o;
    const user = await authenticator.authenticate(raw.headers, peerOf(raw));
    if (!user) {
      if (OPEN_PATHS.test(path)) return ANONYMOUS;
      throw errors.unauthorized();
    }
    const as = impersonated(raw.headers);
    return as ? front.impersonate(user, as) : user;
  }

  async #upgrade(raw: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const abort = new AbortController();
    socket.on('close', () => abort.abort());
    try {
      await this.#o.upgrade(await this.#request(raw, abort.signal), raw, socket, head);
    } catch (e) {
      const answer = failure(e);
      const body = Buffer.from(answer.bytes!() as Uint8Array);
      socket.end(
        `HTTP/1.1 ${answer.code} Error\r\nContent-Type: application/json\r\nContent-Length: ${body.byteLength}\r\nConnection: close\r\n\r\n${body.toString('utf8')}`,
      );
    }
  }
}

function peerOf(raw: Request): PeerCertificate | undefined {
  const socket = ('stream' in raw ? raw.stream.session?.socket : raw.socket) as TLSSocket | undefined;
  if (!socket?.authorized) return undefined;
  return socket.getPeerCertificate() as unknown as PeerCertificate;
}

/** @throws StatusError 413 */
async function bodyOf(raw: Request): Promise<{ body?: Uint8Array }> {
  if (raw.method === 'GET') return {};
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > BODY_LIMIT_BYTES) throw errors.tooLarge(BODY_LIMIT_BYTES);
    chunks.push(chunk);
  }
  return size === 0 ? {} : { body: Buffer.concat(chunks) };
}

async function send(answer: ApiResponse, raw: Request, response: Response, auditId: string): Promise<void> {
  const headers: Record<string, string | string[]> = {
    'audit-id': auditId,
    'cache-control': 'no-cache, private',
    ...answer.headers,
  };
  const bytes = answer.bytes?.();
  if (bytes instanceof Uint8Array || bytes === undefined) {
    const body = await encoded(bytes ?? new Uint8Array(), raw, headers);
    headers['content-length'] = String(body.byteLength);
    (response as ServerResponse).writeHead(answer.code, headers);
    response.end(body);
    return;
  }
  const out = response as ServerResponse;
  out.writeHead(answer.code, headers);
  // A watch may be silent for long: its client wants to know that it stands.
  out.flushHeaders?.();
  for await (const chunk of bytes) {
    if (out.destroyed) return;
    if (!out.write(chunk)) await drained(out);
  }
  out.end();
}

async function encoded(body: Uint8Array, raw: Request, headers: Record<string, string | string[]>): Promise<Uint8Array> {
  if (body.byteLength < COMPRESS_BYTES || !/\bgzip\b/.test(String(raw.headers['accept-encoding'] ?? ''))) return body;
  headers['content-encoding'] = 'gzip';
  headers['vary'] = 'Accept-Encoding';
  return await compress(body, { level: 1 });
}

function drained(out: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      out.off('drain', done);
      out.off('close', done);
      resolve();
    };
    out.on('drain', done);
    out.on('close', done);
  });
}
