import type { Run } from '../../data/kfp.ts';

/** A metric or parameter shown as a column, `metric.auc`. */
export type Extra = { id: string; kind: 'metric' | 'param'; name: string };
/** All metrics and parameters of some runs, the most frequent first. */
export function extrasOf(runs: readonly Run[]): Extra[] {
  const counts = new Map<string, number>();
  for (const run of runs) {
    for (const name of Object.keys(run.metrics ?? {})) counts.set(`metric.${name}`, (counts.get(`metric.${name}`) ?? 0) + 1);
    for (const name of Object.keys(run.runtime_config?.parameters ?? {}))
      counts.set(`param.${name}`, (counts.get(`param.${name}`) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([id]) => toExtra(id));
}
const toExtra = (id: string): Extra => ({
  id,
  kind: id.startsWith('metric.') ? 'metric' : 'param',
  name: id.slice(id.indexOf('.') + 1),
});
/** The columns of the URL, or the two most frequent metrics and parameters. */
export function chosenExtras(all: readonly Extra[], cols: string | undefined): Extra[] {
  if (cols !== undefined) return cols.split(',').filter(Boolean).map(toExtra);
  const first = (kind: Extra['kind']): Extra[] =>
    all
      .filter(e => e.kind === kind)
      .slice(0, 2)
      .sort((a, b) => (kind === 'metric' ? a.name.localeCompare(b.name) : 0));
  return [
    ...first('metric'),
    ...first('param')
      .reverse()
      .sort((a, b) => a.name.length - b.name.length),
  ];
}
export const lowerIsBetter = (name: string): boolean => /loss|err|rmse|mae|mse|latency|seconds|perplexity/i.test(name);
/** The best value of a metric among some runs. */
export function bestOf(runs: readonly Run[], name: string): number | undefined {
  const values = runs.map(r => r.metrics?.[name]).filter(v => v !== undefined);
  if (values.length < 2) return undefined;
  return lowerIsBetter(name) ? Math.min(...values) : Math.max(...values);
}
export type Bar = { ms: number; state: Run['state']; cached: boolean };
/** For each run, the durations of up to 20 runs of its pipeline that end with it; runs come newest first. */
export function lastTwenty(runs: readonly Run[], durationOf: (run: Run) => number): Map<string, Bar[]> {
  const result = new Map<string, Bar[]>();
  for (const list of Map.groupBy(runs, r => r.pipeline_version_reference?.pipeline_id ?? '').values()) {
    const bars = list.map(r => ({ ms: durationOf(r), state: r.state, cached: r.cached ?? false })).reverse();
    for (const [i, run] of list.toReversed().entries()) result.set(run.run_id, bars.slice(Math.max(0, i - 19), i + 1));
  }
  return result;
}
