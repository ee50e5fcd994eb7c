import { show } from '../types.ts';
import { CelError, Duration, int64, Timestamp, TypeValue, typeOf, type Uint, uint64 } from '../values.ts';
import { firstOf, fn, type Overload, traverse } from './library.ts';
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from './time.ts';

function integer(text: string, pattern: RegExp, type: string): bigint {
  if (!pattern.test(text)) throw new CelError(`type conversion error from 'string' to '${type}'`);
  return BigInt(text);
}
function truncated(n: number): bigint {
  // The limits themselves are not exact as doubles.
  if (!(Math.abs(n) < 2 ** 64)) throw new CelError('integer overflow');
  return BigInt(Math.trunc(n));
}
function number(text: string): number {
  const n = /^\s*$|^0[xXbBoO]/.test(text) ? Number.NaN : Number(text);
  if (Number.isNaN(n) && text !== 'NaN')
    throw new CelError(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
  return n;
}
/** A double as Go's %g. */
export function formatDouble(n: number): string {
  if (!Number.isFinite(n)) return Number.isNaN(n) ? 'NaN' : n > 0 ? '+Inf' : '-Inf';
  return String(n).replace(/e([+-])(\d)$/, 'e$10$2');
}
const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);
function bool(text: string): boolean {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new CelError(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}
function need<T>(value: T | undefined, text: string, what: string): T {
  if (value === undefined) throw new CelError(`${what} ${JSON.stringify(text)}`);
  return value;
}
const text = new TextDecoder('utf-8', { fatal: true });
function decode(bytes: Uint8Array): string {
  try {
    return text.decode(bytes);
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string');
  }
}
const FULL_NAMES: Readonly<Record<string, string>> = {
  null: 'null_type',
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
};
function typeName(v: unknown): string {
  const name = show(typeOf(v)).replace(/\(.*/, '');
  return FULL_NAMES[name] ?? name;
}
const same = (v: unknown) => v;
const read = { cost: traverse, resultSize: firstOf };

/** Conversions between types. @source cel-go common/stdlib/standard.go */
export const conversions: readonly Overload[] = [
  fn('int(int): int', same),
  fn('int(uint): int', (v: Uint) => int64(v.value)),
  fn('int(double): int', (v: number) => int64(v <= -(2 ** 63) ? -(2n ** 64n) : truncated(v))),
  fn('int(string): int', (v: string) => int64(integer(v, /^[+-]?\d+$/, 'int'))),
  fn('int(timestamp): int', (v: Timestamp) => v.ns / 1_000_000_000n),
  fn('int(duration): int', (v: Duration) => v.ns),
  fn('uint(uint): uint', same),
  fn('uint(int): uint', (v: bigint) => uint64(v)),
  fn('uint(double): uint', (v: number) => uint64(truncated(v))),
  fn('uint(string): uint', (v: string) => uint64(integer(v, /^\d+$/, 'uint'))),
  fn('double(double): double', same),
  fn('double(int): double', (v: bigint) => Number(v)),
  fn('double(uint): double', (v: Uint) => Number(v.value)),
  fn('double(string): double', number),
  fn('string(string): string', same),
  fn('string(int): string', (v: bigint) => String(v), { resultSize: () => 20 }),
  fn('string(uint): string', (v: Uint) => String(v.value), { resultSize: () => 20 }),
  fn('string(double): string', formatDouble, { resultSize: () => 24 }),
  fn('string(bool): string', (v: boolean) => String(v), { resultSize: () => 5 }),
  fn('string(bytes): string', decode, read),
  fn('string(timestamp): string', formatTimestamp, { resultSize: () => 35 }),
  fn('string(duration): string', formatDuration, { resultSize: () => 32 }),
  fn('bytes(bytes): bytes', same),
  fn('bytes(string): bytes', (v: string) => new TextEncoder().encode(v), read),
  fn('bool(bool): bool', same),
  fn('bool(string): bool', bool),
  fn('timestamp(timestamp): timestamp', same),
  fn('timestamp(int): timestamp', (v: bigint) => new Timestamp(v * 1_000_000_000n)),
  fn('timestamp(string): timestamp', (v: string) => need(parseTimestamp(v), v, 'cannot parse as a timestamp:')),
  fn('duration(duration): duration', same),
  fn('duration(int): duration', (v: bigint) => new Duration(v)),
  fn('duration(string): duration', (v: string) => need(parseDuration(v), v, 'time: invalid duration')),
  fn('dyn(T): dyn', same, { resultSize: firstOf }),
  fn('type(T): type', (v: unknown) => (v instanceof TypeValue ? new TypeValue('type') : new TypeValue(typeName(v)))),
];
