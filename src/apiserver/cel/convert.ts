import { namesOf } from './declare.ts';
import { parseDuration, parseTimestamp } from './library/time.ts';
import type { CelType } from './types.ts';
import { listKinds } from './values.ts';

/** Values of JSON that are converted already; JSON nodes stay as they are while one object is looked at. */
export type Converted = WeakMap<object, unknown>;

/** A JSON value as an expression sees it: integers are ints, objects are maps with escaped names, absent is undefined. */
export function toCel(type: CelType, value: unknown, known: Converted = new WeakMap()): unknown {
  if (value === null || value === undefined) return value;
  if (typeof value !== 'object') return fromScalar(type, value);
  const before = known.get(value);
  if (before !== undefined) return before;
  const converted = Array.isArray(value)
    ? fromList(type, value, known)
    : fromObject(type, value as Record<string, unknown>, known);
  known.set(value, converted);
  return converted;
}

function fromScalar(type: CelType, value: unknown): unknown {
  const name = type.kind === 'scalar' ? type.name : 'dyn';
  if (typeof value === 'number') return name === 'double' || !Number.isInteger(value) ? value : BigInt(value);
  if (typeof value !== 'string') return value;
  if (name === 'bytes') return new Uint8Array(Buffer.from(value, 'base64'));
  if (name === 'duration') return parseDuration(value) ?? value;
  if (name === 'timestamp') return parseTimestamp(value) ?? value;
  return value;
}

function fromList(type: CelType, value: readonly unknown[], known: Converted): unknown[] {
  const of = type.kind === 'list' ? type.of : type;
  const items = value.map(item => toCel(of, item, known));
  if (type.kind === 'list' && type.keyed) listKinds.set(items, type.keyed);
  return items;
}

function fromObject(type: CelType, value: Readonly<Record<string, unknown>>, known: Converted): Map<string, unknown> {
  const members = new Map<string, unknown>();
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    if (type.kind !== 'object') {
      members.set(key, toCel(type.kind === 'map' ? type.of : type, member, known));
      continue;
    }
    for (const name of namesOf(key)) {
      const of = type.fields.get(name);
      if (of) members.set(name, toCel(of, member, known));
    }
  }
  return members;
}
