import { CelError, Duration, Opaque, Timestamp, TypeValue, Uint } from '../values.ts';
import { formatDuration, formatTimestamp } from './time.ts';

/** `'%s: %d'.format([name, count])`. @source cel-go ext/formatting.go */
export function formatText(template: string, args: readonly unknown[]): string {
  let next = 0;
  const out = template.replace(
    /%(?:%|(?:\.(\d+))?([a-zA-Z]))/g,
    (all, precision: string | undefined, verb: string | undefined) => {
      if (all === '%%') return '%';
      if (next >= args.length) throw new CelError(`index ${next} out of range`);
      return clause(verb!, args[next++], precision === undefined ? 6 : Number(precision));
    },
  );
  return out;
}

function clause(verb: string, v: unknown, precision: number): string {
  if (verb === 's') return asText(v);
  if (verb === 'd' && isWhole(v)) return String(whole(v));
  if (verb === 'd' && typeof v === 'number' && !Number.isFinite(v)) return notFinite(v);
  if ((verb === 'f' || verb === 'e') && (typeof v === 'number' || isWhole(v))) {
    const n = typeof v === 'number' ? v : Number(whole(v));
    if (!Number.isFinite(n)) return notFinite(n);
    return verb === 'f' ? fixed(n, precision) : n.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2');
  }
  if (verb === 'b' && (isWhole(v) || typeof v === 'boolean'))
    return typeof v === 'boolean' ? (v ? '1' : '0') : whole(v).toString(2);
  if (verb === 'o' && isWhole(v)) return whole(v).toString(8);
  if (verb === 'x' || verb === 'X') {
    const hex = isWhole(v)
      ? whole(v).toString(16)
      : typeof v === 'string' || v instanceof Uint8Array
        ? Buffer.from(v as string).toString('hex')
        : undefined;
    if (hex !== undefined) return verb === 'X' ? hex.toUpperCase() : hex;
  }
  throw new CelError(`error during formatting: unexpected value for verb %${verb}`);
}
const notFinite = (n: number) => (Number.isNaN(n) ? 'NaN' : n > 0 ? 'Infinity' : '-Infinity');
/** Halves go to the even digit, as in Go. */
function fixed(n: number, digits: number): string {
  const scaled = Math.abs(n) * 10 ** digits;
  const isHalf = Number.isSafeInteger(Math.floor(scaled)) && scaled - Math.floor(scaled) === 0.5;
  if (!isHalf || Math.floor(scaled) % 2 === 1) return n.toFixed(digits);
  return ((Math.sign(n) * Math.floor(scaled)) / 10 ** digits).toFixed(digits);
}
const isWhole = (v: unknown): v is bigint | Uint => typeof v === 'bigint' || v instanceof Uint;
const whole = (v: bigint | Uint) => (typeof v === 'bigint' ? v : v.value);

/** Any value as `%s` shows it. */
function asText(v: unknown): string {
  if (typeof v === 'string') return v;
  if (v === null) return 'null';
  if (v instanceof Uint8Array) return Buffer.from(v).toString();
  if (v instanceof Timestamp) return formatTimestamp(v);
  if (v instanceof Duration) return formatDuration(v);
  if (v instanceof TypeValue) return v.name;
  if (isWhole(v)) return String(whole(v));
  if (Array.isArray(v)) return `[${v.map(asText).join(', ')}]`;
  if (v instanceof Map) {
    const entries = [...v].map(([k, value]) => `${asText(k)}: ${asText(value)}`);
    return `{${entries.sort().join(', ')}}`;
  }
  if (v instanceof Opaque) throw new CelError(`error during formatting: no text for ${v.type}`);
  return String(v);
}
