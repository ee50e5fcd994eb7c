const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
/** Round steps: one band of a neatline is always one of these. */
const steps = [
  second,
  2 * second,
  5 * second,
  10 * second,
  15 * second,
  30 * second,
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
  30 * day,
];

/** A time axis: `bands` bands of `stepMs` cover `spanMs`; a label stands at every `labelEvery`th band edge. */
export type TimeScale = { stepMs: number; bands: number; spanMs: number; labelEvery: number };
/**
 * The finest round step that needs at most `maxBands` bands for `ms`.
 * @param widthPx the width of the axis; labels keep at least 72 px
 */
export function timeScale(ms: number, widthPx: number, maxBands = 26): TimeScale {
  const span = Math.max(ms, second);
  const stepMs = steps.find(step => span / step <= maxBands) ?? Math.ceil(span / maxBands / day) * day;
  const bands = Math.max(1, Math.ceil(span / stepMs));
  const bandPx = widthPx / bands;
  const labelEvery = [1, 2, 4, 5, 8, 10, 20].find(n => n * bandPx >= 72) ?? 20;
  return { stepMs, bands, spanMs: bands * stepMs, labelEvery };
}
