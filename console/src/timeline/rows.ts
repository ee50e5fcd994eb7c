import type { NodeState, NodeView, RunView } from '../../../src/pipelines/api/view.ts';
import { childrenOf, countStates, loopTitle } from '../graph/shape.ts';
import { clockText, parseTime, roughText } from '../lib/time.ts';
import { type Forecast, median, tookMs } from './predict.ts';

/** One stroke on the time axis, in ms since the epoch. `from` and `y`/`height` are px inside the row of 26. */
export type Bar = {
  from: number;
  to: number;
  tone: 'ok' | 'run' | 'fail' | 'cache' | 'hold' | 'track' | 'ghost';
  y: number;
  height: number;
  faint?: boolean;
};
export type Row = {
  id: string;
  /** The node a click selects; absent for a fold. */
  select?: string;
  label: string;
  /** A quiet word after the label: the iteration's number. */
  tail?: string;
  failed?: string;
  depth: 0 | 1;
  state: NodeState;
  bars: readonly Bar[];
  /** What stands right of the bars. */
  note?: string;
  critical?: { from: number; to: number };
  /** Set on rows that open and close. */
  open?: boolean;
};
const tones: Record<NodeState, Bar['tone']> = {
  Pending: 'hold',
  Running: 'run',
  Succeeded: 'ok',
  Failed: 'fail',
  Skipped: 'hold',
  Cached: 'cache',
  Canceled: 'hold',
};

/**
 * The rows of the timeline: tasks in topological order, loops with their failed and running iterations and one line for
 * the rest. Pure.
 * @param toggled loops and folds whose default (loops open when something in them is failed or running, folds closed) is turned
 */
