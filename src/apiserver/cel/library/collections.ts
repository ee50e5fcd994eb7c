import { CelError, compare, Duration, equals, int64, Optional, Uint } from '../values.ts';
import { firstOf, fn, type Overload, perItem, product } from './library.ts';

type List = readonly unknown[];
const NUMERIC: readonly [string, unknown, (a: never, b: never) => unknown][] = [
  ['int', 0n, (a: bigint, b: bigint) => int64(a + b)],
  ['uint', new Uint(0n), (a: Uint, b: Uint) => new Uint(a.value + b.value)],
  ['double', 0, (a: number, b: number) => a + b],
  ['duration', new Duration(0n), (a: Duration, b: Duration) => new Duration(a.ns + b.ns)],
];
const ORDERED = ['int', 'uint', 'double', 'bool', 'string', 'bytes', 'duration', 'timestamp'];

function extreme(l: List, sign: number, name: string): unknown {
  if (l.length === 0) throw new CelError(`${name} called on empty list`);
  return l.reduce((best, v) => (compare(v, best) * sign > 0 ? v : best));
}
function isSorted(l: List): boolean {
  return l.every((v, i) => i === 0 || compare(l[i - 1], v) <= 0);
}
function flatten(l: List, depth = 1n): unknown[] {
  if (depth < 0n) throw new CelError('flatten(): level must be non-negative');
  return l.flatMap(v => (Array.isArray(v) && depth > 0n ? (flatten(v, depth - 1n) as unknown[]) : [v]));
}
function slice(l: List, from: bigint, to: bigint): unknown[] {
  if (from < 0n || to < 0n || from > to || to > BigInt(l.length))
    throw new CelError(`cannot slice(${from}, ${to}), list is length ${l.length}`);
  return l.slice(Number(from), Number(to));
}
const distinct = (l: List) => l.filter((v, i) => l.findIndex(other => equals(other, v)) === i);
const has = (l: List, v: unknown) => l.some(other => equals(other, v));
const square = ([n = 0]: readonly number[]) => n * n;
const walk = { cost: perItem };
const walkList = { cost: perItem, resultSize: firstOf };

/** Functions over lists. @source apiserver pkg/cel/library/lists.go@24a394e516bf, cel-go ext/lists.go (version 3) and ext/sets.go */
export const collections: readonly Overload[] = [
  ...ORDERED.flatMap(t => [
    fn(`list(${t}).isSorted(): bool`, isSorted, walk),
    fn(`list(${t}).min(): ${t}`, (l: List) => extreme(l, -1, 'min'), walk),
    fn(`list(${t}).max(): ${t}`, (l: List) => extreme(l, 1, 'max'), walk),
    fn(`list(${t}).sort(): list(${t})`, (l: List) => l.toSorted(compare), { cost: square, resultSize: firstOf }),
  ]),
  ...NUMERIC.map(([t, zero, add]) => fn(`list(${t}).sum(): ${t}`, (l: never[]) => l.reduce(add as never, zero as never), walk)),
  fn('list(T).indexOf(T): int', (l: List, v: unknown) => BigInt(l.findIndex(other => equals(other, v))), walk),
  fn('list(T).lastIndexOf(T): int', (l: List, v: unknown) => BigInt(l.findLastIndex(other => equals(other, v))), walk),
  fn('list(T).distinct(): list(T)', distinct, { cost: square, resultSize: firstOf }),
  fn('list(T).reverse(): list(T)', (l: List) => l.toReversed(), walkList),
  fn('list(T).slice(int, int): list(T)', slice, walkList),
  fn('list(T).first(): optional(T)', (l: List) => (l.length > 0 ? new Optional(l[0]) : Optional.none)),
  fn('list(T).last(): optional(T)', (l: List) => (l.length > 0 ? new Optional(l.at(-1)) : Optional.none)),
  fn('list(dyn).flatten(): list(dyn)', flatten, walkList),
  fn('list(dyn).flatten(int): list(dyn)', flatten, walkList),
  fn('lists.range(int): list(int)', (n: bigint) => Array.from({ length: Number(n) }, (_, i) => BigInt(i)), walkList),
  fn('sets.contains(list(T), list(T)): bool', (a: List, b: List) => b.every(v => has(a, v)), { cost: product }),
  fn('sets.equivalent(list(T), list(T)): bool', (a: List, b: List) => a.every(v => has(b, v)) && b.every(v => has(a, v)), {
    cost: product,
  }),
  fn('sets.intersects(list(T), list(T)): bool', (a: List, b: List) => a.some(v => has(b, v)), { cost: product }),
];
