/**
 * Prepares what Skiff's own scripts need on this machine: `node tools/setup.ts python console debian:tests …`.
 * Each part is a no-op when it is there already; progress is a line a part.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const cache = join(root, '.cache');
const python = join(cache, 'python');
const uv = join(cache, 'tools/bin/uv');

/** Debian packages by what needs them: the program that shows they are there, and the package. */
const DEBIAN: Record<string, [file: string, name: string][]> = {
  python: [['/usr/lib/python3.11/ensurepip/__init__.py', 'python3-venv']],
  network: [
    ['/usr/bin/pasta', 'passt'],
    ['/usr/sbin/nft', 'nftables'],
  ],
  tests: [
    ['/usr/bin/pasta', 'passt'],
    ['/usr/sbin/nft', 'nftables'],
    ['/usr/sbin/ip', 'iproute2'],
    ['/usr/bin/mpirun.openmpi', 'openmpi-bin'],
    ['/usr/bin/mpicc.openmpi', 'libopenmpi-dev'],
    ['/usr/bin/jq', 'jq'],
    ['/usr/bin/setpriv', 'util-linux'],
  ],
  browser: [
    ['/usr/bin/chromium', 'chromium'],
    ['/usr/share/fonts/opentype/inter', 'fonts-inter'],
  ],
};

function sh(command: string, args: string[], env: Record<string, string> = {}): void {
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } });
  if (done.status !== 0)
    throw new Error(
      `${command} ${args.slice(0, 4).join(' ')} … failed (${done.status ?? done.error?.message})\n${done.stderr}${done.stdout}`,
    );
}

/** Installs missing packages when we are root and apt is there; else says the command. */
export function ensureDebian(group: string): string {
  const missing = DEBIAN[group]!.filter(([file]) => !existsSync(file)).map(([, name]) => name);
  if (missing.length === 0) return 'there';
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    return `missing: install ${missing.join(' ')} (sudo apt-get install ${missing.join(' ')})`;
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
  const options = ['-o', 'DPkg::Lock::Timeout=120', '-qq'];
  const install = ['install', '-y', '--no-install-recommends', ...options, ...missing];
  const first = spawnSync('apt-get', install, { env: { ...process.env, ...quiet } });
  if (first.status !== 0) {
    sh('apt-get', ['update', ...options], quiet);
    sh('apt-get', install, quiet);
  }
  return `installed ${missing.join(' ')}`;
}

function ensureUv(): void {
  if (existsSync(uv)) return;
  if (spawnSync('/usr/bin/python3', ['-m', 'venv', join(cache, 'tools')]).status !== 0) {
    ensureDebian('python');
    rmSync(join(cache, 'tools'), { recursive: true, force: true });
    sh('/usr/bin/python3', ['-m', 'venv', join(cache, 'tools')]);
  }
  sh(join(cache, 'tools/bin/python'), ['-m', 'pip', 'install', '--quiet', '--require-hashes', '-r', 'python/uv.lock']);
}

/** The environment of the Python clients (kfp, kubernetes), from the hashed lock file. */
export function ensurePython(): string {
  const lock = readFileSync(join(root, 'python/requirements.lock'));
  const mark = join(python, 'skiff-lock');
  const hash = createHash('sha256').update(lock).digest('hex');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === hash) return 'there';
  mkdirSync(cache, { recursive: true });
  ensureUv();
  const quiet = { UV_PYTHON_DOWNLOADS: 'never', UV_LINK_MODE: 'copy' };
  sh(uv, ['venv', '--quiet', '--clear', '--python', '/usr/bin/python3', python], quiet);
  sh(
    uv,
    [
      'pip',
      'install',
      '--quiet',
      '--compile-bytecode',
      '--require-hashes',
      '--python',
      join(python, 'bin/python'),
      '-r',
      'python/requirements.lock',
    ],
    quiet,
  );
  writeFileSync(mark, hash);
  return 'installed kfp and kubernetes';
}

/** The console, built when a source is newer than the last build. */
export function ensureConsole(): string {
  const built = join(root, 'console/dist/index.html');
  const sources = globSync(['console/src/**/*', 'console/*.{ts,html,json}'], { cwd: root });
  const newest = Math.max(...sources.map(p => statSync(join(root, p)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs > newest) return 'there';
  sh('node', ['node_modules/vite/bin/vite.js', 'build', 'console', '--logLevel', 'error']);
  return 'built';
}

const PARTS: Record<string, () => string> = { python: ensurePython, console: ensureConsole };
if (import.meta.main) {
  for (const part of process.argv.slice(2)) {
    const started = Date.now();
    process.stdout.write(`setup ${part} … `);
    const result = part.startsWith('debian:') ? ensureDebian(part.slice(7)) : PARTS[part]!();
    console.log(`${result} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  }
}
