const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const pad = (n: number): string => String(n).padStart(2, '0');

/** `0:48`, `18:42`, `1:04:10`, or `2 d 3 h` from two days on. */
export function clockText(ms: number): string {
  const total = Math.max(0, Math.floor(ms / second));
  if (total >= (2 * day) / second) {
    const days = Math.floor(total / 86_400);
    const hours = Math.floor((total % 86_400) / 3600);
    return hours ? `${days} d ${hours} h` : `${days} d`;
  }
  const h = Math.floor(total / 3600);
  const m = Math.floor((total % 3600) / 60);
  const s = total % 60;
  return h ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** `30 s`, `4 min`, `2 h`, `6 d`: one unit, rounded down, for prose. */
export function roughText(ms: number): string {
  if (ms < minute) return `${Math.max(0, Math.floor(ms / second))} s`;
  if (ms < hour) return `${Math.floor(ms / minute)} min`;
  if (ms < day) return `${Math.floor(ms / hour)} h`;
  return `${Math.floor(ms / day)} d`;
}

/** `6 d 4 h`, `4 h 12 min`, `3 min`: two units, for uptimes. */
export function uptimeText(ms: number): string {
  if (ms < hour) return roughText(ms);
  if (ms < day) return `${Math.floor(ms / hour)} h ${Math.floor((ms % hour) / minute)} min`;
  return `${Math.floor(ms / day)} d ${Math.floor((ms % day) / hour)} h`;
}

/** `just now`, `54 min ago`. */
export function agoText(at: number, now: number): string {
  const past = now - at;
  return past < 10 * second ? 'just now' : `${roughText(past)} ago`;
}

/** `14:51:24`, local. */
export function timeOfDay(at: number, millis = false): string {
  const d = new Date(at);
  const text = `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`;
  return millis ? `${text}.${String(d.getMilliseconds()).padStart(3, '0')}` : text;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0);

/** The shortest wording that is still unambiguous: `14:55`, `yesterday 14:37`, `Sun 14:37`, `3 Nov 09:12`, `3 Nov 2025`. */
export function momentText(at: number, now: number): string {
  const d = new Date(at);
  const time = `${pad(d.getHours())}:${pad(d.getMinutes())}`;
  const days = Math.round((startOfDay(now) - startOfDay(at)) / day);
  if (days === 0) return time;
  if (days === 1) return `yesterday ${time}`;
  if (days > 1 && days < 7) return `${weekdays[d.getDay()]} ${time}`;
  const date = `${d.getDate()} ${months[d.getMonth()]}`;
  return d.getFullYear() === new Date(now).getFullYear() ? `${date} ${time}` : `${date} ${d.getFullYear()}`;
}

/** `24 Nov`, for "cached, 23 Nov". */
export function dateText(at: number): string {
  const d = new Date(at);
  return `${d.getDate()} ${months[d.getMonth()]}`;
}

/** Local and UTC in full, for the tooltip of every time. */
export function exactText(at: number): string {
  const d = new Date(at);
  return `${d.toLocaleString()} (${d.toISOString().replace('.000Z', 'Z')})`;
}

/** Milliseconds of an RFC 3339 time; undefined when it is absent or KFP's 1970 for "not yet". */
export function parseTime(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) || at <= 0 ? undefined : at;
}

/** `7d`, `12h`, `30m`, `90s` to milliseconds. */
export function parseSpan(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(s|m|min|h|d|w)$/.exec(text.trim());
  if (!match) return undefined;
  const unit = { s: second, m: minute, min: minute, h: hour, d: day, w: 7 * day }[match[2] as 's'];
  return Number(match[1]) * unit;
}
