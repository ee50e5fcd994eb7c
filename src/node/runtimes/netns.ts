import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { constants } from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import type { ExecSession } from '../../kube/transport.ts';
import { type Clock, type Logger, sha256Hex } from '../../lib/index.ts';
import type {
  AttachedInput,
  ContainerFact,
  ContainerSpec,
  PodFact,
  PodRuntime,
  RuntimeInfo,
  SandboxSpec,
  ServiceRule,
} from '../runtime.ts';
import { containerFields, hostsFile, resolvFile } from './container-fields.ts';
import { RuntimeError } from './errors.ts';
import { hostIP } from './host.ts';
import { NameServer } from './names.ts';
import { nftRules } from './services.ts';
import { Spawner, type SpawnerOpening } from './spawner.ts';
import { containerFact, openAttach, openDial, openExec, SupervisorWatch } from './supervisor.ts';
import { decodeMessage, type Field } from './wire.ts';

const SERVICE_CIDR = '10.96.0.0/12';
const DNS_IP = '10.96.0.10';
const DEFAULT_POOL = 4;

export type NetnsOptions = {
  home: string;
  binary: string;
  clock: Clock;
  log: Logger;
  onPoint?: ((name: string) => void) | undefined;
  /** Sandboxes kept ready. */
  poolSize?: number | undefined;
};
type Pod = {
  uid: string;
  sandbox: PodFact['sandbox'];
  message?: string;
  podIP?: string;
  hostNetwork: boolean;
  containers: Map<string, ContainerFact>;
  /** Containers that this process started and that have not run yet, as `name.attempt`. */
  starting: Set<string>;
  watch?: SupervisorWatch;
  removing?: Promise<void>;
  /** Resolves when the sandbox stands. */
  made: Promise<void>;
};

/** Pods in namespaces of their own, made by the native spawner, kept by their supervisors. As root and as a normal user. */
export class NetnsRuntime implements PodRuntime {
  readonly info: RuntimeInfo;
  readonly #options: NetnsOptions;
  readonly #spawner: Spawner;
  readonly #opening: SpawnerOpening;
  readonly #runFd: number;
  readonly #runDir: string;
  readonly #names: NameServer;
  readonly #pods = new Map<string, Pod>();
  readonly #listeners = new Set<(uid: string) => void>();
  /** Creations of this tick: a container started in the same tick goes along in one message. */
  readonly #fresh = new Map<string, { spec: SandboxSpec; first?: ContainerSpec; done: PromiseWithResolvers<void> }>();
  #services: readonly ServiceRule[] = [];
  #exposed = new Map<number, { socketPath: string; listens: number }>();
  #dns: { udpPort: number; tcpPort: number } | undefined;
  #rules: Promise<void> | undefined;
  #rulesAgain: Promise<void> | undefined;
  #closed = false;

  private constructor(options: NetnsOptions, spawner: Spawner, opening: SpawnerOpening, runDir: string) {
    this.#options = options;
    this.#spawner = spawner;
    this.#opening = opening;
    this.#runDir = runDir;
    this.#runFd = openSync(runDir, 'r');
    this.#names = new NameServer({ clock: options.clock, log: options.log });
    const prefix = opening.base.split('.').slice(0, 2).join('.');
    this.info = {
      mode: 'netns',
      isolation: isolationOf(opening),
      podCIDR: `${prefix}.0.0/16`,
      gatewayIP: `${prefix}.0.1`,
      dnsIP: DNS_IP,
      serviceCIDR: SERVICE_CIDR,
    };
  }

  /** @throws RuntimeError NoNamespaces when the kernel refuses what Pods need. */
  static async open(options: NetnsOptions): Promise<NetnsRuntime> {
    const runDir = path.join(options.home, 'run');
    await mkdir(runDir, { recursive: true, mode: 0o700 });
    let runtime: NetnsRuntime | undefined;
    const { spawner, opening } = await Spawner.launch({
      binary: options.binary,
      runDir,
      instance: sha256Hex(runDir).slice(0, 6),
      poolSize: options.poolSize ?? DEFAULT_POOL,
      hide: [options.home],
      log: options.log,
      onPoint: options.onPoint,
      onRestart: () => {
        if (runtime) runtime.#reopen();
      },
    });
    runtime = new NetnsRuntime(options, spawner, opening, runDir);
    return runtime;
  }

