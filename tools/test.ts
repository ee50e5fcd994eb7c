/** `npm test`: sets the machine up, then runs every stage; a line a stage with its seconds, failures in full. */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

type Stage = { name: string; run(): Result };
type Result = { ok: boolean; passed: number; failed: number; skipped: number; note?: string };

const root = resolve(import.meta.dirname, '..');
const logs = join(root, '.cache/test');

/** A stage that is one command: it passes or it fails. */
function command(name: string, argv: string[]): Stage {
  return {
    name,
    run() {
      const { status, output } = sh(name, argv);
      if (status !== 0) console.log(output);
      return { ok: status === 0, passed: 0, failed: status === 0 ? 0 : 1, skipped: 0 };
    },
  };
}

/** A stage of node:test files. */
function tests(name: string, globs: string[], o: { concurrency?: number; timeoutMs?: number } = {}): Stage {
  return {
    name,
    run() {
      const files = globs.flatMap(g => globSync(g, { cwd: root })).filter(f => !f.includes('node_modules'));
      if (files.length === 0) return { ok: true, passed: 0, failed: 0, skipped: 0, note: 'no files' };
      const flags = [
        '--test',
        '--test-reporter=spec',
        `--test-concurrency=${o.concurrency ?? 2}`,
        `--test-timeout=${o.timeoutMs ?? 120_000}`,
      ];
      const { status, output } = sh(name, ['node', ...flags, ...new Set(files)]);
      const count = (word: string) => Number(new RegExp(`^ℹ ${word} (\\d+)`, 'm').exec(output)?.[1] ?? 0);
      if (status !== 0) console.log(output.slice(Math.max(0, output.indexOf('✖ failing tests:'))));
      for (const reason of skipReasons(output)) console.log(`  skipped: ${reason}`);
      return { ok: status === 0, passed: count('pass'), failed: count('fail') + count('cancelled'), skipped: count('skipped') };
    },
  };
}

function skipReasons(output: string): string[] {
  return [
    ...new Set(
      [...output.matchAll(/^\s*﹣ (.*?)(?: \([\d.]+ms\))?(?: # (.*))?$/gm)].map(m => `${m[1]}${m[2] ? ` (${m[2]})` : ''}`),
    ),
  ];
}

function sh(name: string, argv: string[]): { status: number; output: string } {
  const done = spawnSync(argv[0]!, argv.slice(1), { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
  const output = `${done.stdout ?? ''}${done.stderr ?? ''}`;
  mkdirSync(logs, { recursive: true });
  writeFileSync(join(logs, `${name.replaceAll(' ', '-')}.log`), output);
  return { status: done.status ?? 1, output };
}

const STAGES: Stage[] = [
  command('setup', ['node', 'tools/setup.ts', 'debian:tests', 'debian:browser', 'python', 'console']),
  command('check', ['node', 'tools/check/main.ts']),
  tests('unit', ['src/**/*.test.ts', 'tools/**/*.test.ts', 'tests/conformance/*.test.ts', 'console/src/**/*.test.ts']),
  tests('kubectl and SDKs', ['tests/e2e/*.test.ts'], { concurrency: 1, timeoutMs: 600_000 }),
  tests('faults', ['tests/faults/*.test.ts'], { concurrency: 1, timeoutMs: 600_000 }),
  tests('browser', ['tests/browser/*.test.ts'], { concurrency: 1, timeoutMs: 300_000 }),
];

const only = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
let ok = true;
for (const stage of STAGES) {
  if (only.length > 0 && !only.some(o => stage.name.startsWith(o))) continue;
  const startMs = Date.now();
  const r = stage.run();
  ok &&= r.ok;
  total.passed += r.passed;
  total.failed += r.failed;
  total.skipped += r.skipped;
  const counts = r.passed + r.failed + r.skipped > 0 ? ` ${r.passed} passed, ${r.failed} failed, ${r.skipped} skipped` : '';
  console.log(
    `${r.ok ? 'ok  ' : 'FAIL'} ${stage.name}:${counts}${r.note ? ` ${r.note}` : ''} ${((Date.now() - startMs) / 1000).toFixed(1)} s`,
  );
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(ok ? 0 : 1);
