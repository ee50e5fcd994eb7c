import { type Client, errors, explain, type Frozen, type Gvk, type Obj, type UserInfo, type Why } from '../kube/index.ts';
import type { Route, RouteRequest } from '../net/index.ts';
import type { Sessions } from './sessions.ts';

export type ConsoleOptions = {
  sessions: Sessions;
  authenticate(headers: Record<string, string>): Promise<UserInfo | undefined>;
  /** What the foot of the sidebar shows. */
  facts(): { version: string; startedAt: string; memoryBytes: number; mode: string };
  /** Modules' own answers come before the general one. */
  why(object: Frozen<Obj>, client: Client): Promise<Why | undefined>;
  /** Kind as typed ("run", "pods", "Deployment") to its Gvk. */
  kindOf(text: string): Promise<`${string}/${string}` | undefined>;
  /** Where the browser finds the door. */
  baseUrl(): string;
};

/** Sign-in, session and `why`: what the console needs beside the public APIs. */
export function consoleRoutes(o: ConsoleOptions): Route[] {
  return [
    { method: 'POST', path: '/console/api/login', handle: r => login(o, r) },
    {
      method: 'POST',
      path: '/console/api/logout',
      handle: async () => ({ headers: { 'set-cookie': 'skiff-session=; HttpOnly; Path=/; Max-Age=0' }, json: {} }),
    },
    {
      method: 'POST',
      path: '/console/api/links',
      handle: async r => ({ json: { url: `${o.baseUrl()}/#token=${o.sessions.createLink(r.user)}` } }),
    },
    { method: 'GET', path: '/console/api/session', handle: r => session(o, r) },
    { method: 'GET', path: '/console/api/why', handle: r => why(o, r) },
    { method: 'GET', path: '/healthz', handle: async () => ({ headers: { 'content-type': 'text/plain' }, body: 'ok' }) },
  ];
}

/** A one-time link's secret, or a bearer token typed by hand, becomes a session. */
async function login(o: ConsoleOptions, r: RouteRequest) {
  const { token } = ((await r.json(8_192)) ?? {}) as { token?: unknown };
  if (typeof token !== 'string' || token === '')
    throw errors.badRequest('token: a one-time secret or a bearer token is required');
  const user = o.sessions.redeem(token) ?? (await o.authenticate({ authorization: `Bearer ${token}` }));
  if (!user)
    throw errors.failure(401, 'Unauthorized', 'this link is spent or older than a minute; `skiff open` makes a new one', {});
  return { headers: { 'set-cookie': o.sessions.cookies(user) }, json: { user: user.username } };
}

async function session(o: ConsoleOptions, r: RouteRequest) {
  const namespaces: string[] = [];
  for await (const page of r.client.list('v1/Namespace')) for (const n of page.items) namespaces.push(n.metadata.name);
  return { json: { user: r.user.username, groups: r.user.groups, namespaces, ...o.facts() } };
}

async function why(o: ConsoleOptions, r: RouteRequest) {
  const kind = r.query.get('kind') ?? '';
  const name = r.query.get('name') ?? '';
  const namespace = r.query.get('namespace') ?? '';
  const gvk = await o.kindOf(kind);
  if (!gvk || !name)
    throw errors.badRequest(`kind and name are required; ${JSON.stringify(kind)} is ${gvk ? 'known' : 'not a served kind'}`);
  const at = gvk.lastIndexOf('/');
  const ref = { apiVersion: gvk.slice(0, at), kind: gvk.slice(at + 1), name, ...(namespace ? { namespace } : {}) };
  const object = UUID.test(name) ? await byUid(r.client, gvk, name) : await r.client.get(ref);
  return { json: (await o.why(object, r.client)) ?? (await explain(object, r.client)) };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** People know some objects (runs) by their uid. */
async function byUid(client: Client, gvk: Gvk, uid: string): Promise<Frozen<Obj>> {
  for await (const page of client.list(gvk)) {
    const found = page.items.find(i => i.metadata.uid === uid);
    if (found) return found;
  }
  throw errors.notFound({ group: '', plural: gvk }, uid);
}
