import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isDataError } from './errors.ts';
import type { SqlAnswer } from './sql-file.ts';
import { SqlFile } from './sql-file.ts';
import type { Migration } from './types.ts';

const tables: Migration[] = [{ name: 'test/0001', sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT' }];
const insert = (id: number, text: string | null) => ({ sql: 'INSERT INTO note (id, text) VALUES (?, ?)', params: [id, text] });

/** A file whose fdatasync happens when the test says so. */
function openHeld(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'skiff-sql-'));
  const held: ((error: Error | null) => void)[] = [];
  const file = new SqlFile(join(folder, 'a.db'), tables, { flush: (_, done) => held.push(done) });
  const answers: SqlAnswer[] = [];
  const reply = (some: SqlAnswer[]) => answers.push(...some);
  t.after(async () => {
    while (held.length > 0) held.shift()!(null);
    await file.close();
    rmSync(folder, { recursive: true });
  });
  return { file, held, answers, reply };
}

test('answers a transaction only after the fdatasync, reads meanwhile', t => {
  const { file, held, answers, reply } = openHeld(t);
  let commits = 0;
  file.commit([{ id: 1, statements: [insert(1, 'a')], onCommit: () => commits++ }], reply);
  assert.deepEqual(answers, []);
  assert.equal(commits, 1);
  file.commit([{ id: 9, statements: [insert(1, 'again')], onCommit: () => commits++ }], () => undefined);
  assert.equal(commits, 1, 'a failed one is not committed');
  assert.deepEqual(file.query('SELECT text FROM note', []), { ok: [{ __proto__: null, text: 'a' }] });
  held.shift()!(null);
  assert.deepEqual(answers, [{ id: 1, ok: [{ changes: 1, lastInsertRowid: 1 }] }]);
});

test('shares one fdatasync among all commits that came during the last one', t => {
  const { file, held, answers, reply } = openHeld(t);
  file.commit([{ id: 1, statements: [insert(1, 'a')] }], reply);
  file.commit([{ id: 2, statements: [insert(2, 'b')] }], reply);
  file.commit([{ id: 3, statements: [insert(3, 'c')] }], reply);
  assert.equal(held.length, 1);
  held.shift()!(null);
  assert.deepEqual(
    answers.map(a => a.id),
    [1],
  );
  assert.equal(held.length, 1);
  held.shift()!(null);
  assert.deepEqual(
    answers.map(a => a.id),
    [1, 2, 3],
  );
  assert.equal(held.length, 0);
});

test('keeps the neighbours of a failing transaction, and nothing of it', t => {
  const { file, held, answers, reply } = openHeld(t);
  file.commit(
    [
      { id: 1, statements: [insert(1, 'a')] },
      { id: 2, statements: [insert(2, 'b'), insert(3, null)] },
      { id: 3, statements: [insert(4, 'd')] },
      { id: 4, statements: [{ sql: 'COMMIT' }] },
    ],
    reply,
  );
  assert.deepEqual(
    answers.map(a => [a.id, 'failure' in a && a.failure.code]),
    [
      [2, 'Constraint'],
      [4, 'BadStatement'],
    ],
  );
  held.shift()!(null);
  assert.deepEqual(
    answers.slice(2).map(a => a.id),
    [1, 3],
  );
  assert.deepEqual(file.query('SELECT id FROM note ORDER BY id', []), {
    ok: [
      { __proto__: null, id: 1 },
      { __proto__: null, id: 4 },
    ],
  });
});

test('gives each transaction its own commit when the shared one cannot be', t => {
  const { file, held, answers, reply } = openHeld(t);
  const ddl = [
    { sql: 'CREATE TABLE child (id INTEGER REFERENCES note (id) DEFERRABLE INITIALLY DEFERRED) STRICT' },
    { sql: "CREATE TRIGGER quit BEFORE INSERT ON note WHEN NEW.text = 'quit' BEGIN SELECT RAISE(ROLLBACK, 'quit'); END" },
  ];
  file.commit([{ id: 1, statements: ddl }], reply);
  held.shift()!(null);
  // A deferred reference fails at COMMIT; RAISE(ROLLBACK) ends the transaction under the batch.
  for (const [base, culprit] of [
    [10, { sql: 'INSERT INTO child VALUES (999)' }],
    [20, insert(998, 'quit')],
  ] as const) {
    answers.length = 0;
    file.commit(
      [
        { id: base, statements: [insert(base, 'x')] },
        { id: base + 1, statements: [culprit] },
        { id: base + 2, statements: [insert(base + 2, 'z')] },
      ],
      reply,
    );
    held.shift()!(null);
    assert.deepEqual(answers.map(a => a.id).sort(), [base, base + 1, base + 2]);
    assert.deepEqual(
      answers.filter(a => 'failure' in a).map(a => a.id),
      [base + 1],
    );
  }
  assert.deepEqual(file.query('SELECT count(*) AS n FROM note', []), { ok: [{ __proto__: null, n: 4 }] });
});

test('takes no more writes after a failed fdatasync, and goes on reading', t => {
  const { file, held, answers, reply } = openHeld(t);
  file.commit([{ id: 1, statements: [insert(1, 'a')] }], reply);
  held.shift()!(new Error('EIO'));
  file.commit([{ id: 2, statements: [insert(2, 'b')] }], reply);
  assert.deepEqual(
    answers.map(a => 'failure' in a && a.failure.code),
    ['ReadOnly', 'ReadOnly'],
  );
  assert.equal(held.length, 0);
  assert.ok('ok' in file.query('SELECT 1', []));
});

test('refuses a file from the future and a changed migration, and leaves both as they were', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skiff-sql-'));
  const path = join(folder, 'a.db');
  await new SqlFile(path, [...tables, { name: 'test/0002', sql: 'CREATE TABLE later (id INTEGER) STRICT' }]).close();
  assert.throws(
    () => new SqlFile(path, tables),
    e => isDataError(e, 'FromTheFuture') && e.message.includes('test/0002'),
  );
  const changed = [
    { name: 'test/0001', sql: 'CREATE TABLE note (id TEXT) STRICT' },
    { name: 'test/0002', sql: 'SELECT 1' },
  ];
  assert.throws(
    () => new SqlFile(path, changed),
    e => isDataError(e, 'ChangedMigration'),
  );
  const broken = [
    ...tables,
    { name: 'test/0002', sql: 'CREATE TABLE later (id INTEGER) STRICT' },
    { name: 'test/0003', sql: 'CREATE TABLE half (id INTEGER); nonsense' },
  ];
  assert.throws(() => new SqlFile(path, broken));
  const file = new SqlFile(path, broken.slice(0, 2));
  assert.deepEqual(file.query("SELECT name FROM sqlite_schema WHERE name = 'half'", []), { ok: [] });
  await file.close();
  rmSync(folder, { recursive: true });
});
