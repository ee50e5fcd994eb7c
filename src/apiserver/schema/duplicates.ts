import { canonicalJson } from '../../lib/index.ts';

/** The positions at which a value occurs for the second time. */
export function secondOccurrences(values: readonly unknown[]): number[] {
  const seen = new Map<string, number>();
  const out: number[] = [];
  for (const [i, value] of values.entries()) {
    const key = canonicalJson(value);
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    if (times === 2) out.push(i);
  }
  return out;
}
