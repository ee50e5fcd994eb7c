import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../lib/index.ts';
import { backup, isDataError, openSql } from './index.ts';
import type { Migration } from './types.ts';

const tables: Migration[] = [{ name: 'test/0001', sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT' }];
const insert = (id: number) => ({ sql: 'INSERT INTO note (id, text) VALUES (?, ?)', params: [id, `note ${id}`] });

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'skiff-sql-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('a read sees what was asked for before it, without waiting', async t => {
  const sql = await openSql({ path: join(folderFor(t), 'a.db'), migrations: tables, log: silentLogger });
  const written = sql.transaction([insert(1), insert(2)]);
  assert.deepEqual(
    (await sql.all<{ id: number }>('SELECT id FROM note WHERE id > ? ORDER BY id', [0])).map(r => r.id),
    [1, 2],
  );
  assert.deepEqual(await written, [
    { changes: 1, lastInsertRowid: 1 },
    { changes: 1, lastInsertRowid: 2 },
  ]);
  const bytes = (await sql.all<{ b: Uint8Array }>('SELECT ? AS b', [new Uint8Array([1, 2])]))[0]!.b;
  assert.deepEqual([...bytes], [1, 2]);
  await sql.close();
});

test('many callers at once: each gets its own answer, and its own error', async t => {
  const sql = await openSql({ path: join(folderFor(t), 'a.db'), migrations: tables, log: silentLogger });
  const outcomes = await Promise.allSettled(Array.from({ length: 200 }, (_, i) => sql.transaction([insert(i % 150)])));
  assert.equal(outcomes.filter(o => o.status === 'fulfilled').length, 150);
  for (const o of outcomes) if (o.status === 'rejected') assert.ok(isDataError(o.reason, 'Constraint'));
  await assert.rejects(sql.all('INSERT INTO note (id, text) VALUES (1000, ?) RETURNING id', ['x']), e =>
    isDataError(e, 'BadStatement'),
  );
  await assert.rejects(sql.transaction([{ sql: 'SELECT ?', params: [undefined as never] }]), e => isDataError(e, 'BadStatement'));
  await assert.rejects(sql.all('SELECT nothing FROM note'), e => isDataError(e, 'BadStatement'));
  assert.deepEqual((await sql.all('SELECT count(*) AS n FROM note'))[0], { n: 150 });
  await sql.close();
  await assert.rejects(sql.all('SELECT 1'), e => isDataError(e, 'Closed'));
});

test('refuses what is no database', async t => {
  const folder = folderFor(t);
  await assert.rejects(openSql({ path: folder, migrations: [], log: silentLogger }), e => isDataError(e, 'BadStatement'));
});

test('a backup of a file under writing opens and is complete up to a moment', async t => {
  const folder = folderFor(t);
  const from = join(folder, 'a.db');
  const to = join(folder, 'copy.db');
  const sql = await openSql({ path: from, migrations: tables, log: silentLogger });
  await sql.transaction([insert(0)]);
  let writing = true;
  const writer = (async () => {
    for (let id = 1; writing; id++) await sql.transaction([insert(id)]);
  })();
  await backup([{ from, to }]);
  writing = false;
  await writer;
  await sql.close();
  const copy = await openSql({ path: to, migrations: tables, log: silentLogger });
  const [row] = await copy.all<{ n: number; last: number }>('SELECT count(*) AS n, max(id) AS last FROM note');
  assert.equal(row!.n, row!.last + 1);
  await copy.close();
});

/** Writes for ever and says each id once it is acknowledged. */
const WRITER = `
  import { openSql } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
  import { silentLogger } from ${JSON.stringify(new URL('../lib/index.ts', import.meta.url).href)};
  const [path, first] = process.argv.slice(-2);
  const migrations = ${JSON.stringify(tables)};
  const sql = await openSql({ path, migrations, log: silentLogger });
  let id = Number(first);
  const insert = id => [{ sql: 'INSERT INTO note (id, text) VALUES (?, ?)', params: [id, 'x'.repeat(id % 3000)] }];
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (;;) { const mine = id++; await sql.transaction(insert(mine)); await new Promise(said => process.stdout.write(mine + '\\n', said)); }
  }));`;

test('kill -9 of a writer loses nothing that was acknowledged', async t => {
  const folder = folderFor(t);
  const path = join(folder, 'a.db');
  const script = join(folder, 'writer.mjs');
  writeFileSync(script, WRITER);
  const acknowledged: number[] = [];
  // The last round is long enough for checkpoints.
  for (const [round, killAt] of [100, 800, 5_000].entries()) {
    const first = round * 1_000_000;
    const child = spawn(process.execPath, [script, path, String(first)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let count = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(Number(line));
      if (++count === killAt) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    assert.ok(count >= killAt);
  }
  const sql = await openSql({ path, migrations: tables, log: silentLogger });
  const stored = new Set((await sql.all<{ id: number }>('SELECT id FROM note')).map(r => r.id));
  assert.deepEqual(
    acknowledged.filter(id => !stored.has(id)),
    [],
  );
  await sql.close();
});
