import type { NodeView, RunView } from '../../../src/pipelines/api/view.ts';
import { parseTime } from '../lib/time.ts';

/** When a node will probably run, in ms since the epoch. */
export type Forecast = ReadonlyMap<string, { start: number; end: number }>;

const gapMs = 2000;
/** How long a node took, from its first start to its end. */
export function tookMs(node: NodeView): number | undefined {
  const start = parseTime(node.startedAt);
  const end = parseTime(node.finishedAt);
  return start === undefined || end === undefined ? undefined : end - start;
}
export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
/**
 * A forecast of what has not ended: each waiting node starts when its predecessors end and lasts as long as in `previous`,
 * the last good run of the pipeline; a running loop ends when its slowest running iteration reaches the others' median.
 * Nodes that `previous` does not know stay without forecast. Pure; nodes come in topological order.
 */
export function forecast(view: RunView, previous: RunView | undefined, now: number): Forecast {
  const result = new Map<string, { start: number; end: number }>();
  if (!previous || view.finishedAt) return result;
  const before = new Map(previous.nodes.map(n => [n.id, n]));
  const endOf = (node: NodeView): number | undefined => parseTime(node.finishedAt) ?? result.get(node.id)?.end;
  const byId = new Map(view.nodes.map(n => [n.id, n]));
  const ancestors = (id: string): string[] => {
    const parent = byId.get(id)?.parent;
    return parent ? [id, ...ancestors(parent)] : [id];
  };
  for (const node of view.nodes) {
    if (node.finishedAt || node.state === 'Skipped' || node.state === 'Cached') continue;
    const started = parseTime(node.startedAt);
    if (started !== undefined) {
      const end = runningEnd(view, node, before.get(node.id), started, now);
      if (end !== undefined) result.set(node.id, { start: started, end });
      continue;
    }
    const took = before.get(node.id) ? tookMs(before.get(node.id)!) : undefined;
    const names = new Set(ancestors(node.id));
    const ends = view.edges
      .filter(e => names.has(e.to))
      .map(e => byId.get(e.from))
      .filter(n => n !== undefined)
      .map(endOf);
    if (took === undefined || ends.includes(undefined)) continue;
    const start = Math.max(now, ...(ends as number[])) + gapMs;
    result.set(node.id, { start, end: start + took });
  }
  return result;
}
function runningEnd(
  view: RunView,
  node: NodeView,
  before: NodeView | undefined,
  started: number,
  now: number,
): number | undefined {
  if (node.kind === 'loop') {
    const iterations = view.nodes.filter(n => n.parent === node.id);
    const usual = median(
      iterations
        .filter(n => n.state === 'Succeeded')
        .map(tookMs)
        .filter(ms => ms !== undefined),
    );
    const running = iterations.filter(n => n.state === 'Running').map(n => parseTime(n.startedAt) ?? now);
    if (usual === undefined || iterations.some(n => n.state === 'Pending'))
      return before ? endLike(before, started, now) : undefined;
    return Math.max(now, ...running.map(start => start + usual));
  }
  return before ? endLike(before, started, now) : undefined;
}
function endLike(before: NodeView, started: number, now: number): number | undefined {
  const took = tookMs(before);
  return took === undefined ? undefined : Math.max(now, started + took);
}
