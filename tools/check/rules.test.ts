import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importsOf, type SourceFile } from './imports.ts';
import { checkBans, checkCycles, checkFloors, checkSizes, checkTargets } from './rules.ts';

const file = (path: string, text: string): SourceFile => ({ path, text, imports: importsOf('/r', path, text) });
const rulesOf = (files: SourceFile[]) => [...checkFloors(files), ...checkBans(files)].map(f => f.rule);

test('finds what an import names, and whether it is types only', () => {
  const found = file(
    'src/kube/a.ts',
    `import type { A } from './b.ts';\nimport { type C } from './c.ts';\nimport d from 'ws';\nimport {\n  e,\n} from '../lib/index.ts';\nimport './side.ts';\n`,
  );
  assert.deepEqual(
    found.imports.map(i => [i.to ?? i.specifier, i.typeOnly]),
    [
      ['src/kube/b.ts', true],
      ['src/kube/c.ts', true],
      ['ws', false],
      ['src/lib/index.ts', false],
      ['src/kube/side.ts', false],
    ],
  );
});

test('imports go down the floors', () => {
  assert.deepEqual(checkFloors([file('src/kube/a.ts', `import { x } from '../lib/index.ts';`)]), []);
  assert.equal(checkFloors([file('src/lib/a.ts', `import { x } from '../kube/index.ts';`)]).length, 1);
  assert.equal(checkFloors([file('src/kube/a.ts', `import type { X } from '../apiserver/index.ts';`)]).length, 1);
});

test('rooms beside each other do not know each other', () => {
  assert.equal(checkFloors([file('src/node/a.ts', `import { x } from '../apiserver/index.ts';`)]).length, 1);
  assert.equal(checkFloors([file('src/training/a.ts', `import { x } from '../pipelines/index.ts';`)]).length, 1);
  assert.equal(checkFloors([file('src/pipelines/a.ts', `import { x } from '../node/index.ts';`)]).length, 1);
  assert.deepEqual(checkFloors([file('src/pipelines/a.ts', `import { x } from '../metadata/index.ts';`)]), []);
  assert.deepEqual(
    checkFloors([file('src/kube/a.ts', `import type { X } from '../net/types.ts';\nimport { y } from '../expr/index.ts';`)]),
    [],
  );
  assert.equal(checkFloors([file('src/net/a.ts', `import { y } from '../data/index.ts';`)]).length, 1);
});

test('only the index of a room is public', () => {
  assert.equal(checkFloors([file('src/node/a.ts', `import { x } from '../kube/informer.ts';`)]).length, 1);
});

test('time, chance, environment, processes and SQL each have one room', () => {
  assert.deepEqual(rulesOf([file('src/kube/a.ts', 'const t = Date.now();')]), ['clock']);
  assert.deepEqual(rulesOf([file('src/kube/a.ts', 'const t = new Date(text);\n// Date.now() is banned')]), []);
  assert.deepEqual(rulesOf([file('src/kube/a.ts', 'Math.random()')]), ['ids']);
  assert.deepEqual(rulesOf([file('src/kube/a.ts', 'process.env.HOME')]), ['environment']);
  assert.deepEqual(rulesOf([file('src/kube/a.ts', `import { spawn } from 'node:child_process';`)]), ['processes']);
  assert.deepEqual(rulesOf([file('src/kube/a.ts', `import { DatabaseSync } from 'node:sqlite';`)]), ['sql']);
  assert.deepEqual(rulesOf([file('src/training/controller/a.ts', `import { join } from 'node:path';`)]), ['purity']);
});

test('a circle is found once and named', () => {
  const circle = checkCycles([
    file('src/kube/a.ts', `import { b } from './b.ts';`),
    file('src/kube/b.ts', `import { a } from './a.ts';`),
  ]);
  assert.deepEqual(
    circle.map(f => f.message),
    ['src/kube/a.ts -> src/kube/b.ts -> src/kube/a.ts'],
  );
  assert.deepEqual(
    checkCycles([
      file('src/kube/a.ts', `import type { b } from './b.ts';`),
      file('src/kube/b.ts', `import { a } from './a.ts';`),
    ]),
    [],
  );
});

test('long files warn, longer ones fail', () => {
  const sized = (lines: number) => checkSizes([{ path: 'src/kube/a.ts', text: '\n'.repeat(lines) }])[0]?.level;
  assert.deepEqual([sized(100), sized(450), sized(650)], [undefined, 'warning', 'error']);
});

test('imports must exist', () => {
  const files = [file('src/kube/a.ts', `import { b } from './b.ts';\nimport x from 'left-pad';\nimport fs from 'node:fs';`)];
  assert.deepEqual(
    checkTargets(files, () => false, new Set()).map(f => f.message),
    ['./b.ts is not there', 'package left-pad is not in package.json'],
  );
});
