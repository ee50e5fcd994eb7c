/** A number, or a percentage of `total` such as `25%`. */
export function amountOf(value: number | string, total: number, round: (n: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseInt(value, 10) * total) / 100);
}
