import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { root, Skiff } from '../tests/lib/skiff.ts';
import { createRun, succeed, waitFor } from './lib/client.ts';
import { chain, nothing } from './lib/pipelines.ts';
import { median, printRow, timed } from './lib/row.ts';

const STARTS = 10;
const RUNS = 10_000;
const NODE = join(root, 'node_modules/node/bin/node');

/** Ready = from exec to the first 200 of all three doors, polled from outside every 5 ms; less an empty Node. */
export async function run(): Promise<void> {
  const empty: number[] = [];
  const floor: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    floor.push(await timed(async () => spawnSync(NODE, ['-e', '0'])));
    const home = mkdtempSync(join(tmpdir(), 'skiff-bench-'));
    empty.push(await coldStart(home));
    rmSync(home, { recursive: true, force: true });
  }
  const nodeMs = median(floor);
  printRow({
    bench: 'start',
    name: 'ready-empty',
    value: median(empty) - nodeMs,
    unit: 'ms',
    peer: 'node -e 0',
    peerValue: nodeMs,
    n: STARTS,
  });

  printRow({
    bench: 'start',
    name: 'idle-rss',
    value: await idleMemoryMiB(),
    unit: 'MiB',
    peer: 'node -e "setInterval(()=>{},1e6)"',
    peerValue: emptyNodeMiB(),
    n: 1,
  });

  const home = await homeWithRuns(RUNS);
  const full: number[] = [];
  for (let i = 0; i < STARTS; i++) full.push(await coldStart(home));
  rmSync(home, { recursive: true, force: true });
  printRow({
    bench: 'start',
    name: 'ready-10k-runs',
    value: median(full) - nodeMs,
    unit: 'ms',
    peer: 'node -e 0',
    peerValue: nodeMs,
    n: STARTS,
  });
}

async function coldStart(home: string): Promise<number> {
  const ports = await freePorts();
  const start = performance.now();
  const child = spawn(NODE, [join(root, 'src/cli/main.ts'), 'up', '--home', home, '--port', String(ports)], { stdio: 'ignore' });
  const doors = [
    `https://127.0.0.1:${ports + 1}/readyz`,
    `http://127.0.0.1:${ports}/apis/v2beta1/healthz`,
    `http://127.0.0.1:${ports}/`,
  ];
  await Promise.all(doors.map(until200));
  const readyMs = performance.now() - start;
  const ended = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
  return readyMs;
}
/** Five ports in a row that nobody holds, in a range of our own. */
async function freePorts(): Promise<number> {
  return 20_000 + Math.floor(Math.random() * 4_000) * 5;
}
async function until200(url: string): Promise<void> {
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  for (;;) {
    try {
      if ((await fetch(url)).status === 200) return;
    } catch {
      // Not there yet.
    }
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}
/** A home in which so many runs were made and ended. */
async function homeWithRuns(count: number): Promise<string> {
  const skiff = await Skiff.start();
  const spec = nothing();
  for (let done = 0; done < count; done += 50) {
    const ids = await Promise.all(Array.from({ length: 50 }, () => createRun(skiff, spec)));
    await waitFor(skiff, ids.at(-1)!, 20);
  }
  await skiff.stop({ keepHome: true });
  return join(skiff.home, '.skiff');
}

/** PSS of every process that Skiff started, 30 s after a run ended and a page of the console was open. */
async function idleMemoryMiB(): Promise<number> {
  const skiff = await Skiff.start();
  await succeed(skiff, chain(3, 'idle'));
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  const { url } = await skiff.json<{ url: string }>('/console/api/links', { method: 'POST' });
  await (await browser.newPage()).goto(url);
  await new Promise(resolve => setTimeout(resolve, 2_000));
  await browser.close();
  await new Promise(resolve => setTimeout(resolve, 30_000));
  const mib = pssMiB(processTree(skiff.pid));
  await skiff.stop();
  return mib;
}
function emptyNodeMiB(): number {
  const child = spawn(NODE, ['-e', 'setInterval(()=>{},1e6)'], { stdio: 'ignore' });
  spawnSync('sleep', ['0.5']);
  const mib = pssMiB([child.pid!]);
  child.kill();
  return mib;
}
function processTree(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const p of readdirSync('/proc').filter(p => /^\d+$/.test(p))) {
    try {
      const stat = readFileSync(`/proc/${p}/stat`, 'utf8');
      parents.set(Number(p), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It just ended.
    }
  }
  const below = (p: number): number[] => [
    p,
    ...[...parents].filter(([, parent]) => parent === p).flatMap(([child]) => below(child)),
  ];
  return below(pid);
}
function pssMiB(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of pids) {
    try {
      kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      // It just ended.
    }
  }
  return kib / 1024;
}
