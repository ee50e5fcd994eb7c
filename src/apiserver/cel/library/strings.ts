import { CelError } from '../values.ts';
import { formatText } from './format-text.ts';
import { firstOf, fn, type Overload, product, sumOf, TRAVERSAL, traverse, traverseAll } from './library.ts';

const points = (s: string) => [...s];
const toInt = (n: bigint) => Number(n);

function slice(s: string, from: bigint, to?: bigint): string {
  const all = points(s);
  const end = to === undefined ? all.length : toInt(to);
  if (from < 0n || toInt(from) > all.length) throw new CelError(`index out of range: ${from}`);
  if (end < 0 || end > all.length) throw new CelError(`index out of range: ${end}`);
  if (toInt(from) > end) throw new CelError(`invalid substring range. start: ${from}, end: ${end}`);
  return all.slice(toInt(from), end).join('');
}
function charAt(s: string, i: bigint): string {
  const all = points(s);
  if (i < 0n || toInt(i) > all.length) throw new CelError(`index out of range: ${i}`);
  return all[toInt(i)] ?? '';
}
function search(s: string, part: string, from: number, isLast: boolean): bigint {
  const all = points(s);
  if (from < 0 || from > all.length) throw new CelError(`index out of range: ${from}`);
  const step = isLast ? -1 : 1;
  const wanted = points(part);
  for (let i = from; i >= 0 && i + (isLast ? 0 : wanted.length) <= all.length; i += step)
    if (wanted.every((c, k) => all[i + k] === c)) return BigInt(i);
  return -1n;
}
function split(s: string, by: string, limit = -1n): string[] {
  if (limit === 0n) return [];
  const parts = by === '' ? points(s) : s.split(by);
  const max = toInt(limit);
  if (max < 0 || parts.length <= max) return parts;
  return [...parts.slice(0, max - 1), parts.slice(max - 1).join(by)];
}
function replace(s: string, old: string, by: string, limit = -1n): string {
  if (limit < 0n) return s.replaceAll(old, () => by);
  let out = '';
  let at = 0;
  for (let n = limit; n > 0n; n--) {
    const found = s.indexOf(old, at);
    if (found < 0) break;
    out += s.slice(at, found) + by;
    at = found + old.length;
  }
  return out + s.slice(at);
}
const ascii = (s: string, re: RegExp, shift: number) => s.replace(re, c => String.fromCharCode(c.charCodeAt(0) + shift));
/** Unicode's White_Space: JavaScript's own set has one more. */
const WHITE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const TRIM = new RegExp(`^${WHITE}+|${WHITE}+$`, 'g');
const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};
function quote(s: string): string {
  return `"${points(s)
    .map(c => ESCAPES[c] ?? c)
    .join('')}"`;
}
const read = { cost: traverse, resultSize: firstOf };
const grown = { cost: traverseAll, resultSize: ([s = 0, , by = 0]: readonly number[]) => s * Math.max(1, by) };

/** Text functions, the standard ones and the strings extension. @source cel-go ext/strings.go (version 2) */
export const strings: readonly Overload[] = [
  fn('string.contains(string): bool', (s: string, part: string) => s.includes(part), { cost: product }),
  fn('string.startsWith(string): bool', (s: string, part: string) => s.startsWith(part), {
    cost: ([, n = 0]) => Math.ceil(n * TRAVERSAL),
  }),
  fn('string.endsWith(string): bool', (s: string, part: string) => s.endsWith(part), {
    cost: ([, n = 0]) => Math.ceil(n * TRAVERSAL),
  }),
  fn('string.charAt(int): string', charAt, { resultSize: () => 1 }),
  fn('string.indexOf(string): int', (s: string, p: string) => search(s, p, 0, false), { cost: product }),
  fn('string.indexOf(string, int): int', (s: string, p: string, i: bigint) => search(s, p, toInt(i), false), { cost: product }),
  fn('string.lastIndexOf(string): int', (s: string, p: string) => search(s, p, points(s).length, true), { cost: product }),
  fn('string.lastIndexOf(string, int): int', (s: string, p: string, i: bigint) => search(s, p, toInt(i), true), {
    cost: product,
  }),
  fn('string.lowerAscii(): string', (s: string) => ascii(s, /[A-Z]/g, 32), read),
  fn('string.upperAscii(): string', (s: string) => ascii(s, /[a-z]/g, -32), read),
  fn('string.trim(): string', (s: string) => s.replace(TRIM, ''), read),
  fn('string.replace(string, string): string', replace, grown),
  fn('string.replace(string, string, int): string', replace, grown),
  fn('string.split(string): list(string)', split, read),
  fn('string.split(string, int): list(string)', split, read),
  fn('string.substring(int): string', slice, read),
  fn('string.substring(int, int): string', slice, read),
  fn('list(string).join(): string', (l: string[]) => l.join(''), { cost: traverseAll, resultSize: ([n = 0]) => n * 10 }),
  fn('list(string).join(string): string', (l: string[], by: string) => l.join(by), {
    cost: traverseAll,
    resultSize: ([n = 0, by = 0]) => n * (10 + by),
  }),
  fn('string.format(list(dyn)): string', formatText, { cost: traverseAll, resultSize: sumOf }),
  fn('strings.quote(string): string', quote, read),
];
