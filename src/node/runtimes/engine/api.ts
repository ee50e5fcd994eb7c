import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { json, text } from 'node:stream/consumers';
import { EngineError } from './errors.ts';

/** The version of the Docker API that Docker 20.10 and Podman 4 both serve. */
const VERSION = '/v1.41';

/** The Docker API over a unix socket, as Docker and Podman serve it. */
export class EngineApi {
  readonly socketPath: string;
  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  /** @throws EngineError with the engine's own message for a status of 400 and above */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.stream(method, path, body);
    if (response.statusCode === 204 || response.headers['content-length'] === '0') {
      response.resume();
      return undefined as T;
    }
    return (await json(response)) as T;
  }

  /** An answer that goes on, as of logs and pulls. @throws EngineError */
  async stream(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<IncomingMessage> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request({ ...this.#target(method, path), ...(signal ? { signal } : {}) }, resolve);
      sent.once('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
    if (response.statusCode! < 400) return response;
    throw await failure(response);
  }

  /** Takes over the connection, as for exec and attach. @throws EngineError */
  hijack(path: string, body?: unknown): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const target = this.#target('POST', path);
      const sent = request({ ...target, headers: { ...target.headers, connection: 'Upgrade', upgrade: 'tcp' } });
      sent.once('upgrade', (_, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      sent.once('response', response => failure(response).then(reject, reject));
      sent.once('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  #target(method: string, path: string) {
    const headers = { 'content-type': 'application/json', host: 'engine' };
    return { socketPath: this.socketPath, method, path: VERSION + path, headers };
  }
}

async function failure(response: IncomingMessage): Promise<EngineError> {
  const body = await text(response);
  let message = body;
  try {
    message = (JSON.parse(body) as { message?: string }).message ?? body;
  } catch {
    // A proxy's page, not the engine's JSON: shown as it is.
  }
  return new EngineError(response.statusCode ?? 0, message.trim());
}
