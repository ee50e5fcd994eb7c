import type { Sql, SqlValue } from '../../../data/types.ts';
import { apiErrors } from '../errors.ts';
import { isObject } from '../wire/message.ts';
import { type Condition, checkPredicate, conditionOf, type Predicate, parseFilter } from './filter.ts';
import type { Listable } from './listable.ts';

const DEFAULT_PAGE_SIZE = 20;
const MAX_PAGE_SIZE = 200;
/** `total_size` is exact up to here; beyond, it says just this: counting must not make a list slow. */
export const COUNTED_ROWS = 10_000;

export type ListRequest = {
  listable: Listable;
  pageSize: number;
  sortBy: string;
  isDesc: boolean;
  predicates: Predicate[];
  /** Sort value and key of the first row of the page. */
  from?: [string | number, string];
};
/** Rows bear their key besides what was selected. */
export type Page<R> = { rows: (R & { row_key: string })[]; totalSize: number; nextPageToken: string };

/**
 * Reads page_size, sort_by, filter and page_token. A token brings sort and filter of its list along; what is given beside
 * it must say the same.
 * @source pipelines backend/src/apiserver/list/list.go@7b70c7b95f68
 */
export function parseListRequest(query: URLSearchParams, listable: Listable): ListRequest {
  const pageSize = parsePageSize(query.get('page_size'));
  const token = query.get('page_token');
  const sortBy = query.get('sort_by');
  const filter = query.get('filter');
  const asked = { listable, pageSize, ...parseSortBy(sortBy, listable), predicates: parseFilter(filter, listable) };
  if (!token) return asked;
  const replayed = { ...asked, ...parseToken(token, listable) };
  const same = (r: ListRequest) => JSON.stringify([r.sortBy, r.isDesc, r.predicates]);
  if ((sortBy || filter) && same(asked) !== same(replayed))
    throw apiErrors.invalidInput(
      'page token does not match the supplied sort by and/or filtering criteria. ' +
        'Either specify the same criteria or leave the latter empty if page token is specified',
    );
  return replayed;
}

/**
 * A page by keyset: no offset, so that page 1,000 costs what page 1 does. `select` names columns or joins from `t`, the
 * listable's table; `scope` are equalities beyond the filter (namespace, experiment).
 */
export async function listPage<R>(
  sql: Sql,
  request: ListRequest,
  o: { select: string; join?: string; scope: Readonly<Record<string, string>> },
): Promise<Page<R>> {
  const { listable, pageSize, sortBy, isDesc, from } = request;
  const sort = listable.fields[sortBy]!.column;
  const conditions: Condition[] = [
    ...Object.entries(o.scope).map(([column, value]) => ({ sql: `${column} = ?`, params: [value] })),
    ...request.predicates.map(p => conditionOf(p, listable, sortBy === 'created_at')),
  ];
  const start: Condition[] = from ? [{ sql: `(${sort}, ${listable.key}) ${isDesc ? '<=' : '>='} (?, ?)`, params: from }] : [];
  const inPage = [...conditions, ...start];
  const order = isDesc ? 'DESC' : 'ASC';
  const keys = `SELECT ${listable.key} AS row_key, ${sort} AS row_sort FROM ${listable.table} ${whereOf(inPage)}
    ORDER BY ${sort} ${order}, ${listable.key} ${order} LIMIT ${pageSize + 1}`;
  const page = `SELECT k.row_key, k.row_sort, ${o.select} FROM (${keys}) k JOIN ${listable.table} t ON t.${listable.key} = k.row_key
    ${o.join ?? ''} ORDER BY k.row_sort ${order}, k.row_key ${order}`;
  const rows = await sql.all<R & { row_key: string; row_sort: string | number }>(page, paramsOf(inPage));
  const next = rows.length > pageSize ? rows.pop() : undefined;
  return {
    rows,
    // A first page that is not full has counted everything.
    totalSize: next || from ? await countRows(sql, listable, conditions) : rows.length,
    nextPageToken: next ? tokenOf(request, [next.row_sort, next.row_key]) : '',
  };
}

