import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiServer, createApiServer } from '../../../src/apiserver/index.ts';
import { type ApiRequest, type Client, createClient, type ResourceMapper } from '../../../src/kube/index.ts';
import { seededIds, silentLogger, systemClock } from '../../../src/lib/index.ts';

const USER = { username: 'admin', groups: ['system:masters'] };

export type Answer = { code: number; headers: Record<string, string | string[]>; value: unknown };

/** An API server of its own, spoken to in process. */
export class ApimachineryWorld {
  readonly client: Client;
  readonly mapper: ResourceMapper;
  readonly #server: ApiServer;
  readonly #home: string;
  private constructor(home: string, server: ApiServer) {
    this.#home = home;
    this.#server = server;
    this.mapper = server.mapper;
    this.client = createClient({ transport: server.transport, mapper: server.mapper, user: USER });
  }
  static async open(): Promise<ApimachineryWorld> {
    const home = mkdtempSync(join(tmpdir(), 'skiff-apimachinery-'));
    const options = { home, clock: systemClock, ids: seededIds(1), log: silentLogger };
    const server = await createApiServer({ ...options, admissions: [], crds: [], bootstrap: [], serverNames: [] });
    return new ApimachineryWorld(home, server);
  }
  /** A raw request, path with query; the answer as JSON, or as the list of its watch events. */
  async request(
    method: ApiRequest['method'],
    pathAndQuery: string,
    r: Pick<ApiRequest, 'headers' | 'body'> = {},
  ): Promise<Answer> {
    const url = new URL(pathAndQuery, 'http://skiff');
    const request = { method, path: url.pathname, query: url.searchParams, user: USER, ...r };
    const { code, headers, ...answer } = await this.#server.transport.request(request);
    if (answer.events) return { code, headers, value: await Array.fromAsync(answer.events) };
    if (answer.object !== undefined) return { code, headers, value: answer.object };
    const bytes = answer.bytes?.();
    const whole = bytes instanceof Uint8Array || !bytes ? bytes : Buffer.concat(await Array.fromAsync(bytes));
    return { code, headers, value: whole && JSON.parse(Buffer.from(whole).toString()) };
  }
  async close(): Promise<void> {
    await this.#server.close();
    rmSync(this.#home, { recursive: true });
  }
}
