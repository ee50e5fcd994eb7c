import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { constants } from 'node:os';
import path from 'node:path';
import { type Duplex, Writable } from 'node:stream';
import type { ExecSession } from '../../kube/transport.ts';
import type { Clock, Logger } from '../../lib/index.ts';
import type { AttachedInput, ContainerFact, ContainerSpec, PodFact, PodRuntime, RuntimeInfo, SandboxSpec } from '../runtime.ts';
import { CriLog } from './cri-log.ts';
import { RuntimeError } from './errors.ts';
import { type PlainFile, plainPaths, rewritePaths } from './plain-paths.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const MESSAGE_BYTES = 4096;

export type PlainOptions = {
  home: string;
  clock: Clock;
  log: Logger;
  reason: string;
  onPoint?: ((name: string) => void) | undefined;
};
type Container = {
  fact: ContainerFact;
  child?: ChildProcess;
  env: Record<string, string>;
  cwd: string;
  paths: ReadonlyMap<string, string>;
};
type Pod = {
  uid: string;
  sandbox: PodFact['sandbox'];
  message?: string;
  containers: Map<string, Container>;
  made: Promise<void>;
};

/**
 * Pods as process groups of this machine, for hosts without namespaces: no isolation, 127.0.0.1 as everybody's address, no
 * virtual addresses, no limits. Pods end with the daemon; what one left behind is ended and reported as lost.
 */
export class PlainRuntime implements PodRuntime {
  readonly info: RuntimeInfo;
  readonly #options: PlainOptions;
  readonly #runDir: string;
  readonly #pods = new Map<string, Pod>();
  readonly #listeners = new Set<(uid: string) => void>();
  readonly #doors = new Map<number, Server>();
  #closing = false;

  constructor(options: PlainOptions) {
    this.#options = options;
    this.#runDir = path.join(options.home, 'run');
    const message = `Pods are process groups of this machine, not isolated from each other: ${options.reason}. They share 127.0.0.1, have no virtual addresses, limits or mounts of their own, and end with Skiff. A volume is found where a command, argument or variable names its path, not where a program has it built in, and nothing is read-only.`;
    this.info = {
      mode: 'plain',
      isolation: { status: 'False', reason: 'Plain', message },
      gatewayIP: '127.0.0.1',
      serviceCIDR: '10.96.0.0/12',
    };
  }

