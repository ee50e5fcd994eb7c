/** `node tests/oracle/main.ts` (where Go is): plays the script against upstream's library and against Skiff, diffs, records upstream's answers. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { root, Skiff } from '../lib/skiff.ts';
import { play, readScript, type Server } from './play.ts';

const GO = ['/usr/local/go/bin/go', 'go'].find(go => spawnSync(go, ['version']).status === 0);

function build(): string {
  if (!GO) throw new Error('needs-package:go');
  const program = join(root, '.cache/oracle/apiserver');
  const built = spawnSync(GO, ['build', '-o', program, './apiserver'], { cwd: import.meta.dirname, stdio: 'inherit' });
  if (built.status !== 0) throw new Error('go build failed');
  return program;
}

/** Starts upstream's API server in a folder; it ends when its standard input is closed. */
async function startUpstream(home: string): Promise<{ server: Server; child: ChildProcess }> {
  const child = spawn(build(), [home], { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout! })) return { server: JSON.parse(line) as Server, child };
  throw new Error('upstream ended before it was ready');
}

const steps = readScript();
const home = mkdtempSync(join(tmpdir(), 'skiff-oracle-'));
const upstream = await startUpstream(home);
const real = await play(upstream.server, steps).finally(async () => {
  const ended = new Promise(resolve => upstream.child.once('exit', resolve));
  upstream.child.stdin!.end();
  await ended;
  rmSync(home, { recursive: true, force: true });
});
mkdirSync(join(import.meta.dirname, 'recorded'), { recursive: true });
writeFileSync(join(import.meta.dirname, 'recorded/answers.json'), `${JSON.stringify(real, null, 1)}\n`);
await using skiff = await Skiff.start();
const ours = await play({ url: skiff.ready.kubernetes, token: skiff.token }, steps);
const different = steps.filter(s => !isDeepStrictEqual(real[s.name], ours[s.name]));
for (const { name } of different) {
  console.log(`differs ${name}\n  upstream ${JSON.stringify(real[name])}\n  skiff    ${JSON.stringify(ours[name])}`);
}
console.log(`${steps.length - different.length} of ${steps.length} answers equal`);
