import { CelError, compare, Duration, equals, int64, listKinds, lookup, Timestamp, type Uint, uint64 } from '../values.ts';
import { firstOf, fn, type Overload, sumOf, TRAVERSAL, traverseAll } from './library.ts';

const zero = (b: bigint, what: string) => {
  if (b === 0n) throw new CelError(what);
  return b;
};
const u = (apply: (a: bigint, b: bigint) => bigint) => (a: Uint, b: Uint) => uint64(apply(a.value, b.value));
/** Comparing texts reads the shorter one. */
const shorter = ([a = 1, b = 1]: readonly number[]) => Math.max(1, Math.ceil(Math.min(a, b) * TRAVERSAL));

const NUMBERS = ['int', 'uint', 'double'] as const;
const COMPARABLE = ['bool', 'string', 'bytes', 'timestamp', 'duration'];
const TESTS: Readonly<Record<string, (order: number) => boolean>> = {
  '_<_': o => o < 0,
  '_<=_': o => o <= 0,
  '_>_': o => o > 0,
  '_>=_': o => o >= 0,
};
/** NaN is in no order to anything. */
const ordered = (holds: (order: number) => boolean) => (a: unknown, b: unknown) =>
  !Number.isNaN(a) && !Number.isNaN(b) && holds(compare(a, b));

const comparisons = Object.entries(TESTS).flatMap(([name, holds]) => [
  ...COMPARABLE.map(t => fn(`${name}(${t}, ${t}): bool`, ordered(holds), { cost: shorter })),
  ...NUMBERS.flatMap(a => NUMBERS.map(b => fn(`${name}(${a}, ${b}): bool`, ordered(holds)))),
]);

/** Lists that are sets or maps by their schema merge; others follow each other. */
function concat(a: readonly unknown[], b: readonly unknown[]): unknown[] {
  const kind = listKinds.get(a);
  if (!kind) return [...a, ...b];
  const keyOf = (v: unknown) => (kind.type === 'map' && v instanceof Map ? kind.keys.map(k => v.get(k)) : v);
  const merged = a.map(v => b.find(other => equals(keyOf(v), keyOf(other))) ?? v);
  const all = [...merged, ...b.filter(v => !a.some(other => equals(keyOf(v), keyOf(other))))];
  listKinds.set(all, kind);
  return all;
}

/** Operators. @source cel-go common/stdlib/standard.go, apiserver pkg/cel/common/values.go@24a394e516bf */
export const operators: readonly Overload[] = [
  ...comparisons,
  fn('_==_(T, T): bool', equals, { cost: shorter }),
  fn('_!=_(T, T): bool', (a, b) => !equals(a, b), { cost: shorter }),
  fn('!_(bool): bool', (a: boolean) => !a),
  fn('-_(int): int', (a: bigint) => int64(-a)),
  fn('-_(double): double', (a: number) => -a),
  fn('_+_(int, int): int', (a: bigint, b: bigint) => int64(a + b)),
  fn(
    '_+_(uint, uint): uint',
    u((a, b) => a + b),
  ),
  fn('_+_(double, double): double', (a: number, b: number) => a + b),
  fn('_+_(string, string): string', (a: string, b: string) => a + b, { cost: traverseAll, resultSize: sumOf }),
  fn('_+_(bytes, bytes): bytes', (a: Uint8Array, b: Uint8Array) => Buffer.concat([a, b]), {
    cost: traverseAll,
    resultSize: sumOf,
  }),
  fn('_+_(list(T), list(T)): list(T)', concat, { resultSize: sumOf }),
  fn('_+_(timestamp, duration): timestamp', (a: Timestamp, b: Duration) => new Timestamp(a.ns + b.ns)),
  fn('_+_(duration, timestamp): timestamp', (a: Duration, b: Timestamp) => new Timestamp(a.ns + b.ns)),
  fn('_+_(duration, duration): duration', (a: Duration, b: Duration) => new Duration(a.ns + b.ns)),
  fn('_-_(int, int): int', (a: bigint, b: bigint) => int64(a - b)),
  fn(
    '_-_(uint, uint): uint',
    u((a, b) => a - b),
  ),
  fn('_-_(double, double): double', (a: number, b: number) => a - b),
  fn('_-_(timestamp, timestamp): duration', (a: Timestamp, b: Timestamp) => new Duration(a.ns - b.ns)),
  fn('_-_(timestamp, duration): timestamp', (a: Timestamp, b: Duration) => new Timestamp(a.ns - b.ns)),
  fn('_-_(duration, duration): duration', (a: Duration, b: Duration) => new Duration(a.ns - b.ns)),
  fn('_*_(int, int): int', (a: bigint, b: bigint) => int64(a * b)),
  fn(
    '_*_(uint, uint): uint',
    u((a, b) => a * b),
  ),
  fn('_*_(double, double): double', (a: number, b: number) => a * b),
  fn('_/_(int, int): int', (a: bigint, b: bigint) => int64(a / zero(b, 'division by zero'))),
  fn(
    '_/_(uint, uint): uint',
    u((a, b) => a / zero(b, 'division by zero')),
  ),
  fn('_/_(double, double): double', (a: number, b: number) => a / b),
  fn('_%_(int, int): int', (a: bigint, b: bigint) => int64(a % zero(b, 'modulus by zero'))),
  fn(
    '_%_(uint, uint): uint',
    u((a, b) => a % zero(b, 'modulus by zero')),
  ),
  fn('@in(T, list(T)): bool', (a: unknown, l: unknown[]) => l.some(v => equals(v, a)), { cost: ([, n = 0]) => n }),
  fn('@in(K, map(K, V)): bool', (k: unknown, m: Map<unknown, unknown>) => lookup(m, k) !== undefined),
  fn('_[_](list(T), int): T', at, { resultSize: () => 1 }),
  fn('_[_](map(K, V), K): V', (m: Map<unknown, unknown>, k: unknown) => {
    const found = lookup(m, k);
    if (found === undefined) throw new CelError(`no such key: ${String(k)}`);
    return found;
  }),
  ...['string', 'bytes', 'list(T)', 'map(K, V)'].flatMap(t => [
    fn(`size(${t}): int`, sizeOfValue, { resultSize: firstOf }),
    fn(`${t}.size(): int`, sizeOfValue, { resultSize: firstOf }),
  ]),
];

function at(l: readonly unknown[], i: unknown): unknown {
  const index = Number(i);
  if (!Number.isInteger(index) || index < 0 || index >= l.length) throw new CelError(`index out of bounds: ${String(i)}`);
  return l[index];
}
function sizeOfValue(v: string | Uint8Array | readonly unknown[] | Map<unknown, unknown>): bigint {
  if (typeof v === 'string') return BigInt([...v].length);
  return BigInt(v instanceof Map ? v.size : v.length);
}
