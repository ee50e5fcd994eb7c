import { readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Duplex, PassThrough } from 'node:stream';
import type { ExecOptions, ExecSession, Frozen, LogOptions, Obj, PodStreams } from '../../kube/index.ts';
import type { Clock } from '../../lib/index.ts';
import { latestRun } from '../agent/fact.ts';
import { type ContainerStatus, containersOf, isTerminal, type Pod } from '../agent/pod.ts';
import type { PodRuntime } from '../runtime.ts';
import { errors } from './errors.ts';
import { containerLogPath } from './log-path.ts';
import { type Follow, readLog } from './log-reader.ts';
import { logText } from './log-text.ts';

export type StreamsOptions = {
  home: string;
  runtime: PodRuntime;
  clock: Clock;
  /** Calls back when a Pod's containers may have changed; returns how to stop. */
  onPodChange(uid: string, listener: () => void): () => void;
};

/** Logs, exec, attach and port-forward of the Pods of this node. */
export function podStreams(o: StreamsOptions): PodStreams {
  return new Streams(o);
}

class Streams implements PodStreams {
  readonly #o: StreamsOptions;
  constructor(o: StreamsOptions) {
    this.#o = o;
  }

  async log(object: Frozen<Obj>, options: LogOptions, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const pod = object as Frozen<Pod>;
    if (options.sinceSeconds !== undefined && options.sinceTime !== undefined) throw errors.sinceTwice();
    const container = containerName(pod, options.container);
    const attempt = await this.#attempt(pod, container, options.previous ?? false);
    const path = this.#path(pod, container, attempt);
    const lines = readLog(path, {
      ...(options.tailLines === undefined ? {} : { tailLines: options.tailLines }),
      ...(options.follow && !options.previous ? { follow: this.#follow(pod.metadata.uid!, container, attempt) } : {}),
      signal,
    });
    const sinceMs =
      options.sinceSeconds !== undefined
        ? this.#o.clock.now().getTime() - options.sinceSeconds * 1000
        : options.sinceTime !== undefined
          ? Date.parse(options.sinceTime)
          : undefined;
    return logText(lines, { ...options, ...(sinceMs === undefined ? {} : { sinceMs }) });
  }

  async exec(object: Frozen<Obj>, options: ExecOptions): Promise<ExecSession> {
    const pod = object as Frozen<Pod>;
    const container = this.#running(pod, options.container);
    return this.#o.runtime.exec(pod.metadata.uid!, container, { argv: options.command, stdin: options.stdin, tty: options.tty });
  }

  /** The output from now on, by way of the log; the input of a container that has one. */
  async attach(object: Frozen<Obj>, options: Omit<ExecOptions, 'command'>): Promise<ExecSession> {
    const pod = object as Frozen<Pod>;
    const container = this.#running(pod, options.container);
    const uid = pod.metadata.uid!;
    const attempt = latestRun(this.#o.runtime.fact(uid), container)!.attempt;
    // Before any input: what that brings forth must not be missed.
    const fromBytes = await stat(this.#path(pod, container, attempt)).then(
      s => s.size,
      () => 0,
    );
    const { stdin, stdinOnce = false } = containersOf(pod).find(c => c.spec.name === container)!.spec;
    const input = options.stdin && stdin ? await this.#o.runtime.attach(uid, container, { once: stdinOnce }) : undefined;
    const abort = new AbortController();
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const exit = this.#pump(pod, container, { attempt, fromBytes }, abort.signal, {
      stdout,
      stderr: options.tty ? stdout : stderr,
    });
    exit.finally(() => input?.close()).catch(() => undefined); // whoever waits for the exit hears of it
    return {
      ...(input ? { stdin: input.stdin } : {}),
      ...(options.stdout ? { stdout } : {}),
      ...(options.stderr && !options.tty ? { stderr } : {}),
      exit,
      resize: (columns, rows) => input?.resize(columns, rows),
      kill: () => {
        input?.close();
        abort.abort();
      },
    };
  }

  async dial(object: Frozen<Obj>, port: number): Promise<Duplex> {
    try {
      return await this.#o.runtime.dial(object.metadata.uid!, port);
    } catch (error) {
      throw errors.notDialed(port, error instanceof Error ? error.message : String(error));
    }
  }

  async #pump(
    pod: Frozen<Pod>,
    container: string,
    { attempt, fromBytes }: { attempt: number; fromBytes: number },
    signal: AbortSignal,
    to: { stdout: PassThrough; stderr: PassThrough },
  ): Promise<{ exitCode: number }> {
    const uid = pod.metadata.uid!;
    const follow = this.#follow(uid, container, attempt);
    for await (const line of readLog(this.#path(pod, container, attempt), { fromBytes, follow, signal })) {
      to[line.stream].write(line.partial ? line.text : Buffer.concat([line.text, Buffer.from('\n')]));
    }
    to.stdout.end();
    to.stderr.end();
    const run = latestRun(this.#o.runtime.fact(uid), container);
    return { exitCode: run?.exitCode ?? 0 };
  }
  #follow(uid: string, container: string, attempt: number): Follow {
    return {
      ended: () => {
        const run = latestRun(this.#o.runtime.fact(uid), container);
        return run === undefined || run.attempt > attempt || run.state === 'exited';
      },
      onChange: listener => this.#o.onPodChange(uid, listener),
    };
  }
  #path(pod: Frozen<Pod>, container: string, attempt: number): string {
    const { name, namespace, uid } = pod.metadata;
    return containerLogPath(this.#o.home, { name, namespace: namespace!, uid: uid! }, container, attempt);
  }

  /** Which attempt's log is meant: the newest, or the one before. */
  async #attempt(pod: Frozen<Pod>, container: string, previous: boolean): Promise<number> {
    const files = await readdir(dirname(this.#path(pod, container, 0))).catch((): string[] => []);
    const attempts = files
      .flatMap(f => /^(\d+)\.log$/.exec(f)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
    const newest = attempts.at(-1);
    if (previous) {
      const before = attempts.at(-2);
      if (before === undefined) throw errors.previousMissing(pod.metadata.name, container);
      return before;
    }
    if (newest !== undefined) return newest;
    const state = statusOf(pod, container)?.state;
    if (state?.terminated) throw errors.containerWaiting(pod.metadata.name, container, 'its log is gone');
    throw errors.containerWaiting(pod.metadata.name, container, state?.waiting?.reason ?? 'ContainerCreating');
  }
  #running(pod: Frozen<Pod>, asked: string | undefined): string {
    const phase = pod.status?.phase;
    if (isTerminal(phase)) throw errors.podCompleted(phase!);
    const container = containerName(pod, asked);
    if (latestRun(this.#o.runtime.fact(pod.metadata.uid!), container)?.state !== 'running')
      throw errors.containerNotRunning(container);
    return container;
  }
}

/** The container meant: the named one, or the only one. */
function containerName(pod: Frozen<Pod>, asked: string | undefined): string {
  const all = containersOf(pod);
  if (asked) {
    if (!all.some(c => c.spec.name === asked)) throw errors.containerUnknown(pod.metadata.name, asked);
    return asked;
  }
  const mains = all.filter(c => c.role === 'main').map(c => c.spec.name);
  if (mains.length === 1) return mains[0]!;
  const inits = all.filter(c => c.role === 'init' || c.role === 'sidecar').map(c => c.spec.name);
  throw errors.containerNotNamed(pod.metadata.name, mains, inits);
}
function statusOf(pod: Frozen<Pod>, container: string): Frozen<ContainerStatus> | undefined {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(s => s.name === container);
}
