import type { Duplex, Writable } from 'node:stream';
import type { ExecSession } from '../kube/transport.ts';

/**
 * What runs processes for the agent: the C spawner and its supervisors (`netns`), or plain process groups (`plain`).
 * Everything is idempotent by (uid) or (uid, container, attempt), so a restarted daemon may say it again.
 */
export interface PodRuntime {
  readonly info: RuntimeInfo;
  /** Adopts what still runs from before; afterwards all Pods are known. */
  start(): Promise<void>;
  /** Namespaces, network, folder `run/<uid>`; the spec is on disk (fsync) before anything is forked. */
  createSandbox(spec: SandboxSpec): Promise<void>;
  startContainer(uid: string, spec: ContainerSpec): Promise<void>;
  /** The stop signal (default SIGTERM) now, SIGKILL after `graceMs`. */
  stopContainer(uid: string, container: string, graceMs: number, signal?: string): Promise<void>;
  /** Kills whatever is left, frees address and namespaces, removes `run/<uid>`. */
  removeSandbox(uid: string): Promise<void>;
  exec(uid: string, container: string, spec: { argv: readonly string[]; stdin: boolean; tty: boolean }): Promise<ExecSession>;
  /** The standard input of a running container; with `once` its end is the end of the container's. */
  attach(uid: string, container: string, o: { once: boolean }): Promise<AttachedInput>;
  /** Connects from the host to a port inside the Pod. */
  dial(uid: string, port: number): Promise<Duplex>;
  /** Replaces the whole table of virtual addresses. */
  setServices(rules: readonly ServiceRule[]): Promise<void>;
  /** Connections of Pods to `gatewayIP:port` arrive at a unix socket of the daemon, so that the door knows them as a Pod's. */
  exposeToPods(ports: readonly { port: number; socketPath: string }[]): Promise<void>;
  /** Answers Pods' DNS questions at `dnsIP`:53 from these names; others go to the host's resolver. `undefined`: next. */
  setNames(lookup: (name: string) => readonly string[] | undefined): void;
  /** What is known of a Pod; undefined when it has no sandbox. */
  fact(uid: string): PodFact | undefined;
  /** The Pods that have one. */
  uids(): readonly string[];
  /** Called with the uid of a Pod whose fact changed. */
  onChange(listener: (uid: string) => void): void;
  /** An image that a container engine of this host has or pulls; without an engine the method is not there. */
  findImage?(image: string, pullPolicy: string | undefined): Promise<EngineImage | undefined>;
  /** Lets go without stopping Pods; they run on and are adopted by the next daemon. */
  close(): Promise<void>;
}
export type RuntimeInfo = {
  mode: 'netns' | 'plain';
  /** The Node condition `PodIsolation`: True, Degraded is said as False with reason `Degraded`. */
  isolation: { status: 'True' | 'False'; reason: string; message: string };
  podCIDR?: string;
  /** Where Pods reach the daemon. */
  gatewayIP: string;
  dnsIP?: string;
  serviceCIDR: string;
};
export type SandboxSpec = {
  uid: string;
  namespace: string;
  name: string;
  hostname: string;
  /** Lines of /etc/hosts besides localhost and the Pod's own, which the runtime adds. */
  hostAliases: readonly { ip: string; names: readonly string[] }[];
  searchDomains: readonly string[];
  hostNetwork: boolean;
  /** Names under which the Pod's own address appears in its hosts file. */
  ownNames: readonly string[];
  /** Run by the host's container engine: every container has an `image`. */
  engine?: boolean;
};
/** What a real image brings. */
export type EngineImage = {
  imageID: string;
  entrypoint: readonly string[];
  cmd: readonly string[];
  env: Readonly<Record<string, string>>;
  workingDir: string;
};
/** An item of a container's file system; `source` is a host path opened by the spawner. */
export type MountSpec =
  | {
      kind: 'bind';
      source: string;
      target: string;
      readOnly: boolean /** stored as uid 0: Skiff's own volumes; never for host paths */;
      idmap: boolean /** looked up strictly below source */;
      subPath?: string;
    }
  | { kind: 'tmpfs'; target: string; sizeBytes?: number }
  | { kind: 'overlay'; lowers: readonly string[]; upper: string; work: string; target: string }
  | { kind: 'file'; content: string; target: string; mode?: number };
export type ContainerSpec = {
  name: string;
  /** 0, 1, …: restarts of the same container. */
  attempt: number;
  /** The real image, for the container engine only. */
  image?: string;
  argv: readonly string[];
  env: readonly { name: string; value: string }[];
  workingDir: string;
  mounts: readonly MountSpec[];
  runAsUser?: number;
  runAsGroup?: number;
  readOnlyRoot: boolean;
  stdin: boolean;
  tty: boolean;
  /** CRI-format log file on the host, appended. */
  logPath: string;
  /** Path inside the container whose first 4,096 bytes become the termination message. */
  terminationMessagePath: string;
  limits: { memoryBytes?: number; cpuMillis?: number };
};
export type AttachedInput = {
  /** Discards what it gets when the container has no open input. */
  stdin: Writable;
  resize(columns: number, rows: number): void;
  close(): void;
};
export type ContainerFact = {
  name: string;
  attempt: number;
  state: 'running' | 'exited';
  startedAt: string;
  finishedAt?: string;
  /** 128 + n for a signal. */
  exitCode?: number;
  signal?: number;
  oomKilled?: boolean;
  /** Could not start at all: message for the terminated state (`StartError`). */
  startError?: string;
  terminationMessage?: string;
};
export type PodFact = {
  uid: string;
  /** `lost`: the supervisor is gone without an outcome (NodeLost). */
  sandbox: 'ready' | 'lost' | 'failed';
  message?: string;
  podIP?: string;
  containers: readonly ContainerFact[];
};
export type ServiceRule = {
  ip: string;
  port: number;
  protocol: 'TCP' | 'UDP';
  endpoints: readonly { ip: string; port: number }[];
};
