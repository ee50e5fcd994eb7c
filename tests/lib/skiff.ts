import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const root = resolve(import.meta.dirname, '../..');
const NODE = join(root, 'node_modules/node/bin/node');
const KUBECTL = ['/usr/lib/google-cloud-sdk/bin/kubectl.1.32', '/usr/local/bin/kubectl.1.32'];
const READY_PATIENCE_MS = 60_000;
/** An ordinary user without a name of its own. */
export const NOBODY = 65_534;

export type Ready = {
  console: string;
  kfp: string;
  kubernetes: string;
  kubeconfig: string;
  tokenFile: string;
  startupMs: number;
  ports: Record<string, number>;
};
export type Identity = 'root' | 'user';
/** As whom a test can run here: as itself, and as an unprivileged user when it is root. */
export const identities: Identity[] = process.getuid?.() === 0 ? ['root', 'user'] : ['user'];

/** The kubectl that tests use: 1.32, never a dispatcher. `undefined`: skip with `needs-package:kubectl`. */
export function kubectlPath(): string | undefined {
  return KUBECTL.find(path => spawnSync(path, ['version', '--client']).status === 0);
}

export type StartOptions = { as?: Identity; home?: string; args?: string[]; env?: Record<string, string> };

/** A Skiff of its own: own home, own ports, run as the given identity. */
export class Skiff {
  readonly home: string;
  readonly ready: Ready;
  readonly process: ChildProcess;
  readonly #prefix: string[];
  readonly #env: Record<string, string | undefined>;
  private constructor(
    home: string,
    ready: Ready,
    child: ChildProcess,
    prefix: string[],
    env: Record<string, string | undefined>,
  ) {
    this.home = home;
    this.ready = ready;
    this.process = child;
    this.#prefix = prefix;
    this.#env = env;
  }

  static async start(o: StartOptions = {}): Promise<Skiff> {
    const switches = o.as === 'user' && process.getuid?.() === 0;
    const home = o.home ?? makeHome(switches);
    const prefix = switches ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : [];
    const env = { ...process.env, ...o.env, HOME: switches ? home : process.env['HOME'], SKIFF_HOME: join(home, '.skiff') };
    const argv = [...prefix, NODE, join(root, 'src/cli/main.ts'), 'up', '--json', '--port', '0', ...(o.args ?? [])];
    const child = spawn(argv[0]!, argv.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'], cwd: home });
    const ready = await readyOf(child, join(home, '.skiff/logs/skiff.log')).catch(e => {
      if (!o.home) rmSync(home, { recursive: true, force: true });
      throw e;
    });
    return new Skiff(home, ready, child, prefix, env);
  }

  get pid(): number {
    return this.process.pid!;
  }
  get token(): string {
    return readFileSync(this.ready.tokenFile, 'utf8').trim();
  }
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.ready.console + path, {
      ...init,
      headers: { authorization: `Bearer ${this.token}`, ...(init.headers as Record<string, string>) },
    });
  }
  async json<T>(path: string, init?: RequestInit): Promise<T> {
    const response = await this.fetch(path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Runs a program as the same identity with this Skiff's environment. */
  run(
    argv: string[],
    o: { input?: string; timeoutMs?: number; env?: Record<string, string> } = {},
  ): { status: number; stdout: string; stderr: string } {
    const all = [...this.#prefix, ...argv];
    const done = spawnSync(all[0]!, all.slice(1), {
      encoding: 'utf8',
      input: o.input ?? '',
      timeout: o.timeoutMs ?? 60_000,
      env: { ...this.#env, KUBECONFIG: this.ready.kubeconfig, ...o.env },
      cwd: this.home,
      maxBuffer: 1 << 26,
    });
    return { status: done.status ?? 255, stdout: done.stdout, stderr: done.stderr };
  }
  kubectl(args: string[], input?: string): { status: number; stdout: string; stderr: string } {
    return this.run(
      [kubectlPath()!, '--cache-dir', join(this.home, 'kubectl-cache'), ...args],
      input === undefined ? {} : { input },
    );
  }
  skiff(...args: string[]): { status: number; stdout: string; stderr: string } {
    return this.run([NODE, join(root, 'src/cli/main.ts'), ...args]);
  }

  /** SIGTERM and the end of the process, and of the Pods that a killed one left; with `keepHome` another Skiff may start there. */
  async stop(o: { signal?: NodeJS.Signals; keepHome?: boolean } = {}): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = new Promise(resolve => this.process.once('exit', resolve));
      this.process.kill(o.signal ?? 'SIGTERM');
      await ended;
    }
    if (o.keepHome) return;
    if (this.process.exitCode !== 0) {
      const { status, stderr } = this.skiff('down');
      if (status !== 0) throw new Error(`skiff down ended with ${status}: ${stderr}`);
    }
    rmSync(this.home, { recursive: true, force: true });
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function makeHome(forUser: boolean): string {
  const home = mkdtempSync(join(tmpdir(), 'skiff-test-'));
  chmodSync(home, 0o755);
  if (forUser) chownSync(home, NOBODY, NOBODY);
  return home;
}

function readyOf(child: ChildProcess, logPath: string): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const errors: string[] = [];
    const timer = setTimeout(() => {
      const log = existsSync(logPath) ? readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-8) : [];
      child.kill('SIGKILL');
      reject(new Error(`skiff up was not ready within ${READY_PATIENCE_MS / 1000} s: ${[...errors, ...log].join('\n')}`));
    }, READY_PATIENCE_MS);
    child.stderr!.on('data', chunk => errors.push(String(chunk)));
    createInterface({ input: child.stdout! }).on('line', line => {
      if (!line.startsWith('{"ready":true')) return;
      clearTimeout(timer);
      resolve(JSON.parse(line) as Ready);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`skiff up ended with ${signal ?? code}: ${errors.join('')}`));
    });
  });
}

/** Waits until `check` gives a value; the last failure is the message when it does not. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 30_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
    } catch (e) {
      last = e;
    }
    await new Promise(resolve => setTimeout(resolve, 25));
  }
  throw new Error(`waited in vain for ${what}${last ? `: ${(last as Error).message}` : ''}`);
}
