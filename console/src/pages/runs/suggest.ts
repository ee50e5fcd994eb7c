import type { Run } from '../../data/kfp.ts';
import { runState } from '../../parts/state-word.ts';
import { lowerIsBetter } from './columns.ts';
import { statusWords } from './query.ts';

export type Suggestion = { value: string; count?: number; hint?: string };
export type Suggestions = {
  title: string;
  options: Suggestion[];
  histogram?: { name: string; counts: number[]; from: number; to: number; above: number | undefined };
};
type Known = {
  runs: readonly Run[];
  pipelines: readonly string[];
  experiments: readonly string[];
  pipelineName(run: Run): string;
};

/** What can follow the typed text, with the number of loaded runs each would leave. Pure. */
export function suggest(text: string, known: Known): Suggestions {
  const metric = /^metric\.([\w.-]+)([<>]=?)?(.*)$/.exec(text);
  if (metric && (metric[2] || metricNames(known.runs).includes(metric[1]!)))
    return metricValues(metric[1]!, metric[2] ?? '', metric[3] ?? '', known.runs);
  const key = /^(status|state|pipeline|experiment|started|archived|recurring):(.*)$/.exec(text);
  if (key) return values(key[1]!, key[2]!.toLowerCase(), known);
  return keysFor(text, known);
}
function values(key: string, typed: string, known: Known): Suggestions {
  const options = (words: readonly string[], count?: (word: string) => number): Suggestion[] =>
    words
      .filter(w => w.toLowerCase().includes(typed))
      .slice(0, 8)
      .map(w => ({ value: `${key}:${/\s/.test(w) ? `"${w}"` : w}`, ...(count ? { count: count(w) } : {}) }));
  if (key === 'status' || key === 'state')
    return {
      title: 'status',
      options: options(statusWords, w => known.runs.filter(r => runState(r.state).toLowerCase() === w).length),
    };
  if (key === 'pipeline')
    return {
      title: 'pipeline',
      options: options(known.pipelines, w => known.runs.filter(r => known.pipelineName(r) === w).length),
    };
  if (key === 'experiment') return { title: 'experiment', options: options(known.experiments) };
  if (key === 'started')
    return {
      title: 'started, ago',
      options: ['<1h', '<24h', '<7d', '>7d'].map(w => ({
        value: `started:${w}`,
        hint: w.startsWith('<') ? 'less than' : 'more than',
      })),
    };
  return { title: key, options: options(['yes', 'no']) };
}
function keysFor(text: string, known: Known): Suggestions {
  const all: Suggestion[] = [
    { value: 'status:', hint: 'failed, running …' },
    { value: 'pipeline:', hint: 'by name' },
    { value: 'experiment:', hint: 'by name' },
    { value: 'started:', hint: '<24h, >7d' },
    ...metricNames(known.runs)
      .slice(0, 4)
      .map(name => ({ value: `metric.${name}>`, hint: 'metric' })),
    ...paramNames(known.runs)
      .slice(0, 4)
      .map(name => ({ value: `param.${name}=`, hint: 'parameter' })),
    { value: 'archived:yes', hint: 'archived runs' },
    { value: 'recurring:yes', hint: 'from a schedule' },
  ];
  return {
    title: text ? 'Keys' : 'Filter by',
    options: all
      .filter(o => o.value.startsWith(text.toLowerCase()) || (text === '' ? true : o.value.includes(`.${text}`)))
      .slice(0, 9),
  };
}
const metricNames = (runs: readonly Run[]): string[] => [...new Set(runs.flatMap(r => Object.keys(r.metrics ?? {})))].sort();
const paramNames = (runs: readonly Run[]): string[] =>
  [...new Set(runs.flatMap(r => Object.keys(r.runtime_config?.parameters ?? {})))].sort();
const buckets = 20;
/** Thresholds that keep few, fewer and the best runs of a metric, over its distribution. */
function metricValues(name: string, op: string, typed: string, runs: readonly Run[]): Suggestions {
  const found = runs
    .map(r => r.metrics?.[name])
    .filter(v => v !== undefined)
    .sort((a, b) => a - b);
  if (found.length === 0) return { title: `metric.${name}`, options: [] };
  const low = op ? op.startsWith('<') : lowerIsBetter(name);
  const sign = op || (low ? '<' : '>');
  const at = (share: number): number =>
    Number(found[Math.min(found.length - 1, Math.floor((low ? 1 - share : share) * found.length))]!.toPrecision(2));
  const count = (value: number): number => found.filter(v => (low ? v < value : v > value)).length;
  const candidates = [...new Set([at(0.5), at(0.75), at(0.9)])].filter(
    v => String(v).startsWith(typed) || typed === '' || `${v}`.includes(typed),
  );
  const from = found[0]!;
  const to = found.at(-1)!;
  const counts = Array.from({ length: buckets }, () => 0);
  for (const v of found) counts[Math.min(buckets - 1, Math.floor(((v - from) / (to - from || 1)) * buckets))]! += 1;
  const above = low ? undefined : (candidates[0] ?? undefined);
  return {
    title: `metric.${name}`,
    options: candidates.map(v => ({ value: `metric.${name}${sign}${v}`, count: count(v) })),
    histogram: { name, counts, from, to, above },
  };
}
