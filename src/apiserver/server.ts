import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import {
  type AdmissionDef,
  errors,
  type Frozen,
  type Obj,
  type PodStreams,
  type ResourceMapper,
  type Transport,
  type UserInfo,
} from '../kube/index.ts';
import type { Clock, Ids, Logger } from '../lib/index.ts';
import { Admission, Policies, poster, type UserCan, Webhooks } from './admission/index.ts';
import { builtinSteps } from './admission/steps.ts';
import { Authenticator, type Headers, type PeerCertificate } from './auth/authn.ts';
import { DEFAULT_ROLES } from './auth/default-roles.ts';
import { keyFile, writePrivate } from './auth/key-files.ts';
import { kubeconfig } from './auth/kubeconfig.ts';
import { Authority } from './auth/pki.ts';
import { Rbac } from './auth/rbac.ts';
import { ServiceAccountTokens, type TokenRequest } from './auth/service-account-tokens.ts';
import { type Bootstrap, createOnce, ensure, SYSTEM, SYSTEM_OBJECTS } from './bootstrap.ts';
import type { ProxyTarget, ServerContext } from './context.ts';
import { Conversions } from './conversion/conversions.ts';
import { CrdController } from './crd-controller.ts';
import { Front } from './front.ts';
import { HttpServer } from './http/http-server.ts';
import { startMaintenance } from './maintenance.ts';
import { Metrics } from './metrics.ts';
import { Quotas } from './quota/quotas.ts';
import { Registry } from './registry/registry.ts';
import { Store } from './store/index.ts';
import { dialTarget } from './streams/proxy.ts';
import { createUpgrader } from './streams/upgrade.ts';

export type ApiServerOptions = {
  /** `$SKIFF_HOME`: kube.db, keys and certificates live there. */
  home: string;
  clock: Clock;
  ids: Ids;
  log: Logger;
  /** What the node can do; asked for on every use, since the node starts later. */
  streams?: () => PodStreams | undefined;
  admissions: readonly AdmissionDef[];
  /** CustomResourceDefinitions that exist from the start and follow this release. */
  crds: readonly Obj[];
  /** Objects created once. */
  bootstrap: readonly Obj[];
  /** Further names and addresses that the server certificate is good for. */
  serverNames: readonly string[];
  /** Connects to a Service's or Pod's port for the proxy subresources; default: through the node, to Pods. */
  proxyTo?: (to: ProxyTarget) => Promise<Duplex | undefined>;
};

export type ApiServer = {
  /** Requests in process: the same checks as over HTTP. */
  readonly transport: Transport;
  readonly mapper: ResourceMapper;
  /** HTTPS with HTTP/2 and HTTP/1.1, at an address (the kubeconfig is written for it) or at a unix socket (for Pods). */
  listen(where: { host: string; port: number } | { path: string }): Promise<{ port: number }>;
  /** Who a request is from; undefined without credentials. @throws StatusError 401 */
  authenticate(headers: Headers, peerCertificate?: PeerCertificate): Promise<UserInfo | undefined>;
  /** A token of a service account. @throws StatusError 404 */
  issueToken(r: TokenRequest): Promise<{ token: string; expiresAt: Date }>;
  /** PEM of the cluster's authority. */
  readonly ca: string;
  /** The owner's bearer token, also in `$SKIFF_HOME/token`. */
  readonly ownerToken: string;
  /** Path of the kubeconfig. */
  readonly kubeconfigPath: string;
  /** Resolves when everything written so far is on disk. */
  durable(): Promise<void>;
  ready(): { ok: boolean; reason?: string };
  /** Prometheus text. */
  metrics(): string;
  close(): Promise<void>;
};

const SERVER_NAMES = [
  'localhost',
  '127.0.0.1',
  '::1',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  '10.96.0.1',
];

/**
 * The embedded Kubernetes API server: store, discovery, RBAC, admission and every kind that is served. Ready when it resolves.
 * @throws Error when the home is of a later release or cannot be used
 */
