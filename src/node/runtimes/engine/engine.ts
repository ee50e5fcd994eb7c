import { chmod, mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { type Duplex, PassThrough } from 'node:stream';
import type { ExecSession } from '../../../kube/index.ts';
import type { Clock, Logger } from '../../../lib/index.ts';
import type { AttachedInput, ContainerFact, ContainerSpec, EngineImage, PodFact, SandboxSpec } from '../../runtime.ts';
import { CriLog } from '../cri-log.ts';
import { RuntimeError } from '../errors.ts';
import type { EngineApi } from './api.ts';
import { createBody, LABEL, type Ulimit } from './body.ts';
import { unless } from './errors.ts';
import { readFrames } from './frames.ts';
import { findImage } from './images.ts';

const MESSAGE_BYTES = 4096;

export type EngineOptions = { home: string; api: EngineApi; name: string; clock: Clock; log: Logger };
type Run = { id: string; tty: boolean; fact: ContainerFact };
type Pod = { spec: SandboxSpec; runs: Map<string, Run> };
type State = { ExitCode: number; OOMKilled?: boolean; StartedAt: string; FinishedAt: string; Error?: string };
type Inspected = { Id: string; State: State & { Running: boolean }; Config: { Tty?: boolean; Labels: Record<string, string> } };

/**
 * Pods whose images a container engine runs, by the API that Docker and Podman share. They have the host's network, as in
 * `plain` mode: a rootless engine has no other that Services reach. What runs outlives the daemon; labels find it again.
 */
export class Engine {
  readonly #o: EngineOptions;
  readonly #folder: string;
  readonly #pods = new Map<string, Pod>();
  readonly #abort = new AbortController();
  #changed: (uid: string) => void = () => {};
  constructor(o: EngineOptions) {
    this.#o = o;
    this.#folder = path.join(o.home, 'engine');
  }

  /** Takes over the containers of an earlier daemon of this home. */
  async start(changed: (uid: string) => void): Promise<void> {
    this.#changed = changed;
    const filters = encodeURIComponent(JSON.stringify({ label: [`${LABEL.home}=${this.#o.home}`] }));
    const found = await this.#o.api.call<{ Id: string }[]>('GET', `/containers/json?all=true&filters=${filters}`);
    for (const { Id } of found) await this.#adopt(Id);
  }
  has(uid: string): boolean {
    return this.#pods.has(uid);
  }
  uids(): string[] {
    return [...this.#pods.keys()];
  }
  fact(uid: string): PodFact | undefined {
    const pod = this.#pods.get(uid);
    return pod && { uid, sandbox: 'ready', podIP: '127.0.0.1', containers: [...pod.runs.values()].map(r => r.fact) };
  }
  find(image: string, pullPolicy: string | undefined): Promise<EngineImage | undefined> {
    return findImage(this.#o.api, image, pullPolicy);
  }

  async createSandbox(spec: SandboxSpec): Promise<void> {
    if (this.#pods.has(spec.uid)) return;
    const folder = path.join(this.#folder, spec.uid);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(path.join(folder, 'spec'), JSON.stringify(spec));
    this.#pods.set(spec.uid, { spec, runs: new Map() });
    this.#changed(spec.uid);
  }

  async startContainer(uid: string, spec: ContainerSpec): Promise<void> {
    const pod = this.#pod(uid);
    const key = `${spec.name}.${spec.attempt}`;
    if (pod.runs.has(key)) return;
    const { api, home } = this.#o;
    const files = await this.#files(uid, key, spec);
    const sources = new Map<object, string>();
    for (const m of spec.mounts) if (m.kind === 'bind') sources.set(m, await below(m.source, m.subPath));
    const body = createBody(pod.spec, spec, { home, files, sourceOf: m => sources.get(m)! }, ulimitsOf(await ownLimits()));
    const name = `skiff-${uid}-${key}`;
    await unless([404], api.call('DELETE', `/containers/${name}?force=true`)); // made by a daemon that ended before its start
    const { Id } = await api.call<{ Id: string }>('POST', `/containers/create?name=${name}`, body);
    await writeFile(path.join(this.#folder, uid, `${key}.log-path`), spec.logPath);
    await api.call('POST', `/containers/${Id}/start`);
    const fact: ContainerFact = { name: spec.name, attempt: spec.attempt, state: 'running', startedAt: this.#now() };
    const run = { id: Id, tty: spec.tty, fact };
    pod.runs.set(key, run);
    this.#changed(uid);
    this.#follow(uid, run, spec.logPath);
  }

  async stopContainer(uid: string, name: string, graceMs: number, signal = 'SIGTERM'): Promise<void> {
    const { api, clock, log } = this.#o;
    for (const run of this.#pods.get(uid)?.runs.values() ?? []) {
      if (run.fact.name !== name || run.fact.state !== 'running') continue;
      const kill = (with_: string) => unless([404, 409], api.call('POST', `/containers/${run.id}/kill?signal=${with_}`));
      await kill(graceMs > 0 ? signal : 'SIGKILL');
      if (graceMs === 0) continue;
      clock.after(graceMs, () => {
        if (run.fact.state === 'running') kill('SIGKILL').catch(error => log.warn('container not killed', { uid, name, error }));
      });
    }
  }

  async removeSandbox(uid: string): Promise<void> {
    const runs = [...(this.#pods.get(uid)?.runs.values() ?? [])];
    for (const { id } of runs) await unless([404], this.#o.api.call('DELETE', `/containers/${id}?force=true&v=true`));
    await rm(path.join(this.#folder, uid), { recursive: true, force: true });
    if (this.#pods.delete(uid)) this.#changed(uid);
  }

  async exec(uid: string, name: string, o: { argv: readonly string[]; stdin: boolean; tty: boolean }): Promise<ExecSession> {
    const { api } = this.#o;
    const run = this.#running(uid, name, 'ExecFailed');
    const body = { Cmd: o.argv, AttachStdin: o.stdin, AttachStdout: true, AttachStderr: true, Tty: o.tty };
    const { Id } = await api.call<{ Id: string }>('POST', `/containers/${run.id}/exec`, body);
    const socket = await api.hijack(`/exec/${Id}/start`, { Detach: false, Tty: o.tty });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const read = o.tty
      ? drain(socket, stdout)
      : readFrames(socket, (s, bytes) => (s === 'stdout' ? stdout : stderr).write(bytes));
    const exit = read.then(async () => {
      stdout.end();
      stderr.end();
      return { exitCode: (await api.call<{ ExitCode: number }>('GET', `/exec/${Id}/json`)).ExitCode };
    });
    exit.catch(() => undefined); // who waits for it sees the error
    return {
      ...(o.stdin ? { stdin: socket } : {}),
      stdout,
      stderr,
      resize: (columns, rows) => {
        api.call('POST', `/exec/${Id}/resize?w=${columns}&h=${rows}`).catch(error => this.#o.log.warn('not resized', { error }));
      },
      exit,
      kill: () => socket.destroy(),
    };
  }

  async attach(uid: string, name: string, o: { once: boolean }): Promise<AttachedInput> {
    const run = this.#running(uid, name, 'AttachFailed');
    const socket = await this.#o.api.hijack(`/containers/${run.id}/attach?stream=true&stdin=true`);
    socket.on('error', () => undefined); // the container ended first
    return { stdin: socket, resize: () => undefined, close: () => (o.once ? socket.end() : socket.destroy()) };
  }

  dial(uid: string, port: number): Promise<Duplex> {
    this.#pod(uid);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
      socket.once('connect', () => resolve(socket));
      socket.once('error', error => reject(new RuntimeError('DialFailed', error.message)));
    });
  }
  /** Lets go; containers run on. */
  close(): void {
    this.#abort.abort();
  }

  async #adopt(id: string): Promise<void> {
    const { Config, State } = await this.#o.api.call<Inspected>('GET', `/containers/${id}/json`);
    const { [LABEL.uid]: uid = '', [LABEL.name]: name = '', [LABEL.attempt]: attempt = '0' } = Config.Labels;
    const folder = path.join(this.#folder, uid);
    const [spec, logPath] = await Promise.all(
      ['spec', `${name}.${attempt}.log-path`].map(f => readFile(path.join(folder, f), 'utf8').catch(() => undefined)),
    );
    if (!spec || !logPath) return void (await this.#o.api.call('DELETE', `/containers/${id}?force=true`));
    const pod = this.#pods.get(uid) ?? { spec: JSON.parse(spec) as SandboxSpec, runs: new Map<string, Run>() };
    this.#pods.set(uid, pod);
    const fact: ContainerFact = { name, attempt: Number(attempt), state: 'running', startedAt: State.StartedAt };
    const run = { id, tty: Config.Tty ?? false, fact };
    pod.runs.set(`${name}.${attempt}`, run);
    await rm(logPath, { force: true }); // the engine has the whole log: it is read again
    this.#follow(uid, run, logPath);
  }

  /** Writes the log until the container ends, then its outcome. */
  #follow(uid: string, run: Run, logPath: string): void {
    const { api, clock, log } = this.#o;
    const { signal } = this.#abort;
    const follow = async () => {
      const out = new CriLog(logPath, clock);
      try {
        const url = `/containers/${run.id}/logs?follow=true&stdout=true&stderr=true`;
        const source = await api.stream('GET', url, undefined, signal);
        if (run.tty) for await (const bytes of source) out.write('stdout', bytes as Buffer);
        else await readFrames(source, (stream, bytes) => out.write(stream, bytes));
      } finally {
        out.close();
      }
      await (await api.stream('POST', `/containers/${run.id}/wait`, undefined, signal)).resume().toArray();
      const { State } = await api.call<Inspected>('GET', `/containers/${run.id}/json`);
      await this.#finish(uid, run, State);
    };
    follow().catch(error => {
      if (!signal.aborted && this.#pods.has(uid)) log.error('container not followed', { uid, error });
    });
  }

  async #finish(uid: string, run: Run, state: State): Promise<void> {
    const file = path.join(this.#folder, uid, `${run.fact.name}.${run.fact.attempt}.message`);
    const message = await readFile(file).catch(() => undefined);
    run.fact = {
      ...run.fact,
      state: 'exited',
      exitCode: state.ExitCode,
      finishedAt: this.#now(),
      ...(state.ExitCode > 128 ? { signal: state.ExitCode - 128 } : {}),
      ...(state.OOMKilled ? { oomKilled: true } : {}),
      ...(state.Error ? { startError: state.Error } : {}),
      ...(message?.length ? { terminationMessage: message.subarray(0, MESSAGE_BYTES).toString() } : {}),
    };
    this.#changed(uid);
  }

  /** The termination message and small files, by target. */
  async #files(uid: string, key: string, spec: ContainerSpec): Promise<Map<string, string>> {
    const files = new Map<string, string>();
    const write = async (name: string, target: string, content: string, mode: number) => {
      const file = path.join(this.#folder, uid, `${key}.${name}`);
      await writeFile(file, content);
      await chmod(file, mode);
      files.set(target, file);
    };
    await write('message', spec.terminationMessagePath, '', 0o666);
    for (const [i, m] of spec.mounts.entries())
      if (m.kind === 'file') await write(`file${i}`, m.target, m.content, m.mode ?? 0o644);
    return files;
  }
  #pod(uid: string): Pod {
    const pod = this.#pods.get(uid);
    if (!pod) throw new RuntimeError('NotRunning', uid);
    return pod;
  }
  #running(uid: string, name: string, code: 'ExecFailed' | 'AttachFailed'): Run {
    const run = [...this.#pod(uid).runs.values()].find(r => r.fact.name === name && r.fact.state === 'running');
    if (!run) throw new RuntimeError(code, 'container is not running');
    return run;
  }
  #now(): string {
    return this.#o.clock.now().toISOString();
  }
}

async function drain(source: Duplex, into: PassThrough): Promise<void> {
  for await (const bytes of source) into.write(bytes);
}

/** A subPath must not lead out of its volume, by links either. */
async function below(source: string, subPath: string | undefined): Promise<string> {
  if (!subPath) return source;
  await mkdir(path.join(source, subPath), { recursive: true }).catch(error => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // it is a file
  });
  const [root, real] = await Promise.all([realpath(source), realpath(path.join(source, subPath))]);
  if (real !== root && !real.startsWith(`${root}/`))
    throw new RuntimeError('Refused', `subPath "${subPath}" leads out of its volume`);
  return real;
}

/** What this process may use: a rootless engine cannot give more. */
function ownLimits(): Promise<string> {
  return process.getuid?.() === 0 ? Promise.resolve('') : readFile('/proc/self/limits', 'utf8').catch(() => '');
}
function ulimitsOf(limits: string): Ulimit[] {
  const of = (title: string, Name: Ulimit['Name']): Ulimit[] => {
    const hard = new RegExp(`^${title}\\s+\\S+\\s+(\\d+)`, 'm').exec(limits)?.[1];
    return hard ? [{ Name, Soft: Number(hard), Hard: Number(hard) }] : [];
  };
  return [...of('Max open files', 'nofile'), ...of('Max processes', 'nproc')];
}
