import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tests/lib/skiff.ts';

/** The interpreter of a peer's own environment, made by `npm run bench:setup`; undefined with the reason when it is not there. */
export function peerPython(name: string): { python?: string; reason?: string } {
  const python = join(root, '.cache/peers', name, 'bin/python');
  return existsSync(python) ? { python } : { reason: `not installed: npm run bench:setup (${name})` };
}

/** Runs a peer's script, which prints one JSON object; its `ms` is the figure. */
export function runPeer(name: string, script: string, args: string[] = []): { ms: number | null; note?: string } {
  const { python, reason } = peerPython(name);
  if (!python) return { ms: null, note: reason! };
  const done = spawnSync(python, [join(root, 'bench/peers', name, script), ...args], { encoding: 'utf8', timeout: 900_000 });
  const line = done.stdout
    .trim()
    .split('\n')
    .findLast(l => l.startsWith('{"ms"'));
  if (!line) return { ms: null, note: `failed: ${done.stderr.trim().split('\n').at(-1) ?? done.status}` };
  return { ms: (JSON.parse(line) as { ms: number }).ms };
}
