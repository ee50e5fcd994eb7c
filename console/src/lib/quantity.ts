const factors: Record<string, number> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

/** A Kubernetes quantity (`500m`, `8Gi`) as a number in its base unit; 0 when it cannot be read. */
export function quantity(text: string | number | undefined): number {
  if (typeof text === 'number') return text;
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(text ?? '');
  if (!match) return 0;
  return Number(match[1]) * (match[2] ? (factors[match[2]] ?? 1) : 1);
}

/** `134 MiB`, `31.2 GiB`: binary units, as people give them to Kubernetes. */
export function binaryText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  return scaled(bytes, 1024, units);
}
/** `438 MB`: decimal units, for files and artifacts. */
export function sizeText(bytes: number): string {
  return scaled(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB']);
}
function scaled(value: number, step: number, units: readonly string[]): string {
  let index = 0;
  while (value >= step && index < units.length - 1) {
    value /= step;
    index += 1;
  }
  const digits = index === 0 || value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${units[index]}`;
}

/** `10,482`. */
export const countText = (n: number): string => n.toLocaleString('en-US');
/** `1 run`, `14 runs`. */
export const plural = (n: number, noun: string): string => `${countText(n)} ${noun}${n === 1 ? '' : 's'}`;
/** A metric or parameter as short text: at most four decimals, objects as JSON. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return '–';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}
