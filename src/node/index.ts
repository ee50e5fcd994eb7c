import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControllerDef, Performer, PodStreams, Source } from '../kube/index.ts';
import { defaultBackoff } from './agent/backoff.ts';
import { nodeController } from './agent/controller.ts';
import { Gpus } from './devices/gpus.ts';
import { Environments } from './environments/environments.ts';
import { Catalogue } from './images/catalogue.ts';
import { readOwnEntries } from './images/own-entries.ts';
import { CATALOGUE } from './images/table.ts';
import { readDisk } from './machine/disk.ts';
import { Heartbeat } from './machine/heartbeat.ts';
import { readMachine } from './machine/machine.ts';
import { programFinder, SYSTEM_FOLDERS } from './machine/programs.ts';
import type { NodeOptions } from './options.ts';
import type { MountSpec, RuntimeInfo } from './runtime.ts';
import { serviceController, servicePerformer } from './services/controller.ts';
import { podStreams } from './streams/pod-streams.ts';
import { Volumes } from './volumes/volumes.ts';
import { Evictor } from './work/evictor.ts';
import { Facts } from './work/facts.ts';
import { performersOf } from './work/performers.ts';
import { Prober } from './work/prober.ts';
import { Remover } from './work/remover.ts';
import { Starter } from './work/starter.ts';
import { Stopper } from './work/stopper.ts';

export { NOT_READY_TAINT } from './machine/node-object.ts';
export type { NodeOptions } from './options.ts';
export type * from './runtime.ts';

export interface SkiffNode {
  readonly controllers: readonly ControllerDef[];
  readonly sources: readonly Source[];
  readonly performers: readonly Performer[];
  readonly streams: PodStreams;
  readonly info: RuntimeInfo;
  /** Adopts what runs and posts the Node. To be awaited before the controllers run: their facts are complete only then. */
  start(): Promise<void>;
  /** Lets go without stopping Pods. */
  close(): Promise<void>;
}

/** The node of the embedded mode: everything the runner and the API server need to run Pods on this machine. */
export async function createNode(o: NodeOptions): Promise<SkiffNode> {
  const { home, nodeName, runtime, client, clock, log, apiServiceIP } = o;
  const clusterDomain = o.clusterDomain ?? 'cluster.local';
  await mkdir(join(home, 'logs', 'pods'), { recursive: true, mode: 0o700 });
  const folders = o.programPath ?? SYSTEM_FOLDERS;
  const deviceFolder = o.deviceFolder ?? '/dev';
  const disk = o.disk ?? (() => readDisk(home));
  const measure = () => readMachine(deviceFolder, disk);
  const machine = await measure();
  const gpus = new Gpus({ home, folder: deviceFolder, byIndex: runtime.info.mode === 'plain' });
  const catalogue = new Catalogue([...(await readOwnEntries(home)), ...CATALOGUE], programFinder(folders));
  const facts = new Facts({ runtime, home, clock, log });
  const volumes = new Volumes({ home, clock, stageDir: o.stageDir });
  const environments = new Environments({ home, folders, hostEnv: o.hostEnv, log, mode: runtime.info.mode });
  const hostIP = runtime.info.gatewayIP;
  const starter = new Starter({
    home,
    runtime,
    clock,
    log,
    facts,
    volumes,
    catalogue,
    gpus,
    durable: o.durable,
    provide: (pod, container, image, attempt) =>
      environments.provide(pod, volumes.folder(pod.metadata.uid!), container, image, attempt),
    node: { nodeName, hostIP, allocatable: { cpu: machine.cpus, memory: machine.memoryBytes } },
    hostEnv: o.hostEnv,
    hostMounts: findLinks(o.hostEnv['PIP_FIND_LINKS']),
    apiServiceIP,
    clusterDomain,
  });
  const logRetentionMs = o.logRetentionMs ?? 3_600_000;
  const remover = new Remover({
    home,
    nodeName,
    runtime,
    volumes,
    environments,
    gpus,
    starter,
    client,
    clock,
    log,
    logRetentionMs,
  });
  const prober = new Prober({ runtime, clock });
  const heartbeat = new Heartbeat({
    nodeName,
    client,
    clock,
    log,
    runtime: runtime.info,
    machine: measure,
  });
  const evict = (uid: string, message: string) => facts.evict(uid, message);
  const evictor = new Evictor({ home, nodeName, client, clock, log, disk, evict, changed: () => heartbeat.report() });
  const config = { nodeName, hostIP, backoff: o.backoff ?? defaultBackoff, slowStartMs: o.slowStartMs ?? 500, shortRunMs: 20 };
  let closed = false;
  facts.onDropped((uid, pod) => {
    if (!closed) remover.vanished(uid, pod).catch(error => log.warn('pod not cleaned up', { uid, error }));
  });
  return {
    controllers: [nodeController(config, object => facts.readers(object)), serviceController(clusterDomain)],
    sources: [facts, prober],
    performers: [
      ...performersOf({ starter, stopper: new Stopper({ runtime, clock }), remover }),
      servicePerformer(runtime, clusterDomain),
    ],
    streams: podStreams({ home, runtime, clock, onPodChange: (uid, listener) => facts.onPodChange(uid, listener) }),
    info: runtime.info,
    async start() {
      await runtime.start();
      facts.open();
      await heartbeat.start();
      await remover.sweep();
      evictor.start();
    },
    async close() {
      closed = true;
      evictor.close();
      heartbeat.close();
      prober.close();
      starter.close();
      remover.close();
      await runtime.close();
    },
  };
}

/** Folders of wheels that pip is pointed to and that Pods do not see anyway. */
function findLinks(value: string | undefined): MountSpec[] {
  const folders = (value ?? '').split(/\s+/).filter(p => p.startsWith('/') && !/^\/(?:usr|opt)\//.test(p));
  return folders.map(path => ({ kind: 'bind', source: path, target: path, readOnly: true, idmap: false }));
}