export function timelineRows(view: RunView, predicted: Forecast, toggled: ReadonlySet<string>, now: number): Row[] {
  const children = childrenOf(view.nodes);
  const rows: Row[] = [];
  const visit = (node: NodeView): void => {
    if (node.kind === 'loop') rows.push(...loopRows(node, children, predicted, toggled, now));
    else if ((children.get(node.id) ?? []).length > 0) for (const child of children.get(node.id)!) visit(child);
    else rows.push(taskRow(node, predicted, now));
  };
  for (const node of children.get('') ?? []) visit(node);
  return rows;
}
/** The attempts of a task as bars, or one bar from start to end. */
function barsOf(node: NodeView, now: number): Bar[] {
  const spans = node.attempts.length ? node.attempts : [node];
  return spans.flatMap(span => {
    const from = parseTime(span.startedAt);
    if (from === undefined) return [];
    const to = parseTime(span.finishedAt) ?? (node.state === 'Running' ? now : from);
    return [{ from, to, tone: tones[span.state], y: 8, height: 10 }];
  });
}
function criticalOf(node: NodeView, bars: readonly Bar[]): Pick<Row, 'critical'> {
  const first = bars[0];
  return node.critical && first ? { critical: { from: first.from, to: bars.at(-1)!.to } } : {};
}
function ghost(node: NodeView, predicted: Forecast): Bar[] {
  const guess = predicted.get(node.id);
  return guess && !node.startedAt ? [{ from: guess.start, to: guess.end, tone: 'ghost', y: 8.5, height: 9 }] : [];
}
function taskRow(node: NodeView, predicted: Forecast, now: number): Row {
  const bars = [...barsOf(node, now), ...ghost(node, predicted)];
  const guess = predicted.get(node.id);
  const note = node.startedAt
    ? durationNote(node, now)
    : guess && guess.end - guess.start >= 60_000
      ? `~${clockText(guess.end - guess.start)}`
      : undefined;
  return {
    id: node.id,
    select: node.id,
    label: node.displayName,
    depth: 0,
    state: node.state,
    bars,
    ...(note ? { note } : {}),
    ...criticalOf(node, bars),
  };
}
function durationNote(node: NodeView, now: number): string | undefined {
  if (node.state === 'Cached') return undefined;
  if (node.state === 'Failed' && node.attempts.length > 1) return failedNote(node);
  const last = node.attempts.at(-1) ?? node;
  const start = parseTime(last.startedAt);
  return start === undefined ? undefined : clockText((parseTime(last.finishedAt) ?? now) - start);
}
function failedNote(node: NodeView): string {
  const reasons = new Set(node.attempts.map(a => a.message ?? (a.exitCode ? `exit code ${a.exitCode}` : a.state)));
  const words = [...reasons].map(reason => (reason === 'OOMKilled' ? 'out of memory' : reason));
  if (words.length > 1) return words.join(', ');
  return `${node.attempts.length === 2 ? 'both' : `all ${node.attempts.length}`} ${words[0]}`;
}
function loopRows(
  loop: NodeView,
  children: Map<string, NodeView[]>,
  predicted: Forecast,
  toggled: ReadonlySet<string>,
  now: number,
): Row[] {
  const iterations = children.get(loop.id) ?? [];
  const counts = countStates(iterations);
  const busy = counts.Failed + counts.Running > 0;
  const open = busy !== toggled.has(loop.id);
  const bars = [...loopBars(loop, iterations, now), ...ghost(loop, predicted)];
  const title = loopTitle(loop, children);
  const state = loop.state === 'Running' && counts.Failed > 0 ? 'Failed' : loop.state;
  const head: Row = {
    id: loop.id,
    select: loop.id,
    label: title,
    ...(counts.Failed ? { failed: `(${counts.Failed} failed)` } : {}),
    depth: 0,
    state,
    bars,
    ...noteOfLoop(loop, iterations.length, counts, predicted, now),
    open,
  };
  if (!open) return [head];
  const row = (iteration: NodeView): Row => iterationRow(iteration, children, now);
  const done = iterations.filter(n => n.state === 'Succeeded' || n.state === 'Cached' || n.state === 'Skipped');
  const waiting = iterations.filter(n => n.state === 'Pending' || n.state === 'Canceled');
  const loud = iterations.filter(n => n.state === 'Failed' || n.state === 'Running');
  return [
    head,
    ...loud.map(row),
    ...fold(`${loop.id}#done`, done, 'succeeded', 'Succeeded', toggled, row),
    ...fold(`${loop.id}#waiting`, waiting, 'waiting', 'Pending', toggled, row),
  ];
}
function fold(
  id: string,
  nodes: readonly NodeView[],
  word: string,
  state: NodeState,
  toggled: ReadonlySet<string>,
  row: (n: NodeView) => Row,
): Row[] {
  if (nodes.length === 0) return [];
  const open = toggled.has(id);
  const usual = median(nodes.map(tookMs).filter(ms => ms !== undefined));
  const bars = nodes.flatMap(n => {
    const from = parseTime(n.startedAt);
    const to = parseTime(n.finishedAt);
    return from === undefined || to === undefined ? [] : [{ from, to, tone: tones[n.state], y: 11, height: 4, faint: true }];
  });
  const head: Row = {
    id,
    label: `${nodes.length} ${word}`,
    depth: 1,
    state,
    bars,
    ...(usual === undefined ? {} : { note: `median ${clockText(usual)}` }),
    open,
  };
  return open ? [head, ...nodes.map(row)] : [head];
}
function iterationRow(iteration: NodeView, children: Map<string, NodeView[]>, now: number): Row {
  const inside = children.get(iteration.id) ?? [];
  const task = inside.length === 1 ? inside[0]! : iteration;
  const bars = barsOf(task, now);
  const note = durationNote(task, now);
  return {
    id: iteration.id,
    select: task.id,
    label: inside.length === 1 ? task.displayName : 'iteration',
    tail: String(iteration.iteration ?? ''),
    depth: 1,
    state: iteration.state,
    bars,
    ...(note ? { note } : {}),
    ...criticalOf(task, bars),
  };
}
/** A loop's own line: a track, the done part full, the running part half, the failed time as a thin red line below. */
function loopBars(loop: NodeView, iterations: readonly NodeView[], now: number): Bar[] {
  const from = parseTime(loop.startedAt);
  if (from === undefined) return [];
  const to = parseTime(loop.finishedAt) ?? now;
  const span = (state: NodeState): { from: number; to: number } | undefined => {
    const some = iterations.filter(n => n.state === state);
    const starts = some.map(n => parseTime(n.startedAt)).filter(t => t !== undefined);
    if (starts.length === 0) return undefined;
    return { from: Math.min(...starts), to: Math.max(...some.map(n => parseTime(n.finishedAt) ?? now)) };
  };
  const ok = span('Succeeded');
  const run = span('Running');
  const failed = span('Failed');
  const bars: Bar[] = [{ from, to, tone: 'track', y: 8, height: 10 }];
  if (ok) bars.push({ from: ok.from, to: ok.to, tone: 'ok', y: 8, height: 10 });
  if (run) bars.push({ from: Math.max(run.from, ok?.to ?? run.from), to: run.to, tone: 'run', y: 13, height: 5 });
  if (failed) bars.push({ from: failed.from, to: failed.to, tone: 'fail', y: 15.5, height: 2.5 });
  return bars;
}
function noteOfLoop(
  loop: NodeView,
  total: number,
  counts: Record<NodeState, number>,
  predicted: Forecast,
  now: number,
): Pick<Row, 'note'> {
  const start = parseTime(loop.startedAt);
  if (start === undefined) return {};
  const end = parseTime(loop.finishedAt);
  if (end !== undefined) return { note: clockText(end - start) };
  const done = counts.Succeeded + counts.Cached + counts.Skipped;
  const left = (predicted.get(loop.id)?.end ?? 0) - now;
  return { note: `${done} of ${total}${left > 0 ? `, ~${roughText(Math.max(60_000, left))} left` : ''}` };
}
