import { jsonEqual } from '../equality.ts';
import { patchErrors } from './errors.ts';
import { isObject, type JsonObject } from './json.ts';

const MAX_OPERATIONS = 10_000;

type Operation = { op: string; path: string[]; from?: string[]; value?: unknown };

/**
 * Applies a JSON Patch (RFC 6902) and gives the new document; the old one is shared where nothing changed.
 *
 * @param doc  any JSON value, may be frozen
 * @param ops  the patch as parsed JSON
 * @throws     StatusError 400 when the patch is malformed, 413 above 10,000 operations, 422 when it does not fit the document
 * @source     apiserver pkg/endpoints/handlers/patch.go@24a394e516bf; evanphx/json-patch (negative indices count from the end)
 */
export function jsonPatch<T>(doc: T, ops: unknown): T {
  let result: unknown = doc;
  for (const operation of decode(ops)) result = applyOperation(result, operation);
  return result as T;
}

function decode(ops: unknown): Operation[] {
  if (!Array.isArray(ops)) throw patchErrors.malformed('a JSON patch is an array of operations');
  if (ops.length > MAX_OPERATIONS) throw patchErrors.tooManyOperations(MAX_OPERATIONS, ops.length);
  return ops.map(raw => {
    if (!isObject(raw) || typeof raw.op !== 'string') throw patchErrors.malformed('an operation needs "op" and "path"');
    const operation: Operation = { op: raw.op, path: parsePointer(raw.path) };
    if (raw.op === 'move' || raw.op === 'copy') operation.from = parsePointer(raw.from);
    if (Object.hasOwn(raw, 'value')) operation.value = raw.value;
    return operation;
  });
}

function parsePointer(pointer: unknown): string[] {
  if (pointer === '') return [];
  if (typeof pointer !== 'string' || !pointer.startsWith('/'))
    throw patchErrors.malformed(`invalid pointer ${JSON.stringify(pointer)}`);
  return pointer
    .slice(1)
    .split('/')
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function applyOperation(doc: unknown, { op, path, from, value }: Operation): unknown {
  switch (op) {
    case 'add':
      return add(doc, path, value ?? null);
    case 'remove':
      return remove(doc, path);
    case 'replace':
      read(doc, path);
      return path.length === 0 ? (value ?? null) : edit(doc, path, { set: value ?? null });
    case 'move': {
      const moved = read(doc, from!);
      return add(remove(doc, from!), path, moved);
    }
    case 'copy':
      return add(doc, path, read(doc, from!));
    case 'test':
      if (!jsonEqual(peek(doc, path) ?? null, value ?? null)) throw patchErrors.rejected();
      return doc;
    default:
      throw patchErrors.rejected();
  }
}

function add(doc: unknown, path: string[], value: unknown): unknown {
  return path.length === 0 ? value : edit(doc, path, { insert: value });
}

function remove(doc: unknown, path: string[]): unknown {
  if (path.length === 0) throw patchErrors.rejected();
  read(doc, path);
  return edit(doc, path, 'remove');
}

type Edit = { set: unknown } | { insert: unknown } | 'remove';

/** Copies the containers along `path`, changes the last one. */
function edit(container: unknown, path: readonly string[], change: Edit): unknown {
  const [head, ...rest] = path as [string, ...string[]];
  if (Array.isArray(container)) {
    const isInsert = rest.length === 0 && change !== 'remove' && 'insert' in change;
    const index = indexIn(container, head, isInsert);
    if (rest.length > 0) return container.with(index, edit(container[index], rest, change));
    if (change === 'remove') return container.toSpliced(index, 1);
    return 'insert' in change ? container.toSpliced(index, 0, change.insert) : container.with(index, change.set);
  }
  if (!isObject(container)) throw patchErrors.rejected();
  if (rest.length > 0) {
    if (!Object.hasOwn(container, head)) throw patchErrors.rejected();
    return { ...container, [head]: edit(container[head], rest, change) };
  }
  if (change !== 'remove') return { ...container, [head]: 'insert' in change ? change.insert : change.set };
  const { [head]: _, ...others } = container as JsonObject;
  return others;
}

function indexIn(list: readonly unknown[], text: string, forInsert: boolean): number {
  const end = forInsert ? list.length : list.length - 1;
  if (text === '-' && forInsert) return list.length;
  if (!/^(0|-?[1-9][0-9]*)$/.test(text)) throw patchErrors.rejected();
  const number = Number(text);
  const index = number < 0 ? list.length + number : number;
  if (index < 0 || index > end) throw patchErrors.rejected();
  return index;
}

/** The value at `path`, or undefined when the last member is missing; a missing parent is an error. */
function peek(doc: unknown, path: readonly string[]): unknown {
  let value = doc;
  for (const [i, part] of path.entries()) {
    if (Array.isArray(value)) value = value[indexIn(value, part, false)];
    else if (isObject(value) && Object.hasOwn(value, part)) value = value[part];
    else if (isObject(value) && i === path.length - 1) return undefined;
    else throw patchErrors.rejected();
  }
  return value;
}

function read(doc: unknown, path: readonly string[]): unknown {
  const value = peek(doc, path);
  if (value === undefined) throw patchErrors.rejected();
  return value;
}
