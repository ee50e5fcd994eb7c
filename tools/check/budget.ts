import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';

/** A script of the built console; `imports` are the scripts it cannot start without. */
export type Script = { code: string; imports: readonly string[] };
/**
 * Gzipped sizes, 1 kB = 1000 bytes. The goals are 120 for the first screen and 60 for what comes on demand.
 * React and the router alone keep the first screen above its goal, xyflow with dagre the graph: these two may not grow.
 */
const limits = { firstScreenKb: 137, lazyKb: 60, graphKb: 85 };
const isGraph = (path: string): boolean => /graph(-pane)?\.tsx$/.test(path);

/** Gives the gzipped bytes of `start` and of all it imports, without what is `loaded` already; adds those to `loaded`. */
export function weigh(scripts: ReadonlyMap<string, Script>, start: readonly string[], loaded: Set<string>): number {
  let bytes = 0;
  const queue = [...start];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const script = scripts.get(name);
    if (!script || loaded.has(name)) continue;
    loaded.add(name);
    bytes += gzipSync(script.code).length;
    queue.push(...script.imports);
  }
  return bytes;
}
/** Builds the console in memory; gives what is over its limit, and the size of the first screen. */
export async function checkBudget(root: string): Promise<{ over: string[]; firstScreenKb: number }> {
  const folder = join(root, 'console');
  const config = {
    root: folder,
    configFile: join(folder, 'vite.config.ts'),
    logLevel: 'error',
    build: { write: false },
  } as const;
  const { output } = (await build(config)) as Rolldown.RolldownOutput;
  const chunks = output.filter(o => o.type === 'chunk');
  const scripts = new Map<string, Script>(chunks.map(c => [c.fileName, c]));
  const html = output.find(o => o.fileName === 'index.html');
  const page = html?.type === 'asset' ? String(html.source) : '';
  const frame = new Set<string>();
  const frameBytes = weigh(
    scripts,
    [...page.matchAll(/src="\/(assets\/[^"]+\.js)"/g)].map(m => m[1]!),
    frame,
  );
  if (frameBytes === 0) throw new Error('index.html of the console names no script');
  let firstScreenKb = frameBytes / 1000;
  const over: string[] = [];
  for (const { fileName, facadeModuleId } of chunks.filter(c => c.isDynamicEntry)) {
    const path = (facadeModuleId ?? fileName).replace(`${folder}/src/`, '');
    const kb = weigh(scripts, [fileName], new Set(frame)) / 1000;
    const limitKb = isGraph(path) ? limits.graphKb : limits.lazyKb;
    if (kb > limitKb) over.push(`${path} is ${kb.toFixed(1)} kB, over ${limitKb}`);
    if (path === 'pages/home/page.tsx') firstScreenKb += kb;
  }
  if (firstScreenKb > limits.firstScreenKb)
    over.push(`first screen is ${firstScreenKb.toFixed(1)} kB, over ${limits.firstScreenKb}`);
  return { over, firstScreenKb };
}
