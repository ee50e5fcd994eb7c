/** `npm run conformance -- <area> [--only PREFIX,…] [--dir FOLDER]`: every case of a folder with a MANIFEST.tsv, a line a case. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../lib/skiff.ts';
import { type Case, type Checker, checkerFor, parseManifest, Skip } from './case.ts';

type Area<W> = { checkers: readonly Checker<W>[]; open(): Promise<W>; close(world: W): Promise<void>; concurrency: number };
const AREAS: Record<string, () => Promise<{ area: Area<never> }>> = {
  apimachinery: () => import('./apimachinery/area.ts') as unknown as Promise<{ area: Area<never> }>,
  pipelines: () => import('./pipelines/area.ts') as unknown as Promise<{ area: Area<never> }>,
};
const MAX_SKIPPED_SHARE = 0.05;

type Outcome = { c: Case; result: 'passed' | 'failed' | 'skipped'; note: string; later: boolean; ms: number };

async function judge<W>(area: Area<W>, world: () => Promise<W>, c: Case): Promise<Outcome> {
  const startMs = Date.now();
  const done = (result: Outcome['result'], note = '', later = false): Outcome => ({
    c,
    result,
    note,
    later,
    ms: Date.now() - startMs,
  });
  const checker = checkerFor(area.checkers, c);
  if (!checker) return done('failed', `no checker understands: ${c.expectation}`);
  try {
    await checker.check(c, await world());
    return done('passed');
  } catch (e) {
    if (e instanceof Skip) return done('skipped', `${e.reason}: ${e.message}`, e.reason.startsWith('later-issue'));
    return done('failed', (e as Error).message);
  }
}

async function run<W>(area: Area<W>, cases: readonly Case[]): Promise<Outcome[]> {
  let opening: Promise<W> | undefined;
  const world = () => (opening ??= area.open());
  const outcomes: Outcome[] = [];
  const queue = [...cases];
  await Promise.all(
    Array.from({ length: area.concurrency }, async () => {
      for (let c = queue.shift(); c; c = queue.shift()) {
        const outcome = await judge(area, world, c);
        outcomes.push(outcome);
        console.log(
          `${outcome.result.padEnd(7)} ${c.file} (${(outcome.ms / 1000).toFixed(1)} s)${outcome.note ? ` ${outcome.note.replaceAll('\n', ' | ').slice(0, 600)}` : ''}`,
        );
      }
    }),
  );
  if (opening) await area.close(await opening);
  return outcomes;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, dir: { type: 'string' } },
});
const name = positionals[0] ?? '';
const load = AREAS[name];
if (!load) {
  console.error(`usage: npm run conformance -- ${Object.keys(AREAS).join('|')} [--only PREFIX,…] [--dir FOLDER]`);
  process.exit(2);
}
const folder = resolve(values.dir ?? join(root, '../shared/conformance', name));
if (!existsSync(join(folder, 'MANIFEST.tsv'))) {
  console.error(`${folder} has no MANIFEST.tsv`);
  process.exit(2);
}
const prefixes = values.only?.split(',').filter(Boolean) ?? [''];
const cases = parseManifest(readFileSync(join(folder, 'MANIFEST.tsv'), 'utf8'), folder).filter(c =>
  prefixes.some(p => c.file.startsWith(p)),
);
const { area } = await load();
const outcomes = await run(area, cases);
const count = (r: Outcome['result']) => outcomes.filter(o => o.result === r).length;
const unexcused = outcomes.filter(o => o.result === 'skipped' && !o.later).length;
const tooMany = unexcused > Math.ceil(MAX_SKIPPED_SHARE * outcomes.length);
if (tooMany) console.log(`too many skipped: ${unexcused} of ${outcomes.length}`);
if (outcomes.length === 0) console.log('no case matches');
console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
process.exit(count('failed') === 0 && !tooMany && outcomes.length > 0 ? 0 : 1);
