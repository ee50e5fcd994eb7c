/** Waits between attempts; the defaults are upstream's. @source kubernetes pkg/kubelet/kubelet.go MaxContainerBackOff (from knowledge) */
export type BackoffOptions = {
  baseMs: number;
  maxMs: number;
  /** A run at least this long makes the next crash count as the first. */
  resetAfterMs: number;
};
export const defaultBackoff: BackoffOptions = { baseMs: 10_000, maxMs: 300_000, resetAfterMs: 600_000 };

/** The wait after the `count`-th failure in a row: base, twice that, … up to the maximum. */
export function backoffMs(count: number, o: BackoffOptions): number {
  return Math.min(o.baseMs * 2 ** Math.max(0, Math.min(count - 1, 30)), o.maxMs);
}
/** How many crashes in a row end with this one. The first restart is immediate, so `crashes - 1` is what counts. */
export function crashesInARow(before: number, ranMs: number, o: BackoffOptions): number {
  return ranMs >= o.resetAfterMs ? 1 : before + 1;
}
/** Go's short form: `10s`, `1m20s`, `5m0s`. */
export function goDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const seconds = ms / 1000;
  const m = Math.floor(seconds / 60);
  const h = Math.floor(m / 60);
  return `${h ? `${h}h` : ''}${m ? `${m % 60}m` : ''}${Number((seconds % 60).toFixed(3))}s`;
}