  async start(): Promise<void> {
    await mkdir(this.#runDir, { recursive: true, mode: 0o700 });
    for (const uid of await readdir(this.#runDir)) {
      if (uid.startsWith('.') || uid === 'pasta.pid') continue;
      const pod: Pod = {
        uid,
        sandbox: 'lost',
        message: 'The daemon that ran this Pod has ended.',
        containers: new Map(),
        made: Promise.resolve(),
      };
      for (const name of await readdir(path.join(this.#runDir, uid))) {
        const file = path.join(this.#runDir, uid, name);
        if (name.endsWith('.pid')) await endLeftover(file);
        if (!name.endsWith('.status')) continue;
        const fact = JSON.parse(await readFile(file, 'utf8')) as ContainerFact;
        pod.containers.set(`${fact.name}.${fact.attempt}`, { fact, env: {}, cwd: '/', paths: new Map() });
      }
      this.#pods.set(uid, pod);
    }
  }

  createSandbox(spec: SandboxSpec): Promise<void> {
    const known = this.#pods.get(spec.uid);
    if (known) return known.made;
    const make = async () => {
      await mkdir(path.join(this.#runDir, spec.uid, 'root', 'tmp'), { recursive: true, mode: 0o700 });
      this.#options.onPoint?.('before-spec-fsync');
      await writeDurable(path.join(this.#runDir, spec.uid, 'spec'), JSON.stringify(spec));
      this.#changed(spec.uid);
    };
    const pod: Pod = { uid: spec.uid, sandbox: 'ready', containers: new Map(), made: make() };
    this.#pods.set(spec.uid, pod);
    return pod.made;
  }

  async startContainer(uid: string, spec: ContainerSpec): Promise<void> {
    const pod = this.#running(uid);
    await pod.made;
    const key = `${spec.name}.${spec.attempt}`;
    if (pod.containers.has(key)) return;
    const podRoot = path.join(this.#runDir, uid, 'root');
    const fact: ContainerFact = { name: spec.name, attempt: spec.attempt, state: 'running', startedAt: this.#now() };
    const mapped = plainPaths(spec, podRoot);
    const paths = 'refusal' in mapped ? new Map<string, string>() : mapped.paths;
    const env: Record<string, string> = { PATH, HOME: podRoot, TMPDIR: path.join(podRoot, 'tmp'), SKIFF_ROOT: podRoot };
    for (const { name, value } of spec.env) env[name] = rewritePaths(value, paths);
    if (!('refusal' in mapped)) env['PATH'] = pathWith(mapped.files, env['PATH']!);
    const container: Container = { fact, env, cwd: rewritePaths(spec.workingDir, paths) || podRoot, paths };
    pod.containers.set(key, container);
    if ('refusal' in mapped) return this.#finish(pod, container, { startError: mapped.refusal, exitCode: 128 });
    for (const real of paths.values()) await mkdir(path.dirname(real), { recursive: true });
    for (const folder of mapped.folders) await mkdir(folder, { recursive: true, mode: 0o777 });
    for (const { path: file, content, mode } of mapped.files) await writeFile(file, content, { mode });
    await this.#spawn(pod, container, spec);
  }

  async stopContainer(uid: string, name: string, graceMs: number, signal = 'SIGTERM'): Promise<void> {
    for (const container of this.#pods.get(uid)?.containers.values() ?? []) {
      if (container.fact.name !== name || container.fact.state !== 'running') continue;
      signalGroup(container.child, graceMs > 0 ? (signal as NodeJS.Signals) : 'SIGKILL');
      if (graceMs > 0)
        this.#options.clock.after(graceMs, () => container.fact.state === 'running' && signalGroup(container.child, 'SIGKILL'));
    }
  }

  async removeSandbox(uid: string): Promise<void> {
    const pod = this.#pods.get(uid);
    if (!pod) return;
    await pod.made.catch(() => undefined);
    await Promise.all([...pod.containers.values()].map(endGroup));
    await rm(path.join(this.#runDir, uid), { recursive: true, force: true });
    this.#pods.delete(uid);
    this.#changed(uid);
  }

  async exec(uid: string, name: string, spec: { argv: readonly string[]; stdin: boolean; tty: boolean }): Promise<ExecSession> {
    const container = this.#runningContainer(uid, name, 'ExecFailed');
    const [file, ...args] = spec.argv.map(word => rewritePaths(word, container.paths));
    const stdin = spec.stdin ? 'pipe' : 'ignore';
    const child = spawn(file!, args, { env: container.env, cwd: container.cwd, detached: true, stdio: [stdin, 'pipe', 'pipe'] });
    const exit = new Promise<{ exitCode: number }>(resolve => {
      child.once('close', (code, signal) => resolve({ exitCode: exitCodeOf(code, signal) }));
    });
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', error => reject(new RuntimeError('ExecFailed', error.message)));
    });
    return {
      ...(child.stdin ? { stdin: child.stdin } : {}),
      stdout: child.stdout!,
      stderr: child.stderr!,
      resize: () => undefined, // no terminals here: `tty` runs over pipes
      exit,
      kill: () => signalGroup(child, 'SIGKILL'),
    };
  }

  async attach(uid: string, name: string, o: { once: boolean }): Promise<AttachedInput> {
    const input = this.#runningContainer(uid, name, 'AttachFailed').child?.stdin;
    const end = () => void (o.once && input?.end());
    return {
      stdin: new Writable({
        write: (chunk: Buffer, _encoding, done) => (input?.writable ? input.write(chunk, () => done()) : done()),
        final: done => {
          end();
          done();
        },
      }),
      resize: () => undefined,
      close: end,
    };
  }

  dial(uid: string, port: number): Promise<Duplex> {
    this.#running(uid);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
      socket.once('connect', () => resolve(socket));
      socket.once('error', error => reject(new RuntimeError('DialFailed', error.message)));
    });
  }

  async setServices(): Promise<void> {} // no virtual addresses: `info` says so
  setNames(): void {} // Pods use the host's resolver

  async exposeToPods(ports: readonly { port: number; socketPath: string }[]): Promise<void> {
    for (const { port, socketPath } of ports) {
      if (this.#doors.has(port)) continue;
      const server = createServer({ allowHalfOpen: true }, pod => {
        const daemon = connect({ path: socketPath, allowHalfOpen: true });
        pod.on('error', () => daemon.destroy()).pipe(daemon);
        daemon.on('error', () => pod.destroy()).pipe(pod);
      });
      const listening = await new Promise<boolean>(resolve => {
        server.once('error', () => resolve(false)); // the daemon itself listens there: Pods reach it as they are
        server.listen(port, '127.0.0.1', () => resolve(true));
      });
      if (listening) this.#doors.set((server.address() as AddressInfo).port, server);
    }
  }

  fact(uid: string): PodFact | undefined {
    const pod = this.#pods.get(uid);
    if (!pod) return undefined;
    const { sandbox, message, containers } = pod;
    const list = [...containers.values()].map(c => c.fact);
    return { uid, sandbox, podIP: '127.0.0.1', containers: list, ...(message ? { message } : {}) };
  }
  uids(): readonly string[] {
    return [...this.#pods.keys()];
  }

  onChange(listener: (uid: string) => void): void {
    this.#listeners.add(listener);
  }

  /** Pods cannot outlive the daemon here; they end, and the next one reports them as lost. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const server of this.#doors.values()) server.close();
    await Promise.all([...this.#pods.values()].flatMap(pod => [...pod.containers.values()].map(endGroup)));
  }

  async #spawn(pod: Pod, container: Container, spec: ContainerSpec): Promise<void> {
    const [file, ...args] = spec.argv.map(word => rewritePaths(word, container.paths));
    const identity =
      process.getuid?.() === 0 && spec.runAsUser !== undefined ? { uid: spec.runAsUser, gid: spec.runAsGroup ?? 0 } : {};
    const log = new CriLog(spec.logPath, this.#options.clock);
    const stdin = spec.stdin ? 'pipe' : 'ignore';
    const child = spawn(file!, args, {
      env: container.env,
      cwd: container.cwd,
      detached: true,
      stdio: [stdin, 'pipe', 'pipe'],
      ...identity,
    });
    container.child = child;
    child.stdin?.on('error', () => undefined); // it reads no more
    for (const stream of ['stdout', 'stderr'] as const) child[stream]?.on('data', (chunk: Buffer) => log.write(stream, chunk));
    child.once('close', (code, signal) => {
      log.close();
      if (this.#closing || child.pid === undefined) return;
      const number = signal ? constants.signals[signal] : undefined;
      this.#finish(pod, container, { exitCode: exitCodeOf(code, signal), ...(number ? { signal: number } : {}) }).catch(error =>
        this.#options.log.error('outcome could not be recorded', { error }),
      );
    });
    const failure = await new Promise<Error | undefined>(resolve => {
      child.once('spawn', () => resolve(undefined));
      child.once('error', resolve);
    });
    if (failure) return this.#finish(pod, container, { startError: startErrorOf(failure, file!), exitCode: 128 });
    const pidFile = path.join(this.#runDir, pod.uid, `${spec.name}.${spec.attempt}.pid`);
    this.#options.onPoint?.('between-fork-and-pid');
    await writeFile(pidFile, `${child.pid} ${await startTime(child.pid!)}\n`);
    this.#options.onPoint?.('before-first-status');
    this.#changed(pod.uid);
  }

  async #finish(pod: Pod, container: Container, outcome: Partial<ContainerFact>): Promise<void> {
    signalGroup(container.child, 'SIGKILL'); // what it left behind ends with it
    const message = await readFile(path.join(this.#runDir, pod.uid, 'root', 'termination-log')).catch(() => undefined);
    const fact: ContainerFact = { ...container.fact, ...outcome, state: 'exited', finishedAt: this.#now() };
    if (message?.length) fact.terminationMessage = message.subarray(0, MESSAGE_BYTES).toString();
    const folder = path.join(this.#runDir, pod.uid);
    if (this.#pods.get(pod.uid) === pod)
      await writeDurable(path.join(folder, `${fact.name}.${fact.attempt}.status`), JSON.stringify(fact));
    container.fact = fact;
    this.#changed(pod.uid);
  }

  #running(uid: string): Pod {
    const pod = this.#pods.get(uid);
    if (pod?.sandbox !== 'ready') throw new RuntimeError('NotRunning', uid);
    return pod;
  }
  #runningContainer(uid: string, name: string, code: 'ExecFailed' | 'AttachFailed'): Container {
    const container = [...this.#running(uid).containers.values()].find(c => c.fact.name === name && c.fact.state === 'running');
    if (!container) throw new RuntimeError(code, 'container is not running');
    return container;
  }
  #now(): string {
    return this.#options.clock.now().toISOString();
  }
  #changed(uid: string): void {
    for (const listener of this.#listeners) listener(uid);
  }
}

/** Programs that an image brings are found by their name before the host's. */
function pathWith(files: readonly PlainFile[], hostPath: string): string {
  const programs = files.filter(f => (f.mode & 0o111) !== 0).map(f => path.dirname(f.path));
  return [...new Set(programs), hostPath].join(':');
}

function startErrorOf(error: Error, file: string): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `exec: "${file}": executable file not found in $PATH`;
  return code === 'EACCES' ? `exec: "${file}": permission denied` : error.message;
}

function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return signal ? 128 + constants.signals[signal] : (code ?? 255);
}

function signalGroup(child: ChildProcess | undefined, signal: NodeJS.Signals): void {
  if (child?.pid) kill(-child.pid, signal);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended already
  }
}

async function endGroup(container: Container): Promise<void> {
  const { child } = container;
  if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise(resolve => child.once('close', resolve));
  signalGroup(child, 'SIGKILL');
  await closed;
}

/** Field 22 of /proc/PID/stat; elsewhere nothing, and then no leftover is ever ended. */
async function startTime(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function endLeftover(pidFile: string): Promise<void> {
  const [pid, started] = (await readFile(pidFile, 'utf8')).trim().split(' ');
  if (started && (await startTime(Number(pid))) === started) kill(-Number(pid), 'SIGKILL');
}

async function writeDurable(file: string, text: string): Promise<void> {
  const handle = await open(`${file}.tmp`, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.tmp`, file);
}
