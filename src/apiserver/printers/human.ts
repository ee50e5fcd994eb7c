const MINUTE = 60;
const HOUR = 3600;

/** A duration as kubectl shows it: `90s`, `5m`, `3m20s`, `2d3h`, `3y40d`. @source apimachinery pkg/util/duration@eed236ceee2c */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 2 * MINUTE) return `${seconds}s`;
  const minutes = Math.trunc(seconds / MINUTE);
  if (minutes < 10) return joined(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(seconds / HOUR);
  if (hours < 8) return joined(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 24 * 8) return joined(days, 'd', hours % 24, 'h');
  if (days < 365 * 2) return `${days}d`;
  return days < 365 * 8 ? joined(Math.trunc(days / 365), 'y', days % 365, 'd') : `${Math.trunc(days / 365)}y`;
}
function joined(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
}

/** How long ago a wire time is; `<unknown>` when there is none. */
export function since(time: unknown, now: Date): string {
  if (typeof time !== 'string' || time === '') return '<unknown>';
  const at = Date.parse(time);
  return Number.isNaN(at) ? '<invalid>' : humanDuration(now.getTime() - at);
}

/** The first of `count` texts and how many more there are: `a,b,c + 2 more...`. */
export function firstFew(texts: readonly string[], count: number): string {
  const shown = texts.slice(0, count).join(',');
  return texts.length > count ? `${shown} + ${texts.length - count} more...` : shown;
}
