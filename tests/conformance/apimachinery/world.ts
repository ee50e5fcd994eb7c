import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiServer, createApiServer } from '../../../src/apiserver/index.ts';
import { type Client, createClient } from '../../../src/kube/index.ts';
import { seededIds, silentLogger, systemClock } from '../../../src/lib/index.ts';

/** An API server of its own, spoken to in process. */
export class ApimachineryWorld {
  readonly client: Client;
  readonly #server: ApiServer;
  readonly #home: string;
  private constructor(home: string, server: ApiServer) {
    this.#home = home;
    this.#server = server;
    const user = { username: 'admin', groups: ['system:masters'] };
    this.client = createClient({ transport: server.transport, mapper: server.mapper, user });
  }
  static async open(): Promise<ApimachineryWorld> {
    const home = mkdtempSync(join(tmpdir(), 'skiff-apimachinery-'));
    const options = { home, clock: systemClock, ids: seededIds(1), log: silentLogger };
    const server = await createApiServer({ ...options, admissions: [], crds: [], bootstrap: [], serverNames: [] });
    return new ApimachineryWorld(home, server);
  }
  async close(): Promise<void> {
    await this.#server.close();
    rmSync(this.#home, { recursive: true });
  }
}
