import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { canonicalJson, type Logger, sha256Hex } from '../../lib/index.ts';
import type { Interpreter } from './interpreter.ts';
import { COSMETIC_FLAGS, COSMETIC_OPTIONS, type PipRequest, uvArguments } from './pip-requests.ts';
import { runProgram } from './program.ts';
import { makeTree } from './tree.ts';
import { findUv, lastLine } from './uv.ts';

export type Layer = { hash: string; path: string };
export type LayerOptions = {
  home: string;
  folders: readonly string[];
  hostEnv: Readonly<Record<string, string>>;
  log: Logger;
};
/** In every layer, as in the official images. Newer setuptools lack pkg_resources, which old packages import. */
const BASE_PACKAGES = ['pip', 'setuptools<81', 'wheel'];
/** Raised when layers are made differently, so that old ones are not taken for new. */
const FORM = 1;
const SEPARATOR = '\x1f';

/** Read-only Python installations below `envs`, one for each list of requests, made once and shared by all Pods. */
export class Layers {
  readonly #o: LayerOptions;
  readonly #envs: string;
  readonly #making = new Map<string, Promise<Layer>>();
  #uv: Promise<string> | undefined;
  constructor(o: LayerOptions) {
    this.#o = o;
    this.#envs = join(o.home, 'envs');
  }
  /** The index that stands in for the public one. */
  get hostIndex(): string | undefined {
    return this.#o.hostEnv['PIP_INDEX_URL'] || this.#o.hostEnv['UV_DEFAULT_INDEX'] || this.#o.hostEnv['UV_INDEX_URL'];
  }

