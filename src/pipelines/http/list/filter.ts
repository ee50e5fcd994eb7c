import type { SqlValue } from '../../../data/types.ts';
import { apiErrors } from '../errors.ts';
import { decodeMessage, isTime, unixSeconds } from '../wire/message.ts';
import { filterMessage, type Operation } from '../wire/messages.ts';
import type { Listable } from './listable.ts';

/** One condition, checked: it travels in page tokens too. */
export type Predicate = { operation: Operation; key: string; value: Value };
type Scalar = string | number;
type Value = Scalar | Scalar[];
export type Condition = { sql: string; params: SqlValue[] };

/**
 * Reads the query parameter `filter`: JSON, perhaps URL-encoded once more, with snake_case or camelCase names and
 * operations by name or number, as the UI and the SDK send it.
 * @source pipelines backend/src/apiserver/server/list_request_util.go@7b70c7b95f68
 */
export function parseFilter(text: string | null, listable: Listable): Predicate[] {
  if (!text) return [];
  const { predicates = [] } = decodeMessage(filterMessage, parseJson(text));
  return predicates.map(p => {
    if (!p.operation) throw apiErrors.invalidInput('invalid predicate operation: OPERATION_UNSPECIFIED');
    const value =
      p.string_value ??
      p.int_value ??
      p.long_value ??
      p.timestamp_value ??
      p.string_values?.values ??
      p.int_values?.values ??
      p.long_values?.values;
    if (value === undefined) throw apiErrors.invalidInput(`predicate of ${JSON.stringify(p.key ?? '')} has no value`);
    return checkPredicate({ operation: p.operation as Operation, key: p.key ?? '', value: value as Value }, listable);
  });
}

/** @throws ApiError 400 for what this list cannot be filtered by; also for what a client made up in a page token. */
export function checkPredicate(p: Predicate, listable: Listable): Predicate {
  const { operation, key, value } = p;
  if (!OPERATIONS.has(operation)) throw apiErrors.invalidInput(`invalid predicate operation: ${String(operation)}`);
  if (key === '') throw apiErrors.invalidInput(`Predicate key cannot be empty for operation ${operation} and value ${value}`);
  const isTag = key.startsWith('tags.') && listable.hasTags;
  if (!isTag && !Object.hasOwn(listable.fields, key))
    throw apiErrors.invalidInput(`no support for filtering on unrecognized field ${JSON.stringify(key)}`);
  if (isTag && operation !== 'EQUALS')
    throw apiErrors.invalidInput(
      `only EQUALS operation is supported for tag filtering, got ${operation} for key ${JSON.stringify(key)}`,
    );
  if (isTag && typeof value !== 'string')
    throw apiErrors.invalidInput(`tag filter value must be a string for key ${JSON.stringify(key)}`);
  if (operation === 'IN' && !Array.isArray(value))
    throw apiErrors.invalidInput(`cannot use IN operator with scalar type ${typeof value}`);
  if (operation !== 'IN' && Array.isArray(value))
    throw apiErrors.invalidInput(`cannot use scalar operator ${operation} on array type`);
  if (operation === 'IS_SUBSTRING' && typeof value !== 'string')
    throw apiErrors.invalidInput(`cannot use non string value type ${typeof value} with operator ${operation}`);
  return p;
}

const OPERATIONS: ReadonlySet<string> = new Set(filterMessage.predicates.list.message.operation.slice(1).filter(Boolean));
const COMPARE: Partial<Record<Operation, string>> = {
  EQUALS: '=',
  NOT_EQUALS: '<>',
  GREATER_THAN: '>',
  GREATER_THAN_EQUALS: '>=',
  LESS_THAN: '<',
  LESS_THAN_EQUALS: '<=',
};

/** The predicate as SQL. `useIndex: false` keeps SQLite from a filter index that would cost it the order of the list. */
export function conditionOf({ operation, key, value }: Predicate, listable: Listable, useIndex: boolean): Condition {
  const field = listable.fields[key];
  if (!field)
    return {
      sql: 'EXISTS (SELECT 1 FROM json_each(tags) WHERE key = ? AND value = ?)',
      params: [key.slice('tags.'.length), value as string],
    };
  const column = useIndex || listable.selective.includes(key) ? field.column : `+${field.column}`;
  const operand = (v: Scalar): SqlValue => {
    if (field.type === 'text') return String(v);
    if (typeof v === 'number') return v;
    if (!isTime(v)) throw apiErrors.invalidInput(`${JSON.stringify(v)} is no time to compare ${key} with`);
    return unixSeconds(v);
  };
  if (Array.isArray(value))
    return { sql: `${column} IN (SELECT value FROM json_each(?))`, params: [JSON.stringify(value.map(operand))] };
  if (operation === 'IS_SUBSTRING')
    return { sql: `${column} LIKE ? ESCAPE '\\'`, params: [`%${String(value).replace(/[\\%_]/g, '\\$&')}%`] };
  return { sql: `${column} ${COMPARE[operation]} ?`, params: [operand(value)] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      return JSON.parse(decodeURIComponent(text.replaceAll('+', ' ')));
    } catch (e) {
      throw apiErrors.invalidInput(
        `failed to parse valid filter from ${JSON.stringify(text.slice(0, 200))}: ${(e as Error).message}`,
      );
    }
  }
}
