/** The next time after `from` at which a KFP cron (six fields, seconds first; five are read without seconds) fires, local time. */
export function nextTime(cron: string, from: number): number | undefined {
  const fields = cron.trim().split(/\s+/);
  const [second, minute, hour, day, month, weekday] = fields.length === 6 ? fields : ['0', ...fields];
  if (weekday === undefined) return undefined;
  const sets = {
    minute: values(minute!, 0, 59),
    hour: values(hour!, 0, 23),
    day: values(day!, 1, 31),
    month: values(month!, 1, 12),
    weekday: values(weekday, 0, 7),
  };
  if (Object.values(sets).includes(undefined)) return undefined;
  const at = new Date(from);
  at.setSeconds(Number(second) || 0, 0);
  const limit = from + 366 * 86_400_000;
  // Whole days, then hours, are skipped, so a year is a few hundred steps.
  for (at.setMinutes(at.getMinutes() + (at.getTime() <= from ? 1 : 0)); at.getTime() < limit; ) {
    const dayFits =
      sets.month!.has(at.getMonth() + 1) &&
      sets.day!.has(at.getDate()) &&
      (sets.weekday!.has(at.getDay()) || (at.getDay() === 0 && sets.weekday!.has(7)));
    if (!dayFits) at.setHours(24, 0, Number(second) || 0, 0);
    else if (!sets.hour!.has(at.getHours())) at.setHours(at.getHours() + 1, 0, Number(second) || 0, 0);
    else if (!sets.minute!.has(at.getMinutes())) at.setMinutes(at.getMinutes() + 1);
    else return at.getTime();
  }
  return undefined;
}
function values(field: string, from: number, to: number): Set<number> | undefined {
  const result = new Set<number>();
  for (const part of field.split(',')) {
    const match = /^(?:(\*|\?)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (!match) return undefined;
    const low = match[1] ? from : Number(match[2]);
    const high = match[1] ? to : match[3] ? Number(match[3]) : match[4] ? to : low;
    for (let n = low; n <= high; n += Number(match[4] ?? 1)) result.add(n);
  }
  return result;
}
