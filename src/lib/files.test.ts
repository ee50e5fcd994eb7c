import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeTree } from './index.ts';

for (const files of [0, 3, 250]) {
  test(`removes a folder of ${files} files, nothing behind a link`, async t => {
    const root = mkdtempSync(join(tmpdir(), 'skiff-files-'));
    t.after(() => rmSync(root, { recursive: true }));
    writeFileSync(join(root, 'kept'), 'kept');
    const folder = join(root, 'folder');
    mkdirSync(join(folder, 'a/b'), { recursive: true });
    for (let i = 0; i < files; i++) writeFileSync(join(folder, i % 2 ? 'a' : 'a/b', `f${i}`), '');
    symlinkSync(root, join(folder, 'a/link'));
    await removeTree(folder);
    assert.equal(existsSync(folder), false);
    assert.equal(readFileSync(join(root, 'kept'), 'utf8'), 'kept');
    await removeTree(folder);
  });
}
