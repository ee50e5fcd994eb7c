import type { ApiRequest, ApiResponse } from '../../kube/index.ts';
import { sha256Hex } from '../../lib/index.ts';
import { text } from '../handlers/respond.ts';
import type { Registry } from '../registry/registry.ts';
import { aggregatedDiscovery, apiVersions, group, groupList, resourceList } from './documents.ts';
import { OpenApi } from './openapi.ts';

/** What `/version` says; kubectl picks its behaviour by the minor. */
export const VERSION_INFO = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.0+skiff',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'n/a',
  compiler: 'n/a',
  platform: 'linux/amd64',
};
const AGGREGATED = /g=apidiscovery\.k8s\.io;v=(v2|v2beta1);as=APIGroupDiscoveryList/;
const IMMUTABLE_FOR = 'public, immutable';

/** Discovery and OpenAPI: documents about the API itself, kept as bytes until the registry changes. */
export class Discovery {
  readonly #registry: Registry;
  readonly #openApi: OpenApi;
  readonly #cache = new Map<string, { epoch: number; bytes: Uint8Array; etag: string }>();

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#openApi = new OpenApi(registry);
  }

  /** The answer for a path, or undefined when it is none of these. */
  answer(r: ApiRequest): ApiResponse | undefined {
    const path = r.path.replace(/\/$/, '');
    if (path === '/api' || path === '/apis') return this.#root(r, path === '/api' ? 'core' : 'groups');
    if (path === '/version') return this.#document(r, path, 'application/json', () => VERSION_INFO);
    if (path === '/openapi/v3') return this.#document(r, path, 'application/json', () => this.#openApi.root());
    if (path.startsWith('/openapi/v3/')) return this.#schema(r, path.slice('/openapi/v3/'.length));
    if (path === '/openapi/v2') return this.#v2(r);
    const parts = path.split('/').slice(1);
    if (parts[0] === 'api' && parts.length === 2)
      return this.#document(r, path, 'application/json', () => resourceList(this.#registry, '', parts[1]!));
    if (parts[0] === 'apis' && parts.length === 2)
      return this.#document(r, path, 'application/json', () => group(this.#registry, parts[1]!));
    if (parts[0] === 'apis' && parts.length === 3)
      return this.#document(r, path, 'application/json', () => resourceList(this.#registry, parts[1]!, parts[2]!));
    return undefined;
  }

  #root(r: ApiRequest, which: 'core' | 'groups'): ApiResponse | undefined {
    const version = AGGREGATED.exec(r.headers?.['accept'] ?? '')?.[1] as 'v2' | 'v2beta1' | undefined;
    if (!version)
      return this.#document(r, which, 'application/json', () => (which === 'core' ? apiVersions() : groupList(this.#registry)));
    const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    return this.#document(r, `${which} ${version}`, type, () => aggregatedDiscovery(this.#registry, which, version));
  }

  #document(r: ApiRequest, name: string, type: string, make: () => object | undefined): ApiResponse | undefined {
    let known = this.#cache.get(name);
    if (known?.epoch !== this.#registry.epoch) {
      const value = make();
      if (!value) return undefined;
      const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
      known = { epoch: this.#registry.epoch, bytes, etag: `"${sha256Hex(bytes).toUpperCase()}"` };
      this.#cache.set(name, known);
    }
    const headers = { 'content-type': type, etag: known.etag, vary: 'Accept' };
    if (r.headers?.['if-none-match'] === known.etag) return { code: 304, headers };
    const { bytes } = known;
    return { code: 200, headers, bytes: () => bytes };
  }

  #v2(r: ApiRequest): ApiResponse {
    const isProtobuf = (r.headers?.['accept'] ?? '').includes('proto-openapi.spec.v2');
    const bytes = this.#openApi.v2(isProtobuf);
    const type = isProtobuf ? 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf' : 'application/json';
    return { code: 200, headers: { 'content-type': type, vary: 'Accept' }, bytes: () => bytes };
  }

  #schema(r: ApiRequest, path: string): ApiResponse | undefined {
    const document = this.#openApi.document(path);
    if (!document) return undefined;
    const { hash, bytes } = document;
    const asked = r.query?.get('hash');
    if (asked && asked !== hash) return { ...text(301, ''), headers: { location: `/openapi/v3/${path}?hash=${hash}` } };
    const headers: Record<string, string> = { 'content-type': 'application/json', etag: `"${hash}"`, vary: 'Accept-Encoding' };
    if (asked) headers['cache-control'] = IMMUTABLE_FOR;
    if (r.headers?.['if-none-match'] === `"${hash}"`) return { code: 304, headers };
    return { code: 200, headers, bytes: () => bytes };
  }
}
