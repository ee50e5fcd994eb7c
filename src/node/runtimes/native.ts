import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, constants, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { RuntimeError } from './errors.ts';

const run = promisify(execFile);
export const NATIVE_DIR = path.join(import.meta.dirname, '..', 'native');
export const NATIVE_BINARY = path.join(NATIVE_DIR, 'bin', 'skiff-pod-linux-x64');
const FLAGS = [
  '-O2',
  '-static',
  '-s',
  '-std=gnu17',
  '-Wall',
  '-Wextra',
  '-ffunction-sections',
  '-fdata-sections',
  '-Wl,--gc-sections',
];

/** Hash over names and contents of the C sources: which binary belongs to them. */
export async function nativeSourceHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of await sources()) hash.update(`${name}\0`).update(await readFile(path.join(NATIVE_DIR, name)));
  return hash.digest('hex');
}

async function sources(): Promise<string[]> {
  return (await readdir(NATIVE_DIR)).filter(name => /\.[ch]$/.test(name)).sort();
}

/** Compiles the program to `target`, replacing it in one step. @throws when there is no compiler or it refuses. */
export async function compileNative(target: string): Promise<void> {
  const files = (await sources()).filter(name => name.endsWith('.c')).map(name => path.join(NATIVE_DIR, name));
  await mkdir(path.dirname(target), { recursive: true });
  await run('cc', [...FLAGS, '-o', `${target}.new`, ...files], { env: { PATH: '/usr/local/bin:/usr/bin:/bin' } });
  await rename(`${target}.new`, target);
}

const usable = (file: string) =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

/**
 * The program to run: the shipped one, else one built into `$SKIFF_HOME/cache`.
 * @throws RuntimeError NoNative with the reason.
 */
export async function nativeBinary(home: string): Promise<string> {
  if (process.platform !== 'linux') throw new RuntimeError('NoNative', `it needs Linux, this is ${process.platform}`);
  if (process.arch === 'x64' && (await usable(NATIVE_BINARY))) return NATIVE_BINARY;
  const built = path.join(home, 'cache', `skiff-pod-${(await nativeSourceHash()).slice(0, 16)}`);
  if (await usable(built)) return built;
  try {
    await compileNative(built);
    return built;
  } catch (error) {
    throw new RuntimeError('NoNative', error instanceof Error ? error.message.split('\n')[0]! : String(error));
  }
}
