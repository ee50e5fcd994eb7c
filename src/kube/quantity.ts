const FACTORS: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
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
const FORM = /^([+-]?\d*\.?\d+\.?)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/** A Kubernetes quantity as a number of its base unit (cores, bytes); 0 when absent or malformed, as admission has checked it. */
export function parseQuantity(text: string | number | undefined): number {
  if (text === undefined) return 0;
  const match = FORM.exec(String(text));
  if (!match) return 0;
  const [, digits, exponent, suffix] = match;
  return Number(digits! + (exponent ?? '')) * FACTORS[suffix ?? '']!;
}

/** The same in thousandths of its unit (milli-cores, milli-bytes), so that sums of `100m` are exact. */
export function milliOf(quantity: string | number | undefined): number {
  return Math.round(parseQuantity(quantity) * 1000);
}
