import { plainText } from './ansi.ts';

export type Level = 'ERROR' | 'WARN' | 'INFO' | 'DEBUG' | 'SKIFF' | undefined;
export type LogLine = {
  number: number /** ms since the epoch, when the line has a time */;
  at?: number;
  level: Level /** With ANSI sequences. */;
  raw: string /** Without. */;
  text: string;
};

const stamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?/;
const head = /^\[?(ERROR|ERR|FATAL|CRITICAL|WARN|WARNING|INFO|DEBUG|TRACE|SKIFF)\]?(?:[ :\t]+|$)/;
const names: Record<string, Level> = {
  ERROR: 'ERROR',
  ERR: 'ERROR',
  FATAL: 'ERROR',
  CRITICAL: 'ERROR',
  WARN: 'WARN',
  WARNING: 'WARN',
  INFO: 'INFO',
  DEBUG: 'DEBUG',
  TRACE: 'DEBUG',
  SKIFF: 'SKIFF',
};
/** Lines that are errors without saying so in a level column. */
const looksBad = /^(Traceback \(most recent call last\)|[\w.]*(?:Error|Exception): |Killed$|Segmentation fault|panic: )/;

/** One line of a Pod's log (`timestamps=true`) taken apart: time, level, text. Pure. */
export function parseLine(line: string, number: number): LogLine {
  const time = stamp.exec(line);
  const rest = time ? line.slice(time[0].length) : line;
  const plain = plainText(rest);
  const level = head.exec(plain);
  const at = time ? Date.parse(time[1]!) : Number.NaN;
  const cut = level ? level[0].length : 0;
  return {
    number,
    ...(Number.isNaN(at) ? {} : { at }),
    level: level ? names[level[1]!] : looksBad.test(plain) ? 'ERROR' : undefined,
    raw: plain === rest ? plain.slice(cut) : rest,
    text: plain.slice(cut),
  };
}
/** What is drawn: a line, or a fold over lines that only differ in their numbers. */
export type Entry = { kind: 'line'; line: LogLine } | { kind: 'fold'; id: number; lines: readonly LogLine[]; sample: string };

const shapeOf = (line: LogLine): string => `${line.level ?? ''} ${line.text.replaceAll(/[\d.,]+/g, '#').replaceAll(/\s+/g, ' ')}`;
/** Folds runs of alike lines: the first and last two stay, so that progress is still seen. Warnings and errors never fold. */
export function foldRepeats(lines: readonly LogLine[], opened: ReadonlySet<number>, least = 3): Entry[] {
  const entries: Entry[] = [];
  const keep = 2;
  for (let i = 0; i < lines.length; ) {
    const shape = shapeOf(lines[i]!);
    let end = i + 1;
    while (end < lines.length && shapeOf(lines[end]!) === shape) end += 1;
    const run = lines.slice(i, end);
    const loud = run[0]!.level === 'ERROR' || run[0]!.level === 'WARN';
    const first = run[keep]?.number ?? 0;
    if (loud || run.length < keep * 2 + least || opened.has(first))
      entries.push(...run.map(line => ({ kind: 'line' as const, line })));
    else {
      const middle = run.slice(keep, -keep);
      entries.push(...run.slice(0, keep).map(line => ({ kind: 'line' as const, line })));
      entries.push({
        kind: 'fold',
        id: first,
        lines: middle,
        sample: middle[0]!.text.replaceAll(/[\d.,]*\d[\d.,]*/g, 'n').slice(0, 48),
      });
      entries.push(...run.slice(-keep).map(line => ({ kind: 'line' as const, line })));
    }
    i = end;
  }
  return entries;
}
/** The numbers of the lines a search finds; an invalid expression finds nothing and says why. */
export function searchLines(
  lines: readonly LogLine[],
  text: string,
): { hits: readonly number[]; pattern?: RegExp; error?: string } {
  if (!text) return { hits: [] };
  try {
    const pattern = new RegExp(text, 'gi');
    return { hits: lines.filter(line => line.text.search(pattern) >= 0).map(line => line.number), pattern };
  } catch (error) {
    return { hits: [], error: (error as Error).message };
  }
}
/** Lines over time in `count` equal slices, with the loudest level in each. */
export function density(
  lines: readonly LogLine[],
  count: number,
): { from: number; to: number; slices: { lines: number; level: Level }[] } | undefined {
  const timed = lines.filter(line => line.at !== undefined);
  const from = timed[0]?.at;
  const to = timed.at(-1)?.at;
  if (from === undefined || to === undefined || to <= from) return undefined;
  const slices = Array.from({ length: count }, () => ({ lines: 0, level: undefined as Level }));
  for (const line of timed) {
    const slice = slices[Math.min(count - 1, Math.floor(((line.at! - from) / (to - from)) * count))]!;
    slice.lines += 1;
    if (line.level === 'ERROR' || (line.level === 'WARN' && slice.level !== 'ERROR')) slice.level = line.level;
  }
  return { from, to, slices };
}
