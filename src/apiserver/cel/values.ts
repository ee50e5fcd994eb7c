import { type CelType, DYN, type ListKind, list, map, optional, scalar } from './types.ts';

/** What goes wrong while an expression is evaluated. */
export class CelError extends Error {}

/** The years 1 to 9999. */
const FIRST_NS = -62_135_596_800_000_000_000n;
const LAST_NS = 253_402_300_799_999_999_999n;

/** Ints are bigints, doubles numbers, bytes Uint8Arrays, lists arrays, maps and objects Maps. */
export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}
export class Timestamp {
  /** Nanoseconds since 1970. */
  readonly ns: bigint;
  constructor(ns: bigint) {
    if (ns < FIRST_NS || ns > LAST_NS) throw new CelError('timestamp overflow');
    this.ns = ns;
  }
}
export class Duration {
  /** Nanoseconds, as an int holds them. */
  readonly ns: bigint;
  constructor(ns: bigint) {
    this.ns = int64(ns);
  }
}
export class Optional {
  static readonly none = new Optional(undefined);
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
  get isPresent(): boolean {
    return this.value !== undefined;
  }
}
export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}
/** A value of a Kubernetes library: a quantity, a URL, an address. */
export abstract class Opaque {
  abstract readonly type: string;
  abstract equals(other: Opaque): boolean;
}

export const overflow = () => new CelError('integer overflow');
export const noOverload = (name: string) => new CelError(`no such overload: ${name}`);

const MAX_INT = 2n ** 63n - 1n;
/** @throws CelError when an int does not fit in 64 bits */
export function int64(n: bigint): bigint {
  if (n > MAX_INT || n < -MAX_INT - 1n) throw overflow();
  return n;
}
export function uint64(n: bigint): Uint {
  if (n < 0n || n >= 2n ** 64n) throw new CelError('unsigned integer overflow');
  return new Uint(n);
}

/** Lists whose order or keys are not part of their identity, as their schema says. */
export const listKinds = new WeakMap<object, ListKind>();

/** The type of a value as far as its outermost level tells. */
export function typeOf(v: unknown): CelType {
  switch (typeof v) {
    case 'boolean':
      return scalar('bool');
    case 'bigint':
      return scalar('int');
    case 'number':
      return scalar('double');
    case 'string':
      return scalar('string');
  }
  if (v === null) return scalar('null');
  if (Array.isArray(v)) return list(v.length > 0 ? typeOf(v[0]) : DYN);
  if (v instanceof Map) return map(DYN, DYN);
  if (v instanceof Uint) return scalar('uint');
  if (v instanceof Uint8Array) return scalar('bytes');
  if (v instanceof Timestamp) return scalar('timestamp');
  if (v instanceof Duration) return scalar('duration');
  if (v instanceof Optional) return optional(DYN);
  if (v instanceof TypeValue) return scalar('type');
  if (v instanceof Opaque) return { kind: 'opaque', name: v.type };
  return DYN;
}

const isNumber = (v: unknown): v is bigint | number | Uint => typeof v === 'bigint' || typeof v === 'number' || v instanceof Uint;
const plain = (v: bigint | number | Uint) => (v instanceof Uint ? v.value : v);

/** Equality over all types: numbers by value, sets and map lists without their order. Different types are unequal. */
export function equals(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number are compared by value
  if (isNumber(a) && isNumber(b)) return plain(a) == plain(b);
  if (Array.isArray(a) && Array.isArray(b)) return equalLists(a, b);
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([k, v]) => lookup(b, k) !== undefined && equals(v, lookup(b, k)));
  if (a instanceof Uint8Array && b instanceof Uint8Array) return a.length === b.length && a.every((x, i) => x === b[i]);
  if (a instanceof Timestamp && b instanceof Timestamp) return a.ns === b.ns;
  if (a instanceof Duration && b instanceof Duration) return a.ns === b.ns;
  if (a instanceof Optional && b instanceof Optional) return a.isPresent === b.isPresent && equals(a.value, b.value);
  if (a instanceof TypeValue && b instanceof TypeValue) return a.name === b.name;
  if (a instanceof Opaque && b instanceof Opaque) return a.type === b.type && a.equals(b);
  return false;
}

function equalLists(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  const kind = listKinds.get(a) ?? listKinds.get(b);
  if (!kind) return a.every((v, i) => equals(v, b[i]));
  return a.every(v => b.some(other => equals(v, other)));
}

/** A member of a map; undefined when there is none. Numbers of another type find their equals. */
export function lookup(m: ReadonlyMap<unknown, unknown>, key: unknown): unknown {
  const found = m.get(key);
  if (found !== undefined || !isNumber(key)) return found;
  for (const [k, v] of m) if (equals(k, key)) return v;
  return undefined;
}

/** Less than zero, zero or more, as usual. @throws CelError for values without an order between them */
export function compare(a: unknown, b: unknown): number {
  if (isNumber(a) && isNumber(b)) return order(plain(a), plain(b));
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof Timestamp && b instanceof Timestamp) return order(a.ns, b.ns);
  if (a instanceof Duration && b instanceof Duration) return order(a.ns, b.ns);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  throw noOverload('_<_');
}
function order(a: bigint | number, b: bigint | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
/** By code points, as Go's strings. */
function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The size that costs are counted by: characters, bytes, items, entries; one for the rest. */
export function sizeOf(v: unknown): number {
  if (typeof v === 'string' || Array.isArray(v) || v instanceof Uint8Array) return v.length;
  if (v instanceof Map) return v.size;
  return 1;
}
