const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity in thousandths of its unit (milli-cores, milli-bytes), so that sums of `100m` are exact. */
export function milliOf(quantity: string | number | undefined): number {
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([numkMGTPE]i?)?$/.exec(String(quantity ?? 0));
  if (!match) return 0;
  return Math.round(Number(match[1]) * 1000 * (match[2] ? (FACTORS[match[2]] ?? 0) : 1));
}
