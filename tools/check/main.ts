import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkBudget } from './budget.ts';
import { exists, readSources } from './imports.ts';
import { checkBans, checkCycles, checkFloors, checkSizes, checkTargets, type Finding } from './rules.ts';

const root = resolve(import.meta.dirname, '../..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: object;
  devDependencies: object;
};
const runtime = new Set(Object.keys(manifest.dependencies));
const all = new Set([...runtime, ...Object.keys(manifest.devDependencies)]);

function run(name: string, command: string, args: string[]): boolean {
  const started = Date.now();
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin', command), args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) console.log(`${stdout}${stderr}`);
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return status === 0;
}

function rules(): boolean {
  const server = readSources(root, ['src/**/*.ts']);
  const console_ = readSources(root, ['console/src/**/*.ts', 'console/src/**/*.tsx']);
  const others = readSources(root, ['tests/**/*.ts', 'tools/**/*.ts', 'bench/**/*.ts']);
  const isTest = (p: string) => p.endsWith('.test.ts') || p.includes('/testing/');
  const findings: Finding[] = [
    ...checkFloors(server),
    ...checkCycles([...server, ...console_]),
    ...checkBans(server),
    ...checkSizes([...server, ...console_, ...others]),
    ...checkTargets(
      server.filter(f => !isTest(f.path)),
      p => exists(root, p),
      runtime,
    ),
    ...checkTargets([...server.filter(f => isTest(f.path)), ...others], p => exists(root, p), all),
    ...consoleFindings(console_),
    ...documents(),
  ];
  for (const f of findings) console.log(`${f.level} ${f.path}${f.line ? `:${f.line}` : ''} ${f.rule}: ${f.message}`);
  const errors = findings.filter(f => f.level === 'error').length;
  console.log(
    `${errors === 0 ? 'ok  ' : 'FAIL'} rules: ${server.length} server files, ${console_.length} console files, ${errors} errors, ${findings.length - errors} warnings`,
  );
  return errors === 0;
}

/** The console takes types of the server, never values. */
function consoleFindings(files: ReturnType<typeof readSources>): Finding[] {
  return files.flatMap(f =>
    f.imports
      .filter(i => i.to?.startsWith('src/') && !i.typeOnly)
      .map(i => ({
        level: 'error' as const,
        path: f.path,
        line: i.line,
        rule: 'console',
        message: `imports the value side of ${i.to}`,
      })),
  );
}
/** Every runtime dependency has its line of reasons. */
function documents(): Finding[] {
  const path = 'docs/dependencies.md';
  const text = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '';
  return [...runtime]
    .filter(name => !text.includes(`\`${name}\``))
    .map(name => ({ level: 'error', path, rule: 'dependencies', message: `${name} has no line` }));
}
async function native(): Promise<boolean> {
  const { checkNative } = (await import('../build-native.ts')) as { checkNative(): Promise<string | undefined> };
  const problem = await checkNative();
  console.log(problem ? `FAIL native: ${problem}` : 'ok   native: the binary matches its sources');
  return !problem;
}

async function budget(): Promise<boolean> {
  const { over, firstScreenKb } = await checkBudget(root);
  for (const line of over) console.log(`error console/ budget: ${line}`);
  console.log(`${over.length ? 'FAIL' : 'ok  '} budget: first screen of the console ${firstScreenKb.toFixed(1)} kB gzipped`);
  return over.length === 0;
}

const results = [
  run('types', 'tsc', ['--noEmit', '-p', '.']),
  run('types of the console', 'tsc', ['--noEmit', '-p', 'console']),
  run('biome', 'biome', ['check', '.']),
  rules(),
  await native(),
  await budget(),
];
process.exit(results.every(Boolean) ? 0 : 1);
