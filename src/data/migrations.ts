import type { DatabaseSync } from 'node:sqlite';
import { sha256Hex } from '../lib/index.ts';
import { DataError, dataFailures } from './errors.ts';
import type { Migration } from './types.ts';

/** This room's own tables; `openSql` runs them before those of the modules. */
export const dataTables: readonly Migration[] = [
  {
    name: 'data/0001-blob-name',
    sql: `CREATE TABLE blob_name (
            bucket TEXT NOT NULL, key TEXT NOT NULL, sha256 TEXT NOT NULL, size_bytes INTEGER NOT NULL,
            PRIMARY KEY (bucket, key)
          ) STRICT, WITHOUT ROWID;`,
  },
];

/**
 * Runs what has not run yet, in order of name, all in one transaction.
 * @throws DataError FromTheFuture when the file has run a migration that we do not know; ChangedMigration when we know
 *   another text of it. Nothing is changed then.
 */
export function migrate(db: DatabaseSync, path: string, migrations: readonly Migration[]): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    db.exec('CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL) STRICT, WITHOUT ROWID');
    const done = new Map(
      db
        .prepare('SELECT name, sha256 FROM migration')
        .all()
        .map(r => [String(r['name']), String(r['sha256'])]),
    );
    const known = new Set(migrations.map(m => m.name));
    const unknown = [...done.keys()].filter(name => !known.has(name));
    if (unknown.length > 0) throw new DataError(dataFailures.fromTheFuture(path, unknown));
    for (const { name, sql } of [...migrations].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const sha256 = sha256Hex(sql);
      const before = done.get(name);
      if (before === sha256) continue;
      if (before !== undefined) throw new DataError(dataFailures.changedMigration(path, name));
      db.exec(sql);
      db.prepare('INSERT INTO migration (name, sha256) VALUES (?, ?)').run(name, sha256);
    }
    db.exec('COMMIT');
  } catch (e) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw e;
  }
}
