import { Agent, request as httpsRequest } from 'node:https';
import { errors } from './errors.ts';
import type { ApiRequest, ApiResponse, ResourceInfo, ResourceMapper, Transport } from './transport.ts';
import { type Gvk, parseGvk } from './types.ts';

/** Where a cluster is and how to prove who one is: the part of a kubeconfig that a connection needs. */
export type Connection = { server: string; ca?: string; cert?: string; key?: string; token?: string };

/** Requests over HTTPS (1.1, kept alive). Another user than the connection's own is impersonated. */
export class HttpTransport implements Transport {
  readonly #connection: Connection;
  readonly #agent: Agent;
  readonly #ownName: string;
  constructor(connection: Connection, ownName: string) {
    this.#connection = connection;
    this.#ownName = ownName;
    const { ca, cert, key } = connection;
    this.#agent = new Agent({ keepAlive: true, ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) });
  }

  request(r: ApiRequest): Promise<ApiResponse> {
    const url = new URL(r.path, this.#connection.server);
    if (r.query) url.search = r.query.toString();
    const body = r.body ?? (r.object === undefined ? undefined : Buffer.from(JSON.stringify(r.object)));
    const headers: Record<string, string | string[]> = { ...r.headers };
    if (this.#connection.token) headers['authorization'] = `Bearer ${this.#connection.token}`;
    if (r.user.username !== this.#ownName) {
      headers['impersonate-user'] = r.user.username;
      headers['impersonate-group'] = [...r.user.groups];
    }
    if (body) headers['content-length'] = String(body.byteLength);
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        url,
        { method: r.method, headers, agent: this.#agent, ...(r.signal ? { signal: r.signal } : {}) },
        response => {
          resolve({ code: response.statusCode ?? 0, headers: response.headers as Record<string, string>, bytes: () => response });
        },
      );
      request.on('error', e =>
        reject(r.signal?.aborted ? r.signal.reason : errors.unavailable(`cannot reach ${url.host}: ${e.message}`)),
      );
      request.end(body);
    });
  }
  close(): void {
    this.#agent.destroy();
  }
}

/** Kind to path by discovery, cached a group version; an unknown kind is looked up again. */
export class DiscoveryMapper implements ResourceMapper {
  readonly #transport: Transport;
  readonly #user: ApiRequest['user'];
  readonly #known = new Map<string, ResourceInfo>();
  constructor(transport: Transport, user: ApiRequest['user']) {
    this.#transport = transport;
    this.#user = user;
  }
  async resourceFor(gvk: Gvk): Promise<ResourceInfo> {
    const known = this.#known.get(gvk);
    if (known) return known;
    const { group, version } = parseGvk(gvk);
    const path = group ? `/apis/${group}/${version}` : `/api/${version}`;
    const response = await this.#transport.request({
      method: 'GET',
      path,
      user: this.#user,
      headers: { accept: 'application/json' },
    });
    const parts: Uint8Array[] = [];
    const bytes = response.bytes?.();
    if (bytes instanceof Uint8Array) parts.push(bytes);
    else if (bytes) for await (const chunk of bytes) parts.push(chunk);
    if (response.code !== 200) throw errors.unknownResource();
    const list = (response.object ?? JSON.parse(Buffer.concat(parts).toString())) as {
      resources: { name: string; kind: string; namespaced: boolean }[];
    };
    for (const r of list.resources) {
      if (r.name.includes('/')) continue;
      const key = `${group ? `${group}/` : ''}${version}/${r.kind}`;
      this.#known.set(key, { group, version, plural: r.name, kind: r.kind, namespaced: r.namespaced });
    }
    const found = this.#known.get(gvk);
    if (!found) throw errors.unknownResource();
    return found;
  }
}
