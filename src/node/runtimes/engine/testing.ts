import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';

/** Docker's answers as its API reference gives them, with a container that ends when it is asked to. */
export class RecordedDocker {
  readonly socketPath: string;
  /** `METHOD path` of every request, ids and queries left out. */
  readonly calls: string[] = [];
  body: Record<string, unknown> = {};
  exitCode = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #ends: (() => void)[] = [];
  #ended = false;
  #made = false;
  private constructor(folder: string) {
    this.socketPath = join(folder, 'docker.sock');
    this.#server = createServer((request, response) => {
      const url = new URL(request.url!, 'http://docker');
      const path = url.pathname.replace('/v1.41', '');
      this.calls.push(`${request.method} ${path}`);
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.#answer(request.method!, path, Buffer.concat(chunks).toString(), response));
    });
    this.#server.on('connection', socket => this.#sockets.add(socket));
  }
  static async listen(folder: string): Promise<RecordedDocker> {
    const docker = new RecordedDocker(folder);
    await new Promise<void>(resolve => docker.#server.listen(docker.socketPath, resolve));
    return docker;
  }
  end(): void {
    this.#ended = true;
    for (const end of this.#ends.splice(0)) end();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #answer(method: string, path: string, body: string, response: ServerResponse): unknown {
    const send = (status: number, value?: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(value === undefined ? '' : JSON.stringify(value));
    };
    const whenEnded = (then: () => void) => (this.#ended ? then() : this.#ends.push(then));
    if (path === '/version') return send(200, { Version: '27.3.1', ApiVersion: '1.47', Components: [{ Name: 'Engine' }] });
    if (path === '/containers/json') return send(200, this.#made ? [{ Id: 'c1' }] : []);
    if (path === '/images/create')
      return send(200, { errorDetail: { message: 'denied' }, error: 'pull access denied for nobody' });
    if (path === '/images/example.com/tool:1/json')
      return send(200, {
        Id: 'sha256:1',
        RepoDigests: ['example.com/tool@sha256:2'],
        Config: { Entrypoint: ['/tool'], Env: ['A=b'] },
      });
    if (path === '/containers/create') {
      this.body = JSON.parse(body) as Record<string, unknown>;
      this.#made = true;
      return send(201, { Id: 'c1', Warnings: [] });
    }
    if (path === '/containers/c1/start' || path === '/containers/c1/kill') return send(204);
    if (path === '/containers/c1/logs') {
      response.writeHead(200, { 'content-type': 'application/vnd.docker.multiplexed-stream' });
      response.write(Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 6]), Buffer.from('hello\n')]));
      return whenEnded(() => response.end());
    }
    if (path === '/containers/c1/wait') return whenEnded(() => send(200, { StatusCode: this.exitCode }));
    if (path === '/containers/c1/json') {
      const State = { Running: !this.#ended, ExitCode: this.exitCode, OOMKilled: this.exitCode === 137, Error: '' };
      return send(200, {
        Id: 'c1',
        State: { ...State, StartedAt: '2026-01-01T00:00:00Z' },
        Config: { Tty: false, Labels: this.body['Labels'] },
      });
    }
    if (method === 'DELETE' && path === '/containers/c1') return send(204);
    return send(404, { message: `No such container: ${path}` });
  }
}
