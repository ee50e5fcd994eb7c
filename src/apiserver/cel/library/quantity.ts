import { parseQuantity, type Quantity } from '../../validation/index.ts';
import { CelError, int64, Opaque } from '../values.ts';
import { fn, type Overload, traverse } from './library.ts';

const NANO = 1_000_000_000n;
const Q = 'kubernetes.Quantity';

class QuantityValue extends Opaque {
  readonly type = Q;
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    super();
    this.nanos = nanos;
  }
  equals(other: QuantityValue): boolean {
    return this.nanos === other.nanos;
  }
}
type V = QuantityValue;

function quantity(text: string): V {
  const parsed: Quantity | undefined = parseQuantity(text);
  if (!parsed) throw new CelError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  return new QuantityValue(parsed.nanos);
}
const isInteger = (q: V) => q.nanos % NANO === 0n && q.nanos / NANO < 2n ** 63n && q.nanos / NANO >= -(2n ** 63n);
function asInteger(q: V): bigint {
  if (!isInteger(q)) throw new CelError('cannot convert value to integer');
  return int64(q.nanos / NANO);
}
const add = (sign: bigint) => (a: V, b: V | bigint) =>
  new QuantityValue(a.nanos + sign * (typeof b === 'bigint' ? b * NANO : b.nanos));
const order = (a: V, b: V) => (a.nanos < b.nanos ? -1n : a.nanos > b.nanos ? 1n : 0n);

/** Resource quantities. @source apiserver pkg/cel/library/quantity.go@24a394e516bf */
export const quantities: readonly Overload[] = [
  fn(`quantity(string): ${Q}`, quantity, { cost: traverse }),
  fn('isQuantity(string): bool', (s: string) => parseQuantity(s) !== undefined, { cost: traverse }),
  fn(`${Q}.isInteger(): bool`, isInteger),
  fn(`${Q}.asInteger(): int`, asInteger),
  fn(`${Q}.asApproximateFloat(): double`, (q: V) => Number(q.nanos) / 1e9),
  fn(`${Q}.sign(): int`, (q: V) => (q.nanos > 0n ? 1n : q.nanos < 0n ? -1n : 0n)),
  fn(`${Q}.add(${Q}): ${Q}`, add(1n)),
  fn(`${Q}.add(int): ${Q}`, add(1n)),
  fn(`${Q}.sub(${Q}): ${Q}`, add(-1n)),
  fn(`${Q}.sub(int): ${Q}`, add(-1n)),
  fn(`${Q}.isGreaterThan(${Q}): bool`, (a: V, b: V) => order(a, b) > 0n),
  fn(`${Q}.isLessThan(${Q}): bool`, (a: V, b: V) => order(a, b) < 0n),
  fn(`${Q}.compareTo(${Q}): int`, order),
];
