/** A resource quantity as Kubernetes writes them, exact: `value` counts billionths. */
export type Quantity = { nanos: bigint; format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent' };

const NANO = 1_000_000_000n;
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE])([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/** The problem with text that is no quantity. @source apimachinery pkg/api/resource/quantity.go@eed236ceee2c */
export const QUANTITY_PROBLEM = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Reads a quantity; undefined when it is none. More precise ones are rounded up to billionths. */
export function parseQuantity(value: unknown): Quantity | undefined {
  const parts = SHAPE.exec(String(value).trim());
  if (!parts) return undefined;
  const [, sign, whole = '', fraction = '', e, exponent, suffix = ''] = parts;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(whole + fraction || '0');
  const format = e ? 'DecimalExponent' : suffix.endsWith('i') ? 'BinarySI' : 'DecimalSI';
  if (e && Math.abs(Number(exponent)) > 100) return undefined;
  const factor = format === 'BinarySI' ? 1024n ** BigInt(BINARY.indexOf(suffix) + 1) : 1n;
  const power = 9 - fraction.length + (e ? Number(exponent) : format === 'DecimalSI' ? (DECIMAL.indexOf(suffix) - 3) * 3 : 0);
  const scaled = digits * factor;
  const nanos = power >= 0 ? scaled * 10n ** BigInt(power) : ceilDivide(scaled, 10n ** BigInt(-power));
  return { nanos: sign === '-' ? -nanos : nanos, format };
}
const ceilDivide = (a: bigint, b: bigint) => (a + b - 1n) / b;

/** The canonical text, after rounding up to thousandths, as ResourceLists are kept. */
export function canonicalQuantity(value: unknown): string | undefined {
  const quantity = parseQuantity(value);
  if (!quantity) return undefined;
  const { nanos, format } = quantity;
  const negative = nanos < 0n;
  const millis = ceilDivide(negative ? -nanos : nanos, 1_000_000n);
  const sign = negative && millis !== 0n ? '-' : '';
  if (format === 'BinarySI' && millis % 1000n === 0n && millis >= 1024_000n) return sign + binary(millis / 1000n);
  if (format === 'DecimalExponent') return sign + exponential(millis);
  return sign + decimal(millis);
}
function binary(units: bigint): string {
  let power = -1;
  while (power < BINARY.length - 1 && units % 1024n === 0n && units !== 0n) {
    units /= 1024n;
    power++;
  }
  return `${units}${power < 0 ? '' : BINARY[power]}`;
}
function decimal(millis: bigint): string {
  let index = 2;
  while (millis !== 0n && index < DECIMAL.length - 1 && millis % 1000n === 0n) {
    millis /= 1000n;
    index++;
  }
  return millis === 0n ? '0' : `${millis}${DECIMAL[index]}`;
}
function exponential(millis: bigint): string {
  let exponent = -3;
  while (millis !== 0n && millis % 1000n === 0n) {
    millis /= 1000n;
    exponent += 3;
  }
  return millis === 0n ? '0' : `${millis}${exponent === 0 ? '' : `e${exponent}`}`;
}

/** Less than, equal to or greater than zero, as the first quantity is to the second. */
export function compareQuantities(a: unknown, b: unknown): number {
  const difference = (parseQuantity(a)?.nanos ?? 0n) - (parseQuantity(b)?.nanos ?? 0n);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
/** Whether a quantity is a whole number of units. */
export function isWholeQuantity(value: unknown): boolean {
  return (parseQuantity(value)?.nanos ?? 0n) % NANO === 0n;
}
