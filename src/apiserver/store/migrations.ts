import type { DatabaseSync } from 'node:sqlite';
import { DataError, type Migration } from '../../data/index.ts';

/** kube.db, step by step. Never edit a step that was released: add one. */
const MIGRATIONS: readonly Migration[] = [
  {
    name: '0001-objects',
    sql: `
      CREATE TABLE meta(k TEXT PRIMARY KEY, v ANY) STRICT, WITHOUT ROWID;
      CREATE TABLE resource(id INTEGER PRIMARY KEY, grp TEXT NOT NULL, plural TEXT NOT NULL, compacted INTEGER NOT NULL DEFAULT 0, UNIQUE(grp, plural)) STRICT;
      CREATE TABLE object(
        id INTEGER PRIMARY KEY, res INTEGER NOT NULL REFERENCES resource, key TEXT NOT NULL,
        uid TEXT NOT NULL UNIQUE, rv INTEGER NOT NULL, UNIQUE(res, key)) STRICT;
      CREATE TABLE version(
        rv INTEGER PRIMARY KEY, object INTEGER NOT NULL, res INTEGER NOT NULL, key TEXT NOT NULL,
        op INTEGER NOT NULL, prev INTEGER, next INTEGER, at INTEGER NOT NULL, actor TEXT, body BLOB NOT NULL) STRICT;
      CREATE INDEX version_snapshot ON version(res, key, rv, next);
      CREATE INDEX version_watch ON version(res, rv);
      CREATE INDEX version_dead ON version(res, next) WHERE next IS NOT NULL;
      CREATE TABLE label(res INTEGER, k TEXT, v TEXT, object INTEGER, PRIMARY KEY(res, k, v, object)) STRICT, WITHOUT ROWID;
      CREATE INDEX label_object ON label(object);
      CREATE TABLE field(res INTEGER, k TEXT, v TEXT, object INTEGER, PRIMARY KEY(res, k, v, object)) STRICT, WITHOUT ROWID;
      CREATE INDEX field_object ON field(object);
      CREATE TABLE owner(uid TEXT, object INTEGER, PRIMARY KEY(uid, object)) STRICT, WITHOUT ROWID;
      CREATE INDEX owner_object ON owner(object);
      CREATE TABLE data_key(object INTEGER PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;`,
  },
];

/**
 * Brings the file to this release's tables.
 * @throws DataError FromTheFuture when the home was written by a later release; nothing is changed then
 */
export function migrate(db: DatabaseSync): void {
  db.exec('CREATE TABLE IF NOT EXISTS migration(name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID');
  const done = new Set(
    db
      .prepare('SELECT name FROM migration')
      .all()
      .map(row => row['name'] as string),
  );
  for (const name of done) {
    if (!MIGRATIONS.some(m => m.name === name))
      throw new DataError({
        code: 'FromTheFuture',
        httpStatus: 500,
        message: `kube.db was written by a later release of Skiff, which knows ${name}`,
        remedy: 'Start that release, or use another home.',
      });
  }
  for (const { name, sql } of MIGRATIONS) {
    if (done.has(name)) continue;
    db.exec(`BEGIN IMMEDIATE; ${sql}; INSERT INTO migration VALUES('${name}'); COMMIT`);
  }
}
