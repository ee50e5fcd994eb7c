/** One figure: ratio = our time / the peer's, below 1 is ahead. Medians; ms or MiB. */
export type Row = {
  bench: string;
  name: string;
  value: number;
  unit: 'ms' | 'MiB';
  peer: string;
  peerValue: number | null;
  ratio: number | null;
  n: number;
  note?: string;
};

export function printRow(r: Omit<Row, 'ratio'>): void {
  const round = (x: number) => Number(x.toPrecision(4));
  const ratio = r.peerValue === null || r.peerValue === 0 ? null : round(r.value / r.peerValue);
  console.log(
    JSON.stringify({ ...r, value: round(r.value), peerValue: r.peerValue === null ? null : round(r.peerValue), ratio }),
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
