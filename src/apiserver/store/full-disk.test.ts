import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { StatusError } from '../../kube/index.ts';
import { seededIds, silentLogger, VirtualClock } from '../../lib/index.ts';
import { Store } from './store.ts';

const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'a', uid: name, annotations: { filler: 'x'.repeat(50_000) } },
});

function openIn(t: TestContext, folder: string) {
  const path = join(folder, 'kube.db');
  const store = new Store({
    path,
    clock: new VirtualClock(),
    ids: seededIds(1),
    log: silentLogger,
    masterKey: new Uint8Array(32).fill(7),
  });
  t.after(() => store.close());
  const pods = store.resource({ group: '', plural: 'pods', historyMs: 1e9, encrypted: false, indexed: [], fields: () => ({}) });
  return { path, store, insert: (name: string) => store.write(tx => tx.insert(pods, `a/${name}`, pod(name))), pods };
}

/** A disk of 4 MB, where this user may mount one. */
function smallDisk(t: TestContext): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'skiff-full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]).status === 0;
  const remove = () => rmSync(folder, { recursive: true });
  if (!mounted) {
    remove();
    return undefined;
  }
  t.after(() => {
    spawnSync('umount', ['--lazy', folder]);
    remove();
  });
  return folder;
}

const codeOf = (e: unknown) => (e instanceof StatusError ? e.code : e);

test('refuses writes with 507 on a full disk, goes on reading, and recovers when there is room', async t => {
  const disk = smallDisk(t);
  if (!disk) return t.skip('needs-root: mount a tmpfs');
  const { store, insert, pods } = openIn(t, disk);
  await insert('before');
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'filler'), Buffer.alloc((bavail - 2) * bsize));
  const { rv } = store;
  await assert.rejects(insert('refused'), e => codeOf(e) === 507 && /disk of kube.db is full/.test((e as Error).message));
  assert.equal(store.rv, rv, 'nothing was stored');
  assert.equal(store.get(pods, 'a/before')?.object.metadata.name, 'before');
  assert.equal(store.get(pods, 'a/refused'), undefined);
  rmSync(join(disk, 'filler'));
  const after = await insert('after');
  assert.equal(after.rv, rv + 1, 'a refused write takes no revision');
  assert.deepEqual(
    store.list(pods, {}, 10).map(r => r.object.metadata.name),
    ['after', 'before'],
  );
});

test('tells writers when a transaction cannot even begin', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'skiff-busy-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { path, insert } = openIn(t, folder);
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  await assert.rejects(insert('refused'), e => codeOf(e) === 503);
  other.exec('ROLLBACK');
  other.close();
  assert.equal((await insert('after')).rv, 1);
});
