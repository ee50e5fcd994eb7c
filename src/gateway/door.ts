import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import { type Client, errors, type UserInfo } from '../kube/index.ts';
import type { Logger } from '../lib/index.ts';
import {
  answerOf,
  netErrors,
  type Route,
  type RouteAnswer,
  type RouteRequest,
  Router,
  readBody,
  readJson,
  staticFile,
  writeAnswer,
} from '../net/index.ts';
import { checkOrigin, type HostPolicy } from './hosts.ts';
import type { Sessions } from './sessions.ts';

export type DoorOptions = {
  routes: readonly Route[];
  client: Client;
  /** Bearer tokens; undefined is nobody. */
  authenticate(headers: IncomingMessage['headers']): Promise<UserInfo | undefined>;
  sessions: Sessions;
  hosts: HostPolicy;
  /** Folder of the built console; absent: the door has no console. */
  consoleFolder?: string;
  log: Logger;
};
/** Paths that answer without a user: liveness, the console's own files and the sign-in itself. */
const PUBLIC = new Set(['/healthz', '/apis/v2beta1/healthz', '/apis/v1beta1/healthz', '/console/api/login']);
const API_PREFIXES = ['/apis/', '/api/', '/console/api/', '/k8s/', '/artifacts/', '/ml_metadata'];
const CONSOLE_HEADERS = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:; frame-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
const REMEDY = 'Sign in: `skiff open` prints a one-time link; clients send `Authorization: Bearer $(cat $SKIFF_HOME/token)`.';

/** The one HTTP door: checks host, origin and user of every request, then serves the routes it was given. */
export class Door {
  readonly #o: DoorOptions;
  readonly #router: Router;
  readonly #known = new WeakMap<Duplex, UserInfo>();
  readonly server: Server;
  constructor(o: DoorOptions) {
    this.#o = o;
    this.#router = new Router(o.routes);
    this.server = createServer((request, response) => void this.#serve(request, response));
    this.server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
    this.server.on(
      'clientError',
      (_, socket) => socket.writable && socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
    );
  }

  /** A connection from inside this process, for somebody who was authenticated elsewhere. */
  connectAs(user: UserInfo): Duplex {
    const [near, far] = duplexPair();
    this.#known.set(far, user);
    this.server.emit('connection', far);
    return near;
  }

  async #serve(raw: IncomingMessage, response: ServerResponse): Promise<void> {
    const abort = new AbortController();
    response.on('close', () => abort.abort(new Error('the client left')));
    let route: Route | undefined;
    try {
      const url = new URL(raw.url ?? '/', 'http://door');
      checkOrigin(raw.headers, raw.method ?? 'GET', this.#o.hosts);
      const found = this.#router.find(raw.method ?? 'GET', url.pathname);
      if (found === 'otherMethod') throw netErrors.methodNotAllowed();
      route = found?.route;
      const answer = found ? await this.#call(found.route, found.params, url, raw, abort.signal) : await this.#file(raw, url);
      await writeAnswer(response, answer, abort.signal);
    } catch (error) {
      if (abort.signal.aborted || response.headersSent) return void response.destroy();
      raw.resume();
      await writeAnswer(response, answerOf(error, route, this.#o.log), abort.signal).catch(() => response.destroy());
    }
  }

  async #call(
    route: Route,
    params: Record<string, string>,
    url: URL,
    raw: IncomingMessage,
    signal: AbortSignal,
  ): Promise<RouteAnswer> {
    const user = await this.#userOf(raw, url.pathname);
    return await route.handle(this.#request(params, url, raw, user, signal));
  }

  #request(params: Record<string, string>, url: URL, raw: IncomingMessage, user: UserInfo, signal: AbortSignal): RouteRequest {
    return {
      method: raw.method ?? 'GET',
      params,
      query: url.searchParams,
      headers: raw.headers,
      user,
      client: this.#o.client.as(user.username, user.groups),
      signal,
      raw,
      bytes: limitBytes => readBody(raw, limitBytes),
      json: limitBytes => readJson(raw, limitBytes),
    };
  }

  /** The caller. A browser's session must prove each change with the double-submitted token. */
  async #userOf(raw: IncomingMessage, path: string): Promise<UserInfo> {
    const known = this.#known.get(raw.socket);
    if (known) return known;
    const session = this.#o.sessions.read(raw.headers.cookie);
    if (session) {
      const changes = raw.method !== 'GET' && raw.method !== 'HEAD';
      if (changes && raw.headers['x-skiff-csrf'] !== session.csrf) throw netErrors.missingCsrf();
      return session.user;
    }
    const user = await this.#o.authenticate(raw.headers);
    if (user) return user;
    if (PUBLIC.has(path)) return { username: 'system:anonymous', groups: ['system:unauthenticated'] };
    throw errors.failure(401, 'Unauthorized', `Unauthorized. ${REMEDY}`, {});
  }

  async #file(raw: IncomingMessage, url: URL): Promise<RouteAnswer> {
    const isApi = API_PREFIXES.some(p => url.pathname.startsWith(p));
    if (isApi) await this.#userOf(raw, url.pathname);
    if (!isApi && raw.method === 'GET' && this.#o.consoleFolder) {
      const file = await staticFile(this.#o.consoleFolder, decodeURIComponent(url.pathname), CONSOLE_HEADERS);
      if (file) return file;
    }
    return { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found\n' };
  }

  async #upgrade(raw: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    try {
      const url = new URL(raw.url ?? '/', 'http://door');
      checkOrigin(raw.headers, raw.method ?? 'GET', this.#o.hosts);
      const found = this.#router.find('GET', url.pathname);
      if (!found || found === 'otherMethod' || !found.route.upgrade) throw errors.unknownResource();
      const user = await this.#userOf(raw, url.pathname);
      const abort = new AbortController();
      socket.on('close', () => abort.abort(new Error('the client left')));
      await found.route.upgrade(this.#request(found.params, url, raw, user, abort.signal), socket, head);
    } catch (error) {
      const answer = answerOf(error, undefined, this.#o.log) as { status?: number };
      socket.end(`HTTP/1.1 ${answer.status ?? 500} Refused\r\nConnection: close\r\n\r\n`);
    }
  }
}
