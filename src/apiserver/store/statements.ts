import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

export type VersionRow = { rv: number; key: string; op: number; prev: number | null; object: number; body: Uint8Array };
/** What an index can narrow a list to. */
export type Index = { kind: 'label' | 'field'; key: string; values: readonly string[] } | { kind: 'owner'; uid: string };
/** Keys in (after, end), at most `limit` of them. */
export type Range = { after: string; end: string; limit: number };

const ROW = 'v.rv AS rv, v.key AS key, v.op AS op, v.prev AS prev, v.object AS object, v.body AS body';

/** The SQL of kube.db: each text prepared once. Nothing here knows what an object is. */
export class Statements {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();
  constructor(db: DatabaseSync) {
    this.#db = db;
  }
  #sql(text: string): StatementSync {
    let statement = this.#prepared.get(text);
    if (!statement) this.#prepared.set(text, (statement = this.#db.prepare(text)));
    return statement;
  }
  run(text: string, ...params: SQLInputValue[]): { changes: number; id: number } {
    const { changes, lastInsertRowid } = this.#sql(text).run(...params);
    return { changes: Number(changes), id: Number(lastInsertRowid) };
  }
  one<T>(text: string, ...params: SQLInputValue[]): T | undefined {
    return this.#sql(text).get(...params) as T | undefined;
  }
  all<T>(text: string, ...params: SQLInputValue[]): T[] {
    return this.#sql(text).all(...params) as T[];
  }

  current(res: number, key: string): VersionRow | undefined {
    return this.one(`SELECT ${ROW} FROM object o JOIN version v ON v.rv = o.rv WHERE o.res = ? AND o.key = ?`, res, key);
  }
  /** Only the head: enough to find the revision in a cache. */
  head(res: number, key: string): { id: number; rv: number; uid: string } | undefined {
    return this.one('SELECT id, rv, uid FROM object WHERE res = ? AND key = ?', res, key);
  }
  version(rv: number): VersionRow | undefined {
    return this.one(`SELECT ${ROW} FROM version v WHERE v.rv = ?`, rv);
  }
  at(res: number, key: string, rv: number): VersionRow | undefined {
    return this.one(
      `SELECT ${ROW} FROM version v WHERE v.res = ? AND v.key = ? AND v.rv <= ? ORDER BY v.rv DESC LIMIT 1`,
      res,
      key,
      rv,
    );
  }
  page(res: number, { after, end, limit }: Range): VersionRow[] {
    return this.all(
      `SELECT ${ROW} FROM object o JOIN version v ON v.rv = o.rv WHERE o.res = ? AND o.key > ? AND o.key < ? ORDER BY o.key LIMIT ?`,
      res,
      after,
      end,
      limit,
    );
  }
  pageBy(res: number, index: Index, { after, end, limit }: Range): VersionRow[] {
    if (index.kind === 'owner') {
      return this.all(
        `SELECT ${ROW} FROM owner w JOIN object o ON o.id = w.object JOIN version v ON v.rv = o.rv
         WHERE w.uid = ? AND o.res = ? AND o.key > ? AND o.key < ? ORDER BY o.key LIMIT ?`,
        index.uid,
        res,
        after,
        end,
        limit,
      );
    }
    const marks = index.values.map(() => '?').join(',');
    return this.all(
      `SELECT ${ROW} FROM ${index.kind} i JOIN object o ON o.id = i.object JOIN version v ON v.rv = o.rv
       WHERE i.res = ? AND i.k = ? AND i.v IN (${marks}) AND o.key > ? AND o.key < ? ORDER BY o.key LIMIT ?`,
      res,
      index.key,
      ...index.values,
      after,
      end,
      limit,
    );
  }
  snapshot(res: number, rv: number, { after, end, limit }: Range): VersionRow[] {
    return this.all(
      `SELECT ${ROW} FROM version v WHERE v.res = ? AND v.key > ? AND v.key < ? AND v.rv <= ? AND v.op <> 3 AND (v.next IS NULL OR v.next > ?) ORDER BY v.key LIMIT ?`,
      res,
      after,
      end,
      rv,
      rv,
      limit,
    );
  }
  count(res: number, { after, end }: Omit<Range, 'limit'>): number {
    return this.one<{ n: number }>('SELECT count(*) AS n FROM object WHERE res = ? AND key > ? AND key < ?', res, after, end)!.n;
  }
  changes(res: number, after: number, limit: number): VersionRow[] {
    return this.all(`SELECT ${ROW} FROM version v WHERE v.res = ? AND v.rv > ? ORDER BY v.rv LIMIT ?`, res, after, limit);
  }
  /** The last revision that was written before `at` (milliseconds): `at` grows with `rv`, so halving finds it. */
  revisionBefore(at: number, last: number): number {
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = Math.floor((low + high + 1) / 2);
      const row = this.one<{ at: number }>('SELECT at FROM version WHERE rv >= ? ORDER BY rv LIMIT 1', middle);
      if (row && row.at < at) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
