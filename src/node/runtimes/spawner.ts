import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Logger } from '../../lib/index.ts';
import { RuntimeError } from './errors.ts';
import { encodeMessage, type Field, readMessages } from './wire.ts';

const PROTOCOL = '1';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** A spawner that dies this often in a row is not started again. */
const MAX_RESTARTS = 5;

type Pending = { verb: string; args: readonly Field[]; resolve: (answer: string[]) => void; reject: (error: Error) => void };
export type SpawnerOptions = {
  binary: string;
  runDir: string;
  instance: string;
  poolSize: number;
  hide: readonly string[];
  log: Logger;
  onPoint?: ((name: string) => void) | undefined;
  /** A new spawner has taken over: listeners at the gateway must be asked for again. */
  onRestart?: () => void;
};
/** What the spawner found when it opened. */
export type SpawnerOpening = {
  base: string;
  ids: 'idmapped' | 'shared' | 'user';
  limits: string;
  egressProblem: string;
  table: string;
};

/**
 * The resident native process that makes sandboxes. Requests are idempotent, so when it dies a new one takes over and
 * those without an answer are said again. It ends when this process does; Pods do not.
 */
export class Spawner {
  readonly #options: SpawnerOptions;
  readonly #pending = new Map<string, Pending>();
  #child: ChildProcess | undefined;
  #socket: Socket | undefined;
  #next = 1;
  #closed = false;
  #restarts = 0;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: SpawnerOptions) {
    this.#options = options;
  }

  /** @throws RuntimeError NoNamespaces, with the kernel's reason. */
  static async launch(options: SpawnerOptions): Promise<{ spawner: Spawner; opening: SpawnerOpening }> {
    const spawner = new Spawner(options);
    try {
      return { spawner, opening: await spawner.#open() };
    } catch (error) {
      await spawner.close();
      throw new RuntimeError('NoNamespaces', error instanceof Error ? error.message : String(error));
    }
  }

  /** Sends and waits for the answer's fields. @throws RuntimeError Refused with the spawner's sentence. */
  request(verb: string, args: readonly Field[]): Promise<string[]> {
    if (!this.#options.onPoint) return this.#send(verb, args);
    const turn = this.#turn.then(() => this.#send(verb, args)); // at a crash point the spawner reads nothing but "go"
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const child = this.#child;
    this.#socket?.end();
    if (child && child.exitCode === null && child.signalCode === null) await new Promise(resolve => child.once('exit', resolve));
    for (const waiting of this.#pending.values()) waiting.reject(new RuntimeError('Refused', 'the runtime is closed'));
    this.#pending.clear();
  }

  #send(verb: string, args: readonly Field[]): Promise<string[]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new RuntimeError('Refused', 'the runtime is closed'));
      const id = String(this.#next++);
      this.#pending.set(id, { verb, args, resolve, reject });
      this.#socket?.write(encodeMessage([verb, id, ...args]));
    });
  }

  async #open(): Promise<SpawnerOpening> {
    const { binary, runDir, instance, poolSize, hide, onPoint } = this.#options;
    const child = spawn(binary, [], {
      argv0: 'skiff-pod',
      cwd: runDir,
      env: { PATH },
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const socket = child.stdio[3] as Socket;
    this.#socket = socket;
    socket.on('error', error => this.#options.log.warn('spawner socket failed', { error }));
    child.stderr?.on('data', (text: Buffer) => this.#options.log.warn('spawner says', { text: text.toString().trim() }));
    const failed = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        reject(new Error(`the spawner ended with ${signal ?? code}`));
        this.#onExit(child);
      });
    });
    failed.catch(() => undefined);
    readMessages(socket, fields => this.#onMessage(fields.map(String)));
    const opened = this.#send('open', [PROTOCOL, instance, poolSize, onPoint ? 1 : 0, ...hide]);
    const [base, ids, limits, egressProblem, table] = await Promise.race([opened, failed]);
    return { base: base!, ids: ids as SpawnerOpening['ids'], limits: limits!, egressProblem: egressProblem!, table: table! };
  }

  #onMessage([verb, id, ...rest]: string[]): void {
    if (verb === 'point') {
      this.#options.onPoint?.(id!);
      this.#socket?.write(encodeMessage(['go']));
      return;
    }
    const waiting = this.#pending.get(id!);
    this.#pending.delete(id!);
    if (verb === 'ok') {
      this.#restarts = 0;
      waiting?.resolve(rest);
    } else waiting?.reject(new RuntimeError('Refused', rest[0] ?? 'no reason'));
  }

  #onExit(child: ChildProcess): void {
    if (this.#closed || this.#child !== child) return;
    const waiting = [...this.#pending.values()].filter(p => p.verb !== 'open');
    this.#pending.clear();
    this.#socket = undefined;
    if (this.#restarts++ >= MAX_RESTARTS) {
      this.#closed = true;
      for (const one of waiting) one.reject(new RuntimeError('Refused', 'the spawner keeps dying'));
      return;
    }
    this.#options.log.warn('spawner died, starting another');
    this.#open().then(
      () => {
        this.#options.onRestart?.();
        for (const one of waiting) this.#send(one.verb, one.args).then(one.resolve, one.reject);
      },
      error => {
        for (const one of waiting) one.reject(error);
      },
    );
  }
}
