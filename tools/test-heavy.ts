/** `npm run test:heavy`: what is too heavy for CI, by hand before an issue is closed. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const KFP_IR = ['essential', 'critical', 'parallel_and_nested', 'failing']
  .map(k => `kfp-ir/valid/${k}`)
  .concat('kfp-ir/invalid')
  .join(',');
const STAGES: [name: string, argv: string[]][] = [
  ['conformance of KFP IR', ['node', 'tests/conformance/main.ts', 'pipelines', '--only', KFP_IR]],
  ['tests with container engines', ['node', '--test', 'tests/heavy/*.test.ts']],
  ['every page, light and dark', ['node', 'tools/shots.ts']],
  ...['start', 'chain', 'fanout', 'component'].map((b): [string, string[]] => [`bench ${b}`, ['node', 'bench/main.ts', b]]),
];
let failed = 0;
for (const [name, argv] of STAGES) {
  const startMs = Date.now();
  const { status } = spawnSync(argv[0]!, argv.slice(1), { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed++;
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} ${((Date.now() - startMs) / 1000).toFixed(1)} s`);
}
console.log(`${STAGES.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
