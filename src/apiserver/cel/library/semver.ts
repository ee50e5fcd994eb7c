import { CelError, Opaque } from '../values.ts';
import { fn, type Overload, traverse } from './library.ts';

const S = 'kubernetes.Semver';
const NUMBER = '(0|[1-9]\\d*)';
const PRE = '(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)';
const SHAPE = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${PRE}(?:\\.${PRE})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);

class SemverValue extends Opaque {
  readonly type = S;
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly pre: readonly string[];
  constructor(numbers: readonly [bigint, bigint, bigint], pre: readonly string[]) {
    super();
    this.numbers = numbers;
    this.pre = pre;
  }
  equals(other: SemverValue): boolean {
    return compare(this, other) === 0n;
  }
}
type V = SemverValue;

/** `v1.2` and `01.2.3` as people write them. */
function normalize(text: string): string {
  const [, core = '', rest = ''] = /^v?([\d.]*)(.*)$/.exec(text.trim()) ?? [];
  const parts = core.split('.').map(p => p.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3) parts.push('0');
  return parts.join('.') + rest;
}
function parse(text: string, isLoose = false): V | undefined {
  const parts = SHAPE.exec(isLoose ? normalize(text) : text);
  if (!parts) return undefined;
  return new SemverValue([BigInt(parts[1]!), BigInt(parts[2]!), BigInt(parts[3]!)], parts[4]?.split('.') ?? []);
}
function semver(text: string, isLoose = false): V {
  const parsed = parse(text, isLoose);
  if (!parsed) throw new CelError(`invalid semantic version ${JSON.stringify(text)}`);
  return parsed;
}
const order = <T>(a: T, b: T) => (a < b ? -1n : a > b ? 1n : 0n);
function comparePart(a: string, b: string): bigint {
  const [x, y] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (x && y) return order(BigInt(a), BigInt(b));
  return x === y ? order(a, b) : x ? -1n : 1n;
}
function compare(a: V, b: V): bigint {
  for (const i of [0, 1, 2] as const) if (a.numbers[i] !== b.numbers[i]) return order(a.numbers[i], b.numbers[i]);
  if (a.pre.length === 0 || b.pre.length === 0) return order(b.pre.length === 0 ? 0 : 1, a.pre.length === 0 ? 0 : 1);
  for (let i = 0; i < Math.max(a.pre.length, b.pre.length); i++) {
    const [x, y] = [a.pre[i], b.pre[i]];
    if (x === undefined || y === undefined) return x === undefined ? -1n : 1n;
    const found = comparePart(x, y);
    if (found !== 0n) return found;
  }
  return 0n;
}

/** Semantic versions. @source apiserver pkg/cel/library/semverlib.go@24a394e516bf */
export const semvers: readonly Overload[] = [
  fn(`semver(string): ${S}`, (s: string) => semver(s), { cost: traverse }),
  fn(`semver(string, bool): ${S}`, semver, { cost: traverse }),
  fn('isSemver(string): bool', (s: string) => parse(s) !== undefined, { cost: traverse }),
  fn('isSemver(string, bool): bool', (s: string, isLoose: boolean) => parse(s, isLoose) !== undefined, { cost: traverse }),
  fn(`${S}.isGreaterThan(${S}): bool`, (a: V, b: V) => compare(a, b) > 0n),
  fn(`${S}.isLessThan(${S}): bool`, (a: V, b: V) => compare(a, b) < 0n),
  fn(`${S}.compareTo(${S}): int`, compare),
  fn(`${S}.major(): int`, (v: V) => v.numbers[0]),
  fn(`${S}.minor(): int`, (v: V) => v.numbers[1]),
  fn(`${S}.patch(): int`, (v: V) => v.numbers[2]),
];
