import { CelError, Duration, Timestamp } from '../values.ts';
import { fn, type Overload } from './library.ts';

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const MILLI = 1_000_000n;
const SECOND = UNITS['s']!;

/** Go's durations: `1h30m`, `-1.5s`. Undefined for other text. */
export function parseDuration(text: string): Duration | undefined {
  const sign = text.startsWith('-') ? -1n : 1n;
  const body = text.replace(/^[+-]/, '');
  if (body === '0') return new Duration(0n);
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined;
  let ns = 0n;
  for (const [, whole = '', fraction = '', unit] of body.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const size = UNITS[unit!]!;
    ns += BigInt(whole || 0) * size + (BigInt(fraction || 0) * size) / 10n ** BigInt(fraction.length);
  }
  return new Duration(sign * ns);
}
/** As CEL writes durations: in seconds. */
export function formatDuration({ ns }: Duration): string {
  const abs = ns < 0n ? -ns : ns;
  const fraction = String(abs % SECOND)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${ns < 0n ? '-' : ''}${abs / SECOND}${fraction ? `.${fraction}` : ''}s`;
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-]\d\d):?(\d\d))$/;
/** RFC 3339, or a date. Undefined for other text. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const [whole, , , , , , , fraction = ''] = RFC3339.exec(text) ?? [];
  const ms = Date.parse(whole ? text.replace(/\.\d+/, '') : /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : '');
  return Number.isNaN(ms) ? undefined : new Timestamp(BigInt(ms) * MILLI + BigInt(fraction.padEnd(9, '0')));
}
export function formatTimestamp({ ns }: Timestamp): string {
  const nanos = ((ns % SECOND) + SECOND) % SECOND;
  const fraction = nanos === 0n ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
  return `${new Date(Number((ns - nanos) / MILLI)).toISOString().slice(0, 19)}${fraction}Z`;
}

/** The wall clock of a zone as a UTC date. @throws CelError for an unknown zone */
function local({ ns }: Timestamp, zone = 'UTC'): Date {
  const ms = Number(ns / MILLI);
  const [, sign, hours, minutes] = /^([+-]?)(\d\d?):(\d\d)$/.exec(zone) ?? [];
  if (hours) return new Date(ms + (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000);
  try {
    const parts = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      dateStyle: 'short',
      timeStyle: 'medium',
    }).format(new Date(ms));
    return new Date(Date.parse(`${parts.replace(', ', 'T')}Z`) + (((ms % 1000) + 1000) % 1000));
  } catch {
    throw new CelError(`unknown time zone ${zone}`);
  }
}
const dayOfYear = (d: Date) => Math.floor((d.getTime() - Date.UTC(d.getUTCFullYear(), 0, 1)) / 86_400_000);
const PARTS: Readonly<Record<string, (d: Date) => number>> = {
  getFullYear: d => d.getUTCFullYear(),
  getMonth: d => d.getUTCMonth(),
  getDate: d => d.getUTCDate(),
  getDayOfMonth: d => d.getUTCDate() - 1,
  getDayOfWeek: d => d.getUTCDay(),
  getDayOfYear: dayOfYear,
  getHours: d => d.getUTCHours(),
  getMinutes: d => d.getUTCMinutes(),
  getSeconds: d => d.getUTCSeconds(),
  getMilliseconds: d => d.getUTCMilliseconds(),
};

/** Parts of timestamps and durations. @source cel-go common/stdlib/standard.go */
export const time: readonly Overload[] = [
  ...Object.entries(PARTS).flatMap(([name, part]) => [
    fn(`timestamp.${name}(): int`, (t: Timestamp) => BigInt(part(local(t)))),
    fn(`timestamp.${name}(string): int`, (t: Timestamp, zone: string) => BigInt(part(local(t, zone)))),
  ]),
  fn('duration.getHours(): int', (d: Duration) => d.ns / UNITS['h']!),
  fn('duration.getMinutes(): int', (d: Duration) => d.ns / UNITS['m']!),
  fn('duration.getSeconds(): int', (d: Duration) => d.ns / SECOND),
  fn('duration.getMilliseconds(): int', (d: Duration) => d.ns / MILLI),
];
