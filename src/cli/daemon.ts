import { createWriteStream, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { type ApiServer, createApiServer } from '../apiserver/index.ts';
import { openBlobs, openSql } from '../data/index.ts';
import { consoleRoutes, Door, kubernetesRoutes, Sessions } from '../gateway/index.ts';
import {
  type Client,
  createClient,
  type ExecOptions,
  type ModuleEnv,
  type Performer,
  startControllers,
  type UserInfo,
} from '../kube/index.ts';
import { jsonLogger, type Logger, systemClock, systemIds, VERSION } from '../lib/index.ts';
import { createNode, type SkiffNode } from '../node/index.ts';
import { openRuntime } from '../node/runtimes/index.ts';
import { workloads } from '../workloads/index.ts';
import type { Home, Ports } from './home.ts';
import { modules } from './modules.ts';
import { ensureRoles, ownEndpoints } from './own-objects.ts';
import { choosePorts } from './ports.ts';
import { DISCOVERY, type Discovery, findResource } from './resources.ts';
import { stopPods } from './stop-pods.ts';

export type DaemonOptions = {
  home: Home;
  port: number | undefined;
  nodeMode: 'netns' | 'plain' | undefined;
  /** The socket of a container engine, or `none`; else the usual ones are tried. */
  engineSocket: string | undefined;
  /** Nodes that exist in the API only, for tests of scale. */
  fakeNodes?: number;
  /** Kill this process at a named point, for the crash tests. */
  crashAt: string | undefined;
  hostEnv: Record<string, string | undefined>;
};
export interface Daemon {
  readonly ports: Ports;
  /** A one-time link for the owner's browser. */
  link(): string;
  stop(): Promise<void>;
}

const NODE_NAME = 'skiff';
const CONSOLE_FOLDER = resolve(import.meta.dirname, '../../console/dist');
/** Services of our own that the door answers. */
const OWN_SERVICES = new Set(['ml-pipeline', 'ml-pipeline-ui']);
/** Skiff itself, for what no user asked for. */
const SYSTEM: UserInfo = { username: 'system:skiff', groups: ['system:masters', 'system:authenticated'] };
/** Ports at which Pods reach the door and the Kubernetes API, behind the Services' addresses. */
const POD_PORTS = { door: [8888, 80, 8080], kubernetes: 6443 };

/** Wires the floors together and opens the doors. Resolves when all controllers have seen the world. */
export async function startDaemon(o: DaemonOptions): Promise<Daemon> {
  const { home } = o;
  home.create();
  const log = jsonLogger(systemClock, lineWriter(home.path('logs', 'skiff.log')));
  const ports = await choosePorts(o.port);
  const basis = { clock: systemClock, ids: systemIds, log };
  const startedAt = systemClock.now().toISOString();

  const onPoint = crashPoint(o.crashAt);
  const [sql, runtime] = await Promise.all([
    openSql({ path: home.path('ledger.db'), migrations: modules.flatMap(m => m.tables ?? []), log }),
    openRuntime({
      ...basis,
      home: home.folder,
      engineSocket: o.engineSocket,
      ...(o.nodeMode ? { mode: o.nodeMode } : {}),
      ...(onPoint ? { onPoint } : {}),
    }),
  ]);
  const blobs = openBlobs({ folder: home.path('artifacts'), sql, ids: systemIds, clock: systemClock });
  let streams: SkiffNode['streams'] | undefined;
  let podDoor: Door | undefined;
  const work = workloads({
    volumesFolder: home.path('volumes'),
    ...(o.fakeNodes ? { fakeNodes: o.fakeNodes } : {}),
    removeFolder: path => rm(path, { recursive: true, force: true }),
    log,
  });
  const api = await createApiServer({
    ...basis,
    home: home.folder,
    streams: () => streams,
    admissions: modules.flatMap(m => m.admissions ?? []),
    crds: modules.flatMap(m => m.crds),
    bootstrap: [...work.bootstrap, ...modules.flatMap(m => m.bootstrap ?? [])],
    serverNames: [runtime.info.gatewayIP],
    proxyTo: async to => (to.namespace === 'kubeflow' && OWN_SERVICES.has(to.name) ? podDoor?.connectAs(to.user) : undefined),
  });
  const client = createClient({
    transport: api.transport,
    mapper: api.mapper,
    user: SYSTEM,
    sessions: sessionsOf(() => streams),
  });
  // Its callers end with this process: a commit is enough for them.
  const ownClient = createClient({
    transport: api.transport,
    mapper: api.mapper,
    user: SYSTEM,
    sessions: sessionsOf(() => streams),
    durable: false,
  });
  const node = await createNode({
    ...basis,
    home: home.folder,
    nodeName: NODE_NAME,
    runtime,
    client: ownClient,
    durable: () => api.durable(),
    stageDir: id => blobs.stage(id),
    hostEnv: forPods(o.hostEnv),
    apiServiceIP: '10.96.0.1',
  });
  streams = node.streams;
  const env: ModuleEnv = { client, ledger: sql, blobs, ...basis };
  const controllers = [...work.controllers, ...node.controllers, ...modules.flatMap(m => m.controllers)];
  await Promise.all([ensureRoles(client, api.mapper, controllers), ownEndpoints(client, runtime.info.gatewayIP, POD_PORTS)]);
  await node.start();
  const runner = startControllers({
    client: ownClient,
    controllers,
    sources: [...work.sources, ...node.sources, ...modules.flatMap(m => m.sources?.(env) ?? [])],
    performers: [...work.performers, ...node.performers, ...modules.flatMap(m => m.performers?.(env) ?? [])].map(p =>
      onPoint ? calling(p, onPoint) : p,
    ),
    clock: systemClock,
    log,
  });

  const baseUrl = `http://127.0.0.1:${ports.console}`;
  const sessions = new Sessions({ key: sessionKey(home), clock: systemClock, ids: systemIds });
  const door = makeDoor({ api, client, env, sessions, ports, baseUrl, startedAt, mode: runtime.info.mode, log });
  const podSocket = home.path('run', 'door.sock');
  podDoor = makeDoor({ api, client, env, sessions, ports, baseUrl, startedAt, mode: runtime.info.mode, log });
  const apiSocket = home.path('run', 'api.sock');
  // A daemon that was killed leaves its sockets behind.
  for (const path of [podSocket, apiSocket]) rmSync(path, { force: true });
  await Promise.all([
    listen(door.server, { host: '127.0.0.1', port: ports.console }),
    listen(podDoor.server, { path: podSocket }),
    api.listen({ host: '127.0.0.1', port: ports.kubernetes }),
    api.listen({ path: apiSocket }),
  ]);
  await runtime.exposeToPods([
    ...POD_PORTS.door.map(port => ({ port, socketPath: podSocket })),
    { port: POD_PORTS.kubernetes, socketPath: apiSocket },
  ]);
  await runner.synced();
  home.writeDaemon({
    pid: process.pid,
    startedAt,
    ports,
    version: VERSION,
    nodeMode: runtime.info.mode,
    ...(o.engineSocket ? { engineSocket: o.engineSocket } : {}),
  });
  return {
    ports,
    link: () =>
      `${baseUrl}/#token=${sessions.createLink({ username: 'skiff', groups: ['system:masters', 'system:authenticated'] })}`,
    async stop() {
      home.clearDaemon();
      door.server.close();
      podDoor.server.close();
      door.server.closeAllConnections();
      podDoor.server.closeAllConnections();
      await stopPods(client, runtime, NODE_NAME);
      await runner.stop();
      await node.close();
      await api.close();
      await sql.close();
    },
  };
}

type DoorParts = {
  api: ApiServer;
  client: Client;
  env: ModuleEnv;
  sessions: Sessions;
  ports: Ports;
  baseUrl: string;
  startedAt: string;
  mode: string;
  log: Logger;
};

function makeDoor(p: DoorParts): Door {
  const authenticate = (headers: Record<string, string | string[] | undefined>) => p.api.authenticate(headers);
  const discover = async (path: string) => {
    const r = await p.api.transport.request({ method: 'GET', path, user: SYSTEM, headers: { accept: DISCOVERY } });
    return (r.object ?? JSON.parse(Buffer.from((await r.bytes!()) as Uint8Array).toString())) as Discovery;
  };
  const routes = [
    ...kubernetesRoutes(p.api.transport),
    ...consoleRoutes({
      sessions: p.sessions,
      authenticate,
      facts: () => ({ version: VERSION, startedAt: p.startedAt, memoryBytes: process.memoryUsage.rss(), mode: p.mode }),
      async why(object, client) {
        for (const m of modules) {
          const why = await m.why?.({ ...p.env, client }, object);
          if (why) return why;
        }
        return undefined;
      },
      async kindOf(text) {
        const r = await findResource(discover, text).catch(() => undefined);
        return r ? (`${r.group ? `${r.group}/` : ''}${r.version}/${r.kind}` as `${string}/${string}`) : undefined;
      },
      baseUrl: () => p.baseUrl,
    }),
    ...modules.flatMap(m => m.routes?.(p.env) ?? []),
  ];
  const names = [...OWN_SERVICES].flatMap(s => [s, `${s}.kubeflow`, `${s}.kubeflow.svc`, `${s}.kubeflow.svc.cluster.local`]);
  return new Door({
    routes,
    client: p.client,
    authenticate,
    sessions: p.sessions,
    hosts: { ports: [p.ports.console], serviceNames: names },
    consoleFolder: CONSOLE_FOLDER,
    log: p.log,
  });
}

/** Exec and port-forward in process: checked like a request, then straight to the node. */
function sessionsOf(streams: () => SkiffNode['streams'] | undefined) {
  const open = async (client: Client, pod: { namespace?: string; name: string }, subresource: string) => {
    const allowed = await client.can('create', {
      group: '',
      resource: 'pods',
      subresource,
      name: pod.name,
      ...(pod.namespace ? { namespace: pod.namespace } : {}),
    });
    if (!allowed) throw new Error(`${client.user.username} may not create pods/${subresource}`);
    return await client.get({ apiVersion: 'v1', kind: 'Pod', ...pod });
  };
  return {
    exec: async (client: Client, pod: { namespace?: string; name: string }, options: ExecOptions) =>
      await streams()!.exec(await open(client, pod, 'exec'), options),
    portForward: async (client: Client, pod: { namespace?: string; name: string }, port: number): Promise<Duplex> =>
      await streams()!.dial(await open(client, pod, 'portforward'), port),
  };
}

function listen(server: Server, where: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((done, failed) => server.once('error', failed).listen(where, () => done()));
}
function lineWriter(path: string): (line: string) => void {
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  return line => void stream.write(line);
}
function sessionKey(home: Home): Uint8Array {
  const path = home.path('session.key');
  try {
    return readFileSync(path);
  } catch {
    const key = systemIds.bytes(32);
    writeFileSync(path, key, { mode: 0o600 });
    return key;
  }
}
/** Variables of the host that Pods need to reach package indexes: pip's settings, certificates, proxies. */
function forPods(env: Record<string, string | undefined>): Record<string, string> {
  const wanted = /^(PIP_\w+|UV_\w+|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|(https?|no|all)_proxy)$/i;
  return Object.fromEntries(Object.entries(env).filter((e): e is [string, string] => e[1] !== undefined && wanted.test(e[0])));
}
/** The points of the crash tests that lie between a performer's work and what follows from it. */
const POINTS_AFTER: Record<string, string> = { 'outputs.collect': 'between-outcome-and-finalizer' };
function calling(p: Performer, onPoint: (name: string) => void): Performer {
  const point = POINTS_AFTER[p.name];
  if (!point) return p;
  return {
    ...p,
    async perform(params, ctx) {
      await p.perform(params, ctx);
      onPoint(point);
    },
  };
}
/** At the asked point the process dies as by a power cut of its own: no handler runs. */
function crashPoint(wanted: string | undefined): ((name: string) => void) | undefined {
  if (!wanted) return undefined;
  return name => {
    if (name === wanted) process.kill(process.pid, 'SIGKILL');
  };
}