async function countRows(sql: Sql, { table }: Listable, conditions: readonly Condition[]): Promise<number> {
  const count = `SELECT count(*) AS total FROM (SELECT 1 FROM ${table} ${whereOf(conditions)} LIMIT ${COUNTED_ROWS})`;
  return (await sql.all<{ total: number }>(count, paramsOf(conditions)))[0]!.total;
}

const whereOf = (conditions: readonly Condition[]) =>
  conditions.length === 0 ? '' : `WHERE ${conditions.map(c => c.sql).join(' AND ')}`;
const paramsOf = (conditions: readonly Condition[]): SqlValue[] => conditions.flatMap(c => c.params);

function parsePageSize(text: string | null): number {
  if (!text) return DEFAULT_PAGE_SIZE;
  if (!/^-?\d+$/.test(text)) throw apiErrors.malformed(`parsing field "page_size": ${JSON.stringify(text)} is no number`);
  const size = Number(text);
  if (size < 0) throw apiErrors.invalidInput(`The page size should be greater than 0. Got ${text}`);
  return size === 0 ? DEFAULT_PAGE_SIZE : Math.min(size, MAX_PAGE_SIZE);
}

function parseSortBy(text: string | null, listable: Listable): { sortBy: string; isDesc: boolean } {
  const [field, direction = 'asc', ...more] = (text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  if (field === undefined) return { sortBy: 'created_at', isDesc: false };
  if (more.length > 0 || !['asc', 'desc'].includes(direction))
    throw apiErrors.invalidInput(
      `Received invalid sort by format ${JSON.stringify(text)}. Supported format: "field_name", "field_name desc", or "field_name asc"`,
    );
  if (!Object.hasOwn(listable.fields, field))
    throw apiErrors.invalidInput(`Invalid sorting field: ${JSON.stringify(field)} on listable type ${listable.model}`);
  return { sortBy: field, isDesc: direction === 'desc' };
}

function tokenOf(r: ListRequest, [sortValue, key]: [string | number, string]): string {
  const token = {
    SortByFieldName: r.sortBy,
    SortByFieldValue: sortValue,
    KeyFieldName: r.listable.key,
    KeyFieldValue: key,
    IsDesc: r.isDesc,
    ModelName: r.listable.model,
    Filter: r.predicates,
  };
  return Buffer.from(JSON.stringify(token)).toString('base64');
}

/** Clients can write tokens as they like, so nothing in one is believed. */
function parseToken(
  text: string,
  listable: Listable,
): Pick<ListRequest, 'sortBy' | 'isDesc' | 'predicates'> & { from: [string | number, string] } {
  const invalid = (cause: string) => apiErrors.invalidInputBecause('Invalid page token', cause);
  let token: unknown;
  try {
    token = JSON.parse(Buffer.from(text, 'base64').toString());
  } catch (e) {
    throw invalid((e as Error).message);
  }
  if (!isObject(token)) throw invalid('it is no object');
  const {
    SortByFieldName: sortBy,
    SortByFieldValue: sortValue,
    KeyFieldValue: key,
    IsDesc: isDesc,
    ModelName: model,
    Filter: filter,
  } = token;
  if (model !== listable.model) throw invalid(`it is of a list of ${String(model)}`);
  if (typeof sortBy !== 'string' || !Object.hasOwn(listable.fields, sortBy)) throw invalid('unknown sort field name');
  if (typeof key !== 'string' || (typeof sortValue !== 'string' && typeof sortValue !== 'number'))
    throw invalid('it has no row to go on with');
  if (!Array.isArray(filter) || !filter.every(isPredicate)) throw invalid('its filter is none');
  return { sortBy, isDesc: isDesc === true, predicates: filter.map(p => checkPredicate(p, listable)), from: [sortValue, key] };
}

function isPredicate(p: unknown): p is Predicate {
  const isScalar = (v: unknown) => typeof v === 'string' || typeof v === 'number';
  return (
    isObject(p) &&
    typeof p['operation'] === 'string' &&
    typeof p['key'] === 'string' &&
    (isScalar(p['value']) || (Array.isArray(p['value']) && p['value'].every(isScalar)))
  );
}