  async start(): Promise<void> {
    const folders = (await readdir(this.#runDir)).filter(name => !name.startsWith('.') && name !== 'pasta.pid');
    await Promise.all(folders.map(uid => this.#adopt(uid)));
    await this.#names.listen(path.join(this.#runDir, '.dns.sock'), path.join(this.#runDir, '.dns-tcp.sock'));
    await this.#openGateway();
  }

  createSandbox(spec: SandboxSpec): Promise<void> {
    const known = this.#pods.get(spec.uid);
    if (known && !known.removing) return known.made;
    const done = Promise.withResolvers<void>();
    const pod: Pod = {
      uid: spec.uid,
      sandbox: 'ready',
      hostNetwork: spec.hostNetwork,
      containers: new Map(),
      starting: new Set(),
      made: done.promise,
    };
    done.promise.catch(() => undefined);
    this.#pods.set(spec.uid, pod);
    this.#fresh.set(spec.uid, { spec, done });
    const before = known?.removing ?? Promise.resolve();
    before.then(() => this.#create(pod)).then(done.resolve, done.reject);
    return done.promise;
  }

  startContainer(uid: string, spec: ContainerSpec): Promise<void> {
    const fresh = this.#fresh.get(uid);
    if (fresh && !fresh.first) {
      fresh.first = spec;
      return fresh.done.promise;
    }
    return this.#startLater(uid, spec);
  }

  async #startLater(uid: string, spec: ContainerSpec): Promise<void> {
    const pod = this.#running(uid);
    await pod.made;
    pod.starting.add(`${spec.name}.${spec.attempt}`);
    await this.#spawner.request('start', [uid, ...containerFields(spec)]);
  }

  async stopContainer(uid: string, container: string, graceMs: number, signal = 'SIGTERM'): Promise<void> {
    const pod = this.#pods.get(uid);
    await pod?.made;
    const number = constants.signals[signal as NodeJS.Signals] ?? constants.signals.SIGTERM;
    pod?.watch?.stop(container, Math.max(0, Math.floor(graceMs)), number);
  }

  async removeSandbox(uid: string): Promise<void> {
    const pod = this.#pods.get(uid);
    if (pod?.removing) return pod.removing;
    const remove = async () => {
      await pod?.made.catch(() => undefined);
      pod?.watch?.close();
      await this.#spawner.request('remove', [uid]);
      if (this.#pods.get(uid) === pod) this.#pods.delete(uid);
      this.#changed(uid);
    };
    const removing = remove();
    if (pod) pod.removing = removing;
    return removing;
  }

  async exec(
    uid: string,
    container: string,
    spec: { argv: readonly string[]; stdin: boolean; tty: boolean },
  ): Promise<ExecSession> {
    await this.#running(uid).made;
    return openExec(this.#controlPath(uid), container, spec);
  }

  async attach(uid: string, container: string, o: { once: boolean }): Promise<AttachedInput> {
    await this.#running(uid).made;
    return openAttach(this.#controlPath(uid), container, o.once);
  }

  async dial(uid: string, port: number): Promise<Duplex> {
    const pod = this.#running(uid);
    await pod.made;
    // As root the Pod's address is routed on the host; what listens on the Pod's loopback only is reached through PID 1.
    if (this.#opening.ids !== 'user' && pod.podIP) {
      const direct = await directly(pod.podIP, port);
      if (direct) return direct;
    }
    return openDial(this.#controlPath(uid), port);
  }

  setServices(rules: readonly ServiceRule[]): Promise<void> {
    this.#services = rules;
    return this.#applyRules();
  }

  async exposeToPods(ports: readonly { port: number; socketPath: string }[]): Promise<void> {
    const next = new Map<number, { socketPath: string; listens: number }>();
    for (const { port, socketPath } of ports) {
      const known = [...this.#exposed.values()].find(e => e.socketPath === socketPath);
      next.set(port, known ?? { socketPath, listens: await this.#listenAtGateway('expose', socketPath) });
    }
    this.#exposed = next;
    await this.#applyRules();
  }

  setNames(lookup: (name: string) => readonly string[] | undefined): void {
    this.#names.setLookup(lookup);
  }

  fact(uid: string): PodFact | undefined {
    const pod = this.#pods.get(uid);
    if (!pod) return undefined;
    const { sandbox, message, podIP, containers } = pod;
    return { uid, sandbox, containers: [...containers.values()], ...(message ? { message } : {}), ...(podIP ? { podIP } : {}) };
  }
  uids(): readonly string[] {
    return [...this.#pods.keys()];
  }

  onChange(listener: (uid: string) => void): void {
    this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const pod of this.#pods.values()) pod.watch?.close();
    await this.#names.close();
    await this.#spawner.close();
    closeSync(this.#runFd);
  }

  #running(uid: string): Pod {
    const pod = this.#pods.get(uid);
    if (!pod || pod.removing || pod.sandbox !== 'ready') throw new RuntimeError('NotRunning', uid);
    return pod;
  }

  /** Below the folder's descriptor, because a socket's path may have 107 bytes only. */
  #controlPath(uid: string): string {
    return `/proc/self/fd/${this.#runFd}/${uid}/ctl.sock`;
  }

  async #create(pod: Pod): Promise<void> {
    const { spec, first } = this.#fresh.get(pod.uid)!;
    if (first) pod.starting.add(`${first.name}.${first.attempt}`);
    this.#fresh.delete(pod.uid);
    const facts = JSON.stringify({ namespace: spec.namespace, name: spec.name, hostNetwork: spec.hostNetwork });
    const hosts = hostsFile(spec, spec.hostNetwork ? hostIP() : '@IP@');
    const fields: Field[] = [
      pod.uid,
      spec.hostname,
      hosts,
      resolvFile(DNS_IP, spec.searchDomains),
      facts,
      spec.hostNetwork ? 1 : 0,
    ];
    fields.push(first?.runAsUser ?? 0, ...(first ? containerFields(first) : []));
    try {
      const [ip] = await this.#spawner.request('create', fields);
      pod.podIP = ip || hostIP();
      await this.#watch(pod);
    } catch (error) {
      pod.sandbox = 'failed';
      pod.message = error instanceof Error ? error.message : String(error);
      throw new RuntimeError('SandboxFailed', pod.message);
    } finally {
      this.#changed(pod.uid);
    }
  }

  async #watch(pod: Pod): Promise<void> {
    const onFact = (fact: ContainerFact) => {
      const id = `${fact.name}.${fact.attempt}`;
      if (pod.starting.delete(id)) this.#options.onPoint?.('before-first-status');
      pod.containers.set(id, fact);
      this.#changed(pod.uid);
    };
    pod.watch = await SupervisorWatch.open(this.#controlPath(pod.uid), onFact, () => this.#watchEnded(pod));
  }

  /** The supervisor ended, or let go of us because we were slow: it is asked again once. */
  #watchEnded(pod: Pod): void {
    if (this.#closed || pod.removing) return;
    this.#watch(pod).catch(async () => {
      if (this.#closed || pod.removing) return;
      await this.#readStatuses(pod);
      pod.sandbox = 'lost';
      pod.message = 'The supervisor of this Pod has ended.';
      this.#changed(pod.uid);
    });
  }

  async #adopt(uid: string): Promise<void> {
    const folder = path.join(this.#runDir, uid);
    const spec = await readFile(path.join(folder, 'spec')).then(decodeMessage, () => undefined);
    const hasPid = await readFile(path.join(folder, 'pid')).then(
      () => true,
      () => false,
    );
    if (!spec || !hasPid) {
      await this.#spawner.request('remove', [uid]); // it was never given a process: creating it again is safe
      return;
    }
    const [, , , ip, facts] = spec.map(String);
    const hostNetwork = (JSON.parse(facts || '{}') as { hostNetwork?: boolean }).hostNetwork === true;
    const pod: Pod = {
      uid,
      sandbox: 'ready',
      podIP: ip || hostIP(),
      hostNetwork,
      containers: new Map(),
      starting: new Set(),
      made: Promise.resolve(),
    };
    this.#pods.set(uid, pod);
    await this.#readStatuses(pod);
    await this.#watch(pod).catch(() => {
      pod.sandbox = 'lost';
      pod.message = 'The supervisor of this Pod has ended without an outcome.';
    });
  }

  async #readStatuses(pod: Pod): Promise<void> {
    const folder = path.join(this.#runDir, pod.uid);
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter(n => n.endsWith('.status'))) {
      const fields = await readFile(path.join(folder, name)).then(decodeMessage, () => undefined);
      const fact = fields && containerFact(fields);
      if (fact) pod.containers.set(`${fact.name}.${fact.attempt}`, fact);
    }
  }

  async #listenAtGateway(verb: 'expose' | 'names', socketPath: string): Promise<number> {
    const [port] = await this.#spawner.request(verb, [socketPath]);
    return Number(port);
  }

  async #openGateway(): Promise<void> {
    const udpPort = await this.#listenAtGateway('names', '.dns.sock');
    this.#dns = { udpPort, tcpPort: await this.#listenAtGateway('expose', '.dns-tcp.sock') };
    await this.#applyRules();
  }

  /** After a new spawner took over: its relay listens on other ports. */
  #reopen(): void {
    const reopen = async () => {
      for (const one of this.#exposed.values()) one.listens = await this.#listenAtGateway('expose', one.socketPath);
      await this.#openGateway();
    };
    reopen().catch(error => this.#options.log.error('gateway could not be reopened', { error }));
  }

  /** One transaction at a time; changes meanwhile share the next. */
  #applyRules(): Promise<void> {
    if (!this.#rules) {
      this.#rules = this.#sendRules().finally(() => {
        this.#rules = undefined;
      });
      return this.#rules;
    }
    this.#rulesAgain ??= this.#rules
      .catch(() => undefined)
      .then(() => {
        this.#rulesAgain = undefined;
        return this.#applyRules();
      });
    return this.#rulesAgain;
  }

  async #sendRules(): Promise<void> {
    const text = nftRules({
      table: this.#opening.table,
      podCIDR: this.info.podCIDR!,
      serviceCIDR: SERVICE_CIDR,
      gatewayIP: this.info.gatewayIP,
      exposed: new Map([...this.#exposed].map(([port, { listens }]) => [port, listens])),
      ...(this.#dns ? { dns: { ip: DNS_IP, ...this.#dns } } : {}),
      services: this.#services,
    });
    await this.#spawner.request('nft', [text]);
  }

  #changed(uid: string): void {
    for (const listener of this.#listeners) listener(uid);
  }
}

function directly(ip: string, port: number): Promise<Duplex | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host: ip, port, allowHalfOpen: true });
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      socket.on('error', () => undefined); // the reader sees the end
      resolve(socket);
    });
    socket.once('error', () => resolve(undefined));
  });
}

function isolationOf(opening: SpawnerOpening): RuntimeInfo['isolation'] {
  const who = opening.ids === 'user' ? 'as a normal user' : 'as root';
  const limits =
    opening.limits === 'polling' ? 'memory limits by polling, CPU limits not enforced' : `limits by ${opening.limits}`;
  const way = opening.egressProblem ? ` Pods reach each other but not the outside: ${opening.egressProblem}.` : '';
  const message = `Pods have namespaces and addresses of their own (${who}; ${limits}).${way}`;
  if (opening.ids !== 'shared') return { status: 'True', reason: 'Namespaces', message };
  return {
    status: 'False',
    reason: 'Degraded',
    message: `${message} The file system of the Skiff folder has no idmapped mounts, so Pods share the ids of the host.`,
  };
}