  /** The layer that has the requests installed in their order, made now when it is missing. @throws Error with uv's text */
  async get(python: Interpreter, requests: readonly PipRequest[]): Promise<Layer> {
    const hash = this.hashOf(python, requests);
    const path = join(this.#envs, hash);
    const make = async () =>
      (await exists(join(path, 'layer.requests'))) ? { hash, path } : await this.#make(python, requests, hash, path);
    const making = this.#making.get(hash) ?? make().finally(() => this.#making.delete(hash));
    this.#making.set(hash, making);
    return making;
  }
  hashOf(python: Interpreter, requests: readonly PipRequest[]): string {
    const indexes = ['PIP_INDEX_URL', 'PIP_EXTRA_INDEX_URL', 'UV_DEFAULT_INDEX', 'UV_INDEX_URL'].map(
      k => this.#o.hostEnv[k] ?? '',
    );
    return sha256Hex(canonicalJson([FORM, python.id, BASE_PACKAGES, indexes, requests])).slice(0, 32);
  }

  async #make(python: Interpreter, requests: readonly PipRequest[], hash: string, path: string): Promise<Layer> {
    const building = join(this.#envs, `.making-${hash}`);
    await rm(building, { recursive: true, force: true });
    await mkdir(this.#envs, { recursive: true, mode: 0o700 });
    try {
      await makeTree(python, building, join(this.#envs, 'programs'));
      await this.#install(python, building, BASE_PACKAGES);
      for (const request of requests) await this.#installRequest(python, building, request);
      await finish(python, building, requests, this.hostIndex);
      await rename(building, path);
    } catch (error) {
      await rm(building, { recursive: true, force: true });
      throw error;
    }
    this.#o.log.info('python layer made', { hash, requests: requests.length });
    return { hash, path };
  }

  async #installRequest(python: Interpreter, building: string, request: PipRequest): Promise<void> {
    const { args, replacedIndex } = uvArguments(request, this.hostIndex);
    if (replacedIndex)
      this.#o.log.info('public package index replaced by the configured one', { index: this.hostIndex, request });
    await this.#install(python, building, args);
  }
  async #install(python: Interpreter, building: string, args: readonly string[]): Promise<void> {
    const env = this.#uvEnv();
    this.#uv ??= findUv({ envs: this.#envs, folders: this.#o.folders, python, env });
    const uv = await this.#uv.catch(error => {
      this.#uv = undefined;
      throw error;
    });
    const program = join(building, 'bin', 'python3');
    const { code, stderr } = await runProgram(
      [uv, 'pip', 'install', '--quiet', '--python', program, '--compile-bytecode', ...args],
      { env },
    );
    if (code !== 0) throw new Error(lastLine(stderr));
  }
  #uvEnv(): Record<string, string> {
    const { hostEnv } = this.#o;
    const env: Record<string, string> = { PATH: this.#o.folders.join(':'), ...hostEnv };
    const same = (from: string, to: string) => {
      const value = hostEnv[from];
      if (value && !env[to]) env[to] = value;
    };
    same('PIP_FIND_LINKS', 'UV_FIND_LINKS');
    same('PIP_INDEX_URL', 'UV_DEFAULT_INDEX');
    same('PIP_EXTRA_INDEX_URL', 'UV_INDEX');
    same('PIP_CERT', 'SSL_CERT_FILE');
    return {
      ...env,
      HOME: this.#envs,
      UV_PYTHON_DOWNLOADS: 'never',
      UV_CACHE_DIR: join(this.#envs, 'uv-cache'),
      UV_NO_CONFIG: '1',
      UV_BREAK_SYSTEM_PACKAGES: '1',
    };
  }
}

/** Movable scripts, our pip in front of pip's own, and the list of what is satisfied. */
async function finish(
  python: Interpreter,
  folder: string,
  requests: readonly PipRequest[],
  hostIndex: string | undefined,
): Promise<void> {
  const scripts = join(folder, python.scripts);
  const program = relative(scripts, join(folder, 'bin', 'python3'));
  for (const name of await readdir(scripts)) await makeMovable(join(scripts, name), folder, program);
  const pip = join(folder, python.purelib, 'pip', '__main__.py');
  // A new file: the old one is shared with uv's cache by a hard link.
  await replace(pip, await readFile(new URL('./pip_shim.py', import.meta.url)), 0o644);
  for (const name of await readdir(scripts)) {
    if (/^pip[\d.]*$/.test(name))
      await replace(
        join(scripts, name),
        `${movableHead(program)}import sys\nfrom pip.__main__ import run\nsys.exit(run())\n`,
        0o755,
      );
  }
  // Python 3.12 dropped distutils and needs this; before, it only costs time at every start.
  if (/^3\.(?:\d|1[01])$/.test(python.version))
    await rm(join(folder, python.purelib, 'distutils-precedence.pth'), { force: true });
  const lines = [
    COSMETIC_FLAGS.join(SEPARATOR),
    COSMETIC_OPTIONS.join(SEPARATOR),
    hostIndex ?? '',
    ...requests.map(r => r.join(SEPARATOR)),
  ];
  await replace(join(folder, 'layer.requests'), lines.join('\n'), 0o644);
}
/** A head that finds the interpreter from where the script stands, in sh and in Python alike. */
function movableHead(program: string): string {
  return `#!/bin/sh\n'''exec' "$(dirname -- "$(realpath -- "$0")")/${program}" "$0" "$@"\n' '''\n`;
}
async function makeMovable(path: string, folder: string, program: string): Promise<void> {
  const content = await readFile(path);
  const end = content.indexOf('\n');
  const first = content.toString('latin1', 0, Math.max(0, end));
  if (!first.startsWith('#!') || !first.includes(folder)) {
    // uv writes the long form of the head when the path is long.
    const text = content.toString('utf8');
    if (!text.startsWith('#!/bin/sh\n') || !text.includes(folder)) return;
    await replace(path, text.replace(/^#!\/bin\/sh\n'''exec'[^\n]*\n' '''\n/, movableHead(program)), 0o755);
    return;
  }
  await replace(path, Buffer.concat([Buffer.from(movableHead(program)), content.subarray(end + 1)]), 0o755);
}
async function replace(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, content);
  await chmod(path, mode);
}
async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}
