import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Trash, VirtualClock } from './index.ts';

function rootFor(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'skiff-files-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

test('what is taken is away at once, and deleted later with nothing behind a link', async t => {
  const root = rootFor(t);
  writeFileSync(join(root, 'kept'), 'kept');
  const trash = new Trash({ folder: join(root, 'trash'), clock: new VirtualClock() });
  for (let again = 0; again < 2; again++) {
    mkdirSync(join(root, 'folder/a'), { recursive: true });
    symlinkSync(root, join(root, 'folder/a/link'));
    trash.take(join(root, 'folder'));
    assert.equal(existsSync(join(root, 'folder')), false);
  }
  trash.take(join(root, 'folder'));
  assert.equal(readdirSync(join(root, 'trash')).length, 2);
  await trash.empty();
  assert.deepEqual(readdirSync(join(root, 'trash')), []);
  assert.equal(readFileSync(join(root, 'kept'), 'utf8'), 'kept');
});

test('another process deletes what was left, and is not confused by it', async t => {
  const root = rootFor(t);
  const clock = new VirtualClock();
  const fill = () => mkdirSync(join(root, 'folder/a'), { recursive: true });
  fill();
  new Trash({ folder: join(root, 'trash'), clock: new VirtualClock() }).take(join(root, 'folder'));
  fill();
  const trash = new Trash({ folder: join(root, 'trash'), clock });
  trash.take(join(root, 'folder'));
  assert.equal(readdirSync(join(root, 'trash')).length, 2);
  await trash.empty();
  assert.deepEqual(readdirSync(join(root, 'trash')), []);
});

test('is emptied in a quiet moment, again for what came meanwhile', async t => {
  const root = rootFor(t);
  const clock = new VirtualClock();
  const trash = new Trash({ folder: join(root, 'trash'), clock });
  for (let again = 0; again < 2; again++) {
    mkdirSync(join(root, 'folder'));
    trash.take(join(root, 'folder'));
    await clock.advance(1_000);
    assert.equal(readdirSync(join(root, 'trash')).length, 1);
    await clock.advance(1_000);
    while (readdirSync(join(root, 'trash')).length > 0) await new Promise(resolve => setImmediate(resolve));
  }
});