export async function createApiServer(o: ApiServerOptions): Promise<ApiServer> {
  const { home, clock, ids, log } = o;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const masterKey = Buffer.from(
    keyFile(join(home, 'pki', 'master.key'), () => Buffer.from(ids.bytes(32)).toString('base64')),
    'base64',
  );
  const store = new Store({ path: join(home, 'kube.db'), clock, ids, log, masterKey });
  const registry = new Registry(store);
  const rbac = new Rbac(store, registry);
  const admission = new Admission({
    steps: builtinSteps({ store, registry, rbac, ids }),
    defs: o.admissions,
    store,
    registry,
    log,
  });
  const find = admission.find;
  const tokens = new ServiceAccountTokens(
    home,
    clock,
    ids,
    (gvk, namespace, name) => find(gvk, { apiVersion: 'v1', kind: '', namespace, name })[0],
  );
  const ownerToken = keyFile(join(home, 'token'), () => Buffer.from(ids.bytes(32)).toString('base64url'));
  const authenticator = new Authenticator(ownerToken, tokens);
  const dial = (to: { namespace: string; name: string; port: string }) =>
    dialTarget(proxy, { kind: 'Service', scheme: 'https', user: SYSTEM, ...to });
  const can: UserCan = (user, { path, ...asked }) =>
    rbac.can(user, path === undefined ? { group: '', resource: '', ...asked } : { verb: asked.verb, path });
  const post = poster({ clock, dial });
  const conversions = new Conversions({ ids, post });
  const webhooks = new Webhooks({ registry, find, ids, post, can });
  const quotas = new Quotas(store, registry);
  const policies = new Policies({ registry, find, can });
  follow({ store, registry }, ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'], () => policies.refresh());
  follow({ store, registry }, ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'], () => webhooks.refresh());
  const ctx: ServerContext = {
    store,
    registry,
    admission,
    webhooks,
    policies,
    quotas,
    conversions,
    clock,
    ids,
    log,
    streams: () => o.streams?.(),
  };
  const metrics = new Metrics(store, registry);
  const proxy = { ctx, proxyTo: o.proxyTo };
  const front = new Front({ ctx, rbac, tokens, authenticator, proxy, metrics: () => metrics.text() });
  const transport: Transport = { request: r => metrics.timed(clock, r, () => front.handle(r)) };

  new CrdController({ store, registry, transport, log }).start();
  await bootstrap({ store, registry, transport }, o);
  const stopMaintenance = startMaintenance(store, registry, clock, log);
  const pki = await new Authority(home, clock, ids).open([...SERVER_NAMES, hostname(), ...o.serverNames]);
  await publishAuthority({ store, registry, transport }, pki.ca);
  const upgrade = createUpgrader({ ...proxy, rbac });
  const kubeconfigPath = join(home, 'kubeconfig');
  const servers: HttpServer[] = [];

  return {
    transport,
    mapper: registry,
    ca: pki.ca,
    ownerToken,
    kubeconfigPath,
    authenticate: (headers, peer) => authenticator.authenticate(headers, peer),
    metrics: () => metrics.text(),
    durable: () => store.durable(),
    ready: () => (store.failure ? { ok: false, reason: store.failure.message } : { ok: true }),
    async issueToken(r) {
      const account = find('v1/ServiceAccount', {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        namespace: r.namespace,
        name: r.name,
      })[0];
      if (!account) throw errors.notFound({ group: '', plural: 'serviceaccounts' }, r.name);
      return await tokens.issue(account as Frozen<Obj>, r);
    },
    async listen(where) {
      const server = new HttpServer({ front, authenticator, ca: pki.ca, identity: pki.server, ids, log, upgrade });
      const actual = await server.listen(where);
      servers.push(server);
      if ('path' in where) return { port: 0 };
      const { host } = where;
      const address = host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host;
      writePrivate(kubeconfigPath, kubeconfig(`https://${address}:${actual}`, pki));
      return { port: actual };
    },
    async close() {
      stopMaintenance();
      await Promise.all(servers.map(s => s.close()));
      await store.close();
    },
  };
}

async function bootstrap(b: Bootstrap, o: ApiServerOptions): Promise<void> {
  await createOnce(b, SYSTEM_OBJECTS);
  await Promise.all(DEFAULT_ROLES.map(r => ensure(b, r, r.kind === 'ClusterRole' ? 'rules' : 'subjects')));
  await Promise.all(o.crds.map(crd => ensure(b, crd, 'spec')));
  await createOnce(b, o.bootstrap);
}

/** Calls back at once and whenever one of the admission kinds changed; before the writer is told. */
function follow(
  { store, registry }: Pick<Bootstrap, 'store' | 'registry'>,
  plurals: readonly string[],
  refresh: () => void,
): void {
  for (const plural of plurals)
    store.hub.listen(registry.find('admissionregistration.k8s.io', 'v1', plural)!.storage!.id, refresh);
  refresh();
}

/** Pods trust the API by this ConfigMap; the namespace controller copies it into every namespace. */
async function publishAuthority(b: Bootstrap, ca: string): Promise<void> {
  const metadata = { name: 'kube-root-ca.crt', namespace: 'kube-system' };
  await ensure(b, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': ca } } as Obj, 'data');
}
