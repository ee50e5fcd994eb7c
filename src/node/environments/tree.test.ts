import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SYSTEM_FOLDERS } from '../machine/programs.ts';
import { findInterpreter } from './interpreter.ts';
import { makeTree } from './tree.ts';

test('installations that are made at once on a cold home all stand, on one copy of the program', async t => {
  const home = await mkdtemp(join(tmpdir(), 'skiff-trees-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  const python = await findInterpreter(SYSTEM_FOLDERS, undefined);
  if (!python) return t.skip('no Python that Pods could run');
  const folders = Array.from({ length: 8 }, (_, i) => join(home, `tree-${i}`));
  await Promise.all(folders.map(folder => makeTree(python, folder, join(home, 'programs'))));
  for (const folder of folders) {
    const program = join(folder, 'bin', 'python3');
    assert.equal(execFileSync(program, ['-c', 'print(1)'], { encoding: 'utf8', env: {} }).trim(), '1');
  }
});
