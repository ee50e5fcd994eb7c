import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { sha256Hex, silentLogger, systemClock, systemIds } from '../lib/index.ts';
import { type Blobs, isDataError, openBlobs, openSql } from './index.ts';

async function storeFor(t: TestContext): Promise<{ blobs: Blobs; folder: string; outside: string }> {
  const home = mkdtempSync(join(tmpdir(), 'skiff-blobs-'));
  const sql = await openSql({ path: join(home, 'ledger.db'), migrations: [], log: silentLogger });
  t.after(async () => {
    await sql.close();
    rmSync(home, { recursive: true });
  });
  const folder = join(home, 'artifacts');
  const outside = join(home, 'outside');
  mkdirSync(outside);
  return { blobs: openBlobs({ folder, sql, ids: systemIds, clock: systemClock }), folder, outside };
}
const filesBelow = (folder: string) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter(e => e.isFile());

test('bytes, a stream and a file of the same content are one blob', async t => {
  const { blobs, folder, outside } = await storeFor(t);
  const path = join(outside, 'model.bin');
  writeFileSync(path, 'hello');
  const all = await Promise.all([
    blobs.put(Buffer.from('hello')),
    blobs.put(Readable.from(['hel', 'lo'])),
    blobs.put({ path }),
    ...Array.from({ length: 20 }, () => blobs.put(Buffer.from('hello'))),
  ]);
  for (const blob of all) assert.deepEqual(blob, { sha256: sha256Hex('hello'), sizeBytes: 5 });
  assert.equal(filesBelow(folder).length, 1);
  assert.equal(readFileSync(path, 'utf8'), 'hello');
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});

test('reads a blob whole, in a range, up to a limit, and copies it out', async t => {
  const { blobs, outside } = await storeFor(t);
  const { sha256 } = await blobs.put(Buffer.from('0123456789'));
  assert.equal(Buffer.from(await blobs.read(sha256)).toString(), '0123456789');
  assert.equal((await buffer(await blobs.open(sha256, { start: 2, end: 4 }))).toString(), '234');
  await assert.rejects(blobs.read(sha256, 9), e => isDataError(e, 'TooLarge'));
  await blobs.copyTo(sha256, join(outside, 'a/b'));
  assert.equal(readFileSync(join(outside, 'a/b'), 'utf8'), '0123456789');
  const unknown = sha256Hex('unknown');
  assert.equal(await blobs.has(unknown), false);
  for (const attempt of [() => blobs.open(unknown), () => blobs.read(unknown), () => blobs.copyTo(unknown, join(outside, 'x'))])
    await assert.rejects(attempt(), e => isDataError(e, 'NotFound'));
});

test('a failed stream leaves nothing', async t => {
  const { blobs, folder } = await storeFor(t);
  const broken = Readable.from(
    (async function* () {
      yield 'half';
      throw new Error('cut off');
    })(),
  );
  await assert.rejects(blobs.put(broken), /cut off/);
  assert.deepEqual(filesBelow(folder), []);
});

test('names blobs by bucket and key, and lists a prefix', async t => {
  const { blobs } = await storeFor(t);
  const one = await blobs.put(Buffer.from('1'));
  const two = await blobs.put(Buffer.from('2'));
  for (const key of ['run/a', 'run/b/c', 'runs', 'run/ü']) await blobs.bind('mlpipeline', key, one);
  await blobs.bind('mlpipeline', 'run/a', two);
  assert.deepEqual(await blobs.stat('mlpipeline', 'run/a'), two);
  assert.deepEqual(
    (await blobs.listKeys('mlpipeline', 'run/')).map(k => k.key),
    ['run/a', 'run/b/c', 'run/ü'],
  );
  await blobs.unbind('mlpipeline', 'run/a');
  assert.equal(await blobs.stat('mlpipeline', 'run/a'), undefined);
  assert.equal(await blobs.stat('other', 'run/b/c'), undefined);
});

test('refuses names that lead elsewhere', async t => {
  const { blobs } = await storeFor(t);
  const blob = await blobs.put(Buffer.from('1'));
  for (const key of ['', '/etc/passwd', '../x', 'a/../../x', 'a/..', 'a/./b', 'folder/', 'a\\b', 'a\0b', 'x'.repeat(1025)])
    await assert.rejects(blobs.bind('mlpipeline', key, blob), e => isDataError(e, 'BadName'), JSON.stringify(key));
  for (const bucket of ['', '..', 'a/b', '.hidden'])
    await assert.rejects(blobs.bind(bucket, 'k', blob), e => isDataError(e, 'BadName'));
  for (const id of ['', '..', '.', 'a/b', '/x', '../x']) {
    await assert.rejects(blobs.stage(id), e => isDataError(e, 'BadName'));
    await assert.rejects(blobs.dropStage(id), e => isDataError(e, 'BadName'));
  }
  for (const sha of ['', '../../x', 'A'.repeat(64), `${blob.sha256}/..`])
    await assert.rejects(blobs.read(sha), e => isDataError(e, 'BadName'));
});

test('a link that a Pod made in its stage leads to nothing', async t => {
  const { blobs, outside } = await storeFor(t);
  writeFileSync(join(outside, 'secret'), 'secret');
  const stage = await blobs.stage('pod-1');
  const other = await blobs.stage('pod-2');
  writeFileSync(join(other, 'foreign'), 'foreign');
  writeFileSync(join(stage, 'fine'), 'fine');
  symlinkSync(join(outside, 'secret'), join(stage, 'link'));
  symlinkSync(outside, join(stage, 'folder'));
  symlinkSync(other, join(stage, 'neighbour'));
  execFileSync('mkfifo', [join(stage, 'pipe')]);
  assert.equal((await blobs.put({ path: join(stage, 'fine') })).sizeBytes, 4);
  await assert.rejects(blobs.put({ path: join(stage, 'link') }), e => isDataError(e, 'NotAFile'));
  await assert.rejects(blobs.put({ path: join(stage, 'pipe') }), e => isDataError(e, 'NotAFile'));
  await assert.rejects(blobs.put({ path: stage }), e => isDataError(e, 'NotAFile'));
  for (const path of ['folder/secret', 'neighbour/foreign'])
    await assert.rejects(blobs.put({ path: join(stage, path) }), e => isDataError(e, 'OutsideStage'));
  const { sha256 } = await blobs.put(Buffer.from('overwritten'));
  await assert.rejects(blobs.copyTo(sha256, join(stage, 'folder/secret')), e => isDataError(e, 'OutsideStage'));
  await blobs.copyTo(sha256, join(stage, 'link'));
  assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'secret');
  await blobs.dropStage('pod-1');
  assert.deepEqual(readdirSync(outside), ['secret']);
});
