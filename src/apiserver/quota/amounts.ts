import { canonicalQuantity, parseQuantity } from '../validation/index.ts';

/** Amounts by resource name, exact: billionths. */
export type Amounts = Readonly<Record<string, bigint>>;
type Quantities = Readonly<Record<string, unknown>>;

const NANO = 1_000_000_000n;

/** What quantities say; those that are none are left out. */
export function amountsOf(quantities: Quantities | undefined): Record<string, bigint> {
  const amounts: Record<string, bigint> = {};
  for (const [name, value] of Object.entries(quantities ?? {})) {
    const parsed = parseQuantity(value);
    if (parsed) amounts[name] = parsed.nanos;
  }
  return amounts;
}
export const units = (count: number): bigint => BigInt(count) * NANO;

/** Sums, name by name. */
export function sum(all: readonly Amounts[]): Record<string, bigint> {
  const total: Record<string, bigint> = {};
  for (const amounts of all) for (const [name, n] of Object.entries(amounts)) total[name] = (total[name] ?? 0n) + n;
  return total;
}
/** The greater of both, name by name. */
export function greatest(a: Amounts, b: Amounts): Record<string, bigint> {
  const all: Record<string, bigint> = { ...a };
  for (const [name, n] of Object.entries(b)) if (all[name] === undefined || all[name] < n) all[name] = n;
  return all;
}
export function minus(a: Amounts, b: Amounts): Record<string, bigint> {
  return sum([a, Object.fromEntries(Object.entries(b).map(([name, n]) => [name, -n]))]);
}

/** An amount as a quantity, in the notation of another one where it can be. */
export function quantityOf(nanos: bigint, like: unknown): string {
  if (parseQuantity(like)?.format === 'BinarySI' && nanos % (NANO * 1024n) === 0n)
    return canonicalQuantity(`${nanos / (NANO * 1024n)}Ki`)!;
  return canonicalQuantity(nanos % NANO === 0n ? String(nanos / NANO) : `${nanos}n`)!;
}
