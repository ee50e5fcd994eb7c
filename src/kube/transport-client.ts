import type { Duplex } from 'node:stream';
import type { Client, ListOptions, WatchEvent, Write, WriteOptions } from './client.ts';
import { errors, StatusError } from './errors.ts';
import type {
  ApiRequest,
  ApiResponse,
  ExecOptions,
  ExecSession,
  LogOptions,
  ResourceInfo,
  ResourceMapper,
  Transport,
} from './transport.ts';
import { deepFreeze, type Frozen, type Gvk, gvkOf, type Obj, type Ref, type Status, type UserInfo } from './types.ts';

/** What cannot pass through request and answer: sessions. In process they go to the node, over HTTP to an upgraded connection. */
export interface Sessions {
  exec(client: Client, pod: Ref, o: ExecOptions): Promise<ExecSession>;
  portForward(client: Client, pod: Ref, port: number): Promise<Duplex>;
}
export type ClientOptions = {
  transport: Transport;
  mapper: ResourceMapper;
  user: UserInfo;
  sessions?: Sessions /** See ApiRequest. */;
  durable?: false;
};

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;
const PAGE = 500;

/** The path of a resource: collection without name, item with one. Cluster-scoped kinds ignore the namespace. */
export function resourcePath(r: ResourceInfo, namespace: string | undefined, name?: string, subresource?: string): string {
  const root = r.group ? `/apis/${r.group}/${r.version}` : `/api/${r.version}`;
  const scope = r.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const item = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${r.plural}${item}${subresource ? `/${subresource}` : ''}`;
}

/** The client over any transport. */
export function createClient(o: ClientOptions): Client {
  return new TransportClient(o);
}

class TransportClient implements Client {
  readonly user: UserInfo;
  readonly #o: ClientOptions;
  constructor(o: ClientOptions) {
    this.#o = o;
    this.user = o.user;
  }

  as(username: string, groups: readonly string[] = []): Client {
    return new TransportClient({ ...this.#o, user: { username, groups: [...new Set([...groups, 'system:authenticated'])] } });
  }

  async get<T extends Obj>(ref: Ref, o?: { resourceVersion?: string }): Promise<Frozen<T>> {
    const r = await this.#o.mapper.resourceFor(gvkOf(ref));
    const query = new URLSearchParams(o?.resourceVersion === undefined ? {} : { resourceVersion: o.resourceVersion });
    return (await this.#call('GET', resourcePath(r, ref.namespace, ref.name), { query })) as Frozen<T>;
  }

  async *list<T extends Obj>(gvk: Gvk, o: ListOptions = {}) {
    const r = await this.#o.mapper.resourceFor(gvk);
    let token: string | undefined;
    do {
      const query = listQuery(o);
      query.set('limit', String(o.limit ?? PAGE));
      if (token) {
        query.set('continue', token);
        query.delete('resourceVersion');
      }
      const page = (await this.#call('GET', resourcePath(r, o.namespace), { query })) as Frozen<{
        metadata: { resourceVersion: string; continue?: string };
        items: Obj[];
      }>;
      const items = page.items.every(i => i.kind)
        ? page.items
        : page.items.map(i => deepFreeze(Object.assign({ apiVersion: apiVersionOf(r), kind: r.kind }, i)));
      yield { items: items as readonly Frozen<T>[], resourceVersion: page.metadata.resourceVersion };
      token = page.metadata.continue;
    } while (token);
  }

  async *watch<T extends Obj>(
    gvk: Gvk,
    o: ListOptions & { resourceVersion: string; signal: AbortSignal },
  ): AsyncIterable<WatchEvent<T>> {
    const r = await this.#o.mapper.resourceFor(gvk);
    const query = listQuery(o);
    query.set('watch', 'true');
    query.set('allowWatchBookmarks', 'true');
    const response = await this.#send('GET', resourcePath(r, o.namespace), { query, signal: o.signal });
    if (response.code >= 400) throw await failureOf(response);
    for await (const event of eventsOf(response)) {
      if (event.type === 'ERROR') throw new StatusError(event.object as unknown as Frozen<Status>);
      yield event as WatchEvent<T>;
    }
  }

  async write<T extends Obj>(w: Write, o: WriteOptions = {}): Promise<Frozen<T>> {
    const query = new URLSearchParams({ fieldManager: o.fieldManager ?? managerOf(this.user) });
    if (o.dryRun) query.set('dryRun', 'All');
    if (w.verb === 'create' || w.verb === 'update' || w.verb === 'apply') return (await this.#writeObject(w, query)) as Frozen<T>;
    const r = await this.#o.mapper.resourceFor(gvkOf(w.ref));
    if (w.verb === 'post')
      return (await this.#call('POST', resourcePath(r, w.ref.namespace, w.ref.name, w.subresource), {
        query,
        object: w.body,
      })) as Frozen<T>;
    if (w.verb === 'delete') {
      const body = {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        ...(w.propagation ? { propagationPolicy: w.propagation } : {}),
        ...(w.graceSeconds === undefined ? {} : { gracePeriodSeconds: w.graceSeconds }),
        ...(w.uid ? { preconditions: { uid: w.uid } } : {}),
      };
      query.delete('fieldManager');
      return (await this.#call('DELETE', resourcePath(r, w.ref.namespace, w.ref.name), { query, object: body })) as Frozen<T>;
    }
    const patch =
      w.resourceVersion && w.type !== 'json'
        ? {
            ...(w.patch as object),
            metadata: { ...(w.patch as { metadata?: object }).metadata, resourceVersion: w.resourceVersion },
          }
        : w.patch;
    const path = resourcePath(r, w.ref.namespace, w.ref.name, w.subresource);
    return (await this.#call('PATCH', path, { query, object: patch, type: PATCH_TYPES[w.type] })) as Frozen<T>;
  }

  async #writeObject(w: Extract<Write, { object: Obj }>, query: URLSearchParams): Promise<unknown> {
    const r = await this.#o.mapper.resourceFor(gvkOf(w.object));
    const { namespace, name, generateName } = w.object.metadata;
    if (w.verb === 'create') return await this.#call('POST', resourcePath(r, namespace), { query, object: w.object });
    if (!name && generateName) throw errors.badRequest('metadata.name is required here');
    const path = resourcePath(r, namespace, name, w.subresource);
    if (w.verb === 'update') return await this.#call('PUT', path, { query, object: w.object });
    if (w.force) query.set('force', 'true');
    return await this.#call('PATCH', path, { query, object: w.object, type: 'application/apply-patch+yaml' });
  }

  async can(
    verb: string,
    what: { group: string; resource: string; subresource?: string; namespace?: string; name?: string } | { path: string },
  ): Promise<boolean> {
    const spec =
      'path' in what ? { nonResourceAttributes: { verb, path: what.path } } : { resourceAttributes: { verb, ...what } };
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', metadata: {}, spec };
    const answer = (await this.#call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { object: review })) as {
      status?: { allowed?: boolean };
    };
    return answer.status?.allowed === true;
  }

  async log(pod: Ref, o: LogOptions, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const r = await this.#o.mapper.resourceFor('v1/Pod');
    const query = new URLSearchParams();
    for (const [k, v] of Object.entries(o)) if (v !== undefined) query.set(k, String(v));
    const response = await this.#send('GET', resourcePath(r, pod.namespace, pod.name, 'log'), { query, signal });
    if (response.code >= 400) throw await failureOf(response);
    return chunksOf(response);
  }

  async exec(pod: Ref, o: ExecOptions): Promise<ExecSession> {
    return await this.#sessions().exec(this, pod, o);
  }

  async portForward(pod: Ref, port: number): Promise<Duplex> {
    return await this.#sessions().portForward(this, pod, port);
  }

  #sessions(): Sessions {
    if (!this.#o.sessions) throw errors.unavailable('this client has no sessions: exec and port-forward need a node');
    return this.#o.sessions;
  }

  async #call(
    method: ApiRequest['method'],
    path: string,
    o: { query?: URLSearchParams; object?: unknown; type?: string },
  ): Promise<unknown> {
    const response = await this.#send(method, path, o);
    if (response.code >= 400) throw await failureOf(response);
    return await bodyOf(response);
  }

  async #send(
    method: ApiRequest['method'],
    path: string,
    o: { query?: URLSearchParams; object?: unknown; type?: string; signal?: AbortSignal },
  ): Promise<ApiResponse> {
    return await this.#o.transport.request({
      method,
      path,
      user: this.user,
      ...(this.#o.durable === false ? { durable: false as const } : {}),
      headers: {
        accept: 'application/json',
        ...(o.object === undefined ? {} : { 'content-type': o.type ?? 'application/json' }),
      },
      ...(o.query ? { query: o.query } : {}),
      ...(o.object === undefined ? {} : { object: o.object }),
      ...(o.signal ? { signal: o.signal } : {}),
    });
  }
}

function apiVersionOf(r: ResourceInfo): string {
  return r.group ? `${r.group}/${r.version}` : r.version;
}
/** `system:serviceaccount:ns:name` writes as `name`. */
function managerOf(user: UserInfo): string {
  return user.username.split(':').at(-1) || 'skiff';
}
function listQuery(o: ListOptions): URLSearchParams {
  const query = new URLSearchParams();
  if (o.labels) query.set('labelSelector', o.labels);
  if (o.fields) query.set('fieldSelector', o.fields);
  if (o.resourceVersion !== undefined) query.set('resourceVersion', o.resourceVersion);
  return query;
}

async function* chunksOf(response: ApiResponse): AsyncIterable<Uint8Array> {
  const bytes = response.bytes?.();
  if (bytes instanceof Uint8Array) yield bytes;
  else if (bytes) yield* bytes;
}
async function textOf(response: ApiResponse): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunksOf(response)) parts.push(chunk);
  return Buffer.concat(parts).toString('utf8');
}
async function bodyOf(response: ApiResponse): Promise<unknown> {
  if (response.object !== undefined) return response.object;
  const text = await textOf(response);
  return text === '' ? undefined : deepFreeze(JSON.parse(text));
}
async function failureOf(response: ApiResponse): Promise<StatusError> {
  if (response.object !== undefined) return new StatusError(response.object as Frozen<Status>);
  const text = await textOf(response);
  try {
    const body = JSON.parse(text) as Status;
    if (body.kind === 'Status') return new StatusError(body);
  } catch {
    // Not a Status: a plain text answer of the router; its text is the message.
  }
  return errors.failure(response.code, response.code === 404 ? 'NotFound' : 'Unknown', text.trim() || `HTTP ${response.code}`);
}
async function* eventsOf(response: ApiResponse): AsyncIterable<{ type: string; object: Frozen<Obj> }> {
  if (response.events) return yield* response.events;
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of chunksOf(response)) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line) yield deepFreeze(JSON.parse(line)) as { type: string; object: Frozen<Obj> };
  }
}
