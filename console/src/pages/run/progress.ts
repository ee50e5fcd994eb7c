import type { NodeView, RunView } from '../../../../src/pipelines/api/view.ts';
import { childrenOf } from '../../graph/shape.ts';
import { tookMs } from '../../timeline/predict.ts';

/** The nodes that do work: everything without children. */
export function leavesOf(view: Pick<RunView, 'nodes'>): NodeView[] {
  const parents = new Set(view.nodes.map(n => n.parent));
  return view.nodes.filter(n => !parents.has(n.id) && n.kind !== 'loop');
}
export type Progress = { ok: number; failed: number; running: number };
/** Shares of all work by state, each 0 to 1; the rest is waiting. */
export function progressOf(view: Pick<RunView, 'nodes'>): Progress {
  const leaves = leavesOf(view);
  const share = (...states: NodeView['state'][]): number =>
    leaves.length ? leaves.filter(n => states.includes(n.state)).length / leaves.length : 0;
  return { ok: share('Succeeded', 'Cached', 'Skipped'), failed: share('Failed', 'Canceled'), running: share('Running') };
}
/** `1 iteration failed`, `2 tasks failed`: what a page head says first. */
export function failedNotice(view: Pick<RunView, 'nodes'>): string | undefined {
  const failed = leavesOf(view).filter(n => n.state === 'Failed');
  if (failed.length === 0) return undefined;
  const loops = new Set(view.nodes.filter(n => n.kind === 'iteration').map(n => n.id));
  const noun = failed.every(n => loops.has(n.parent ?? '')) ? 'iteration' : 'task';
  return `${failed.length} ${noun}${failed.length === 1 ? '' : 's'} failed`;
}
/** Failed leaves in topological order: what `n` and `p` step through. */
export const failedNodes = (view: Pick<RunView, 'nodes'>): NodeView[] => leavesOf(view).filter(n => n.state === 'Failed');

/** `1 of 7 tasks cached`: tasks of the top level and inside conditions; a loop counts once. */
export function cachedOf(view: Pick<RunView, 'nodes'>): { cached: number; total: number } {
  const children = childrenOf(view.nodes);
  const count = (nodes: readonly NodeView[]): NodeView[] =>
    nodes.flatMap(n => (n.kind === 'loop' || !children.has(n.id) ? [n] : count(children.get(n.id)!)));
  const tasks = count(children.get('') ?? []);
  return { cached: tasks.filter(n => n.state === 'Cached').length, total: tasks.length };
}
/** Time that the cached tasks took in the run before. */
export function savedMs(view: RunView, previous: RunView | undefined): number {
  if (!previous) return 0;
  const before = new Map(previous.nodes.map(n => [n.id, n]));
  return leavesOf(view)
    .filter(n => n.state === 'Cached')
    .reduce((sum, n) => sum + (before.get(n.id) ? (tookMs(before.get(n.id)!) ?? 0) : 0), 0);
}
/** The other iterations' nodes of the same task. */
export function siblingsOf(view: Pick<RunView, 'nodes'>, node: NodeView): NodeView[] {
  const parent = view.nodes.find(n => n.id === node.parent);
  if (parent?.kind !== 'iteration')
    return node.kind === 'iteration' ? view.nodes.filter(n => n.parent === node.parent && n.id !== node.id) : [];
  const iterations = new Set(view.nodes.filter(n => n.parent === parent.parent).map(n => n.id));
  return view.nodes.filter(n => n.id !== node.id && n.taskName === node.taskName && iterations.has(n.parent ?? ''));
}
export type Difference = { name: string; value: unknown; others: string };
/** Inputs of an iteration that none of its siblings has: usually the cause. Index-like inputs, unique everywhere, are left out. */
export function inputDifferences(node: NodeView, siblings: readonly NodeView[]): Difference[] {
  if (siblings.length < 2) return [];
  return Object.entries(node.inputs.parameters).flatMap(([name, value]) => {
    const others = siblings.map(s => s.inputs.parameters[name]);
    const texts = new Set(others.map(v => JSON.stringify(v)));
    if (texts.has(JSON.stringify(value)) || texts.size > Math.max(5, siblings.length / 2)) return [];
    return [{ name, value, others: rangeText(others, texts) }];
  });
}
function rangeText(values: readonly unknown[], distinct: ReadonlySet<string>): string {
  if (distinct.size === 1) return `others ${typeof values[0] === 'string' ? values[0] : JSON.stringify(values[0])}`;
  const numbers = values.filter(v => typeof v === 'number');
  if (numbers.length === values.length) return `others ${Math.min(...numbers)} to ${Math.max(...numbers)}`;
  return `others ${distinct.size} values`;
}
/** Waiting nodes that cannot start because of this one, nearest first. */
export function blockedBy(view: RunView, node: NodeView): NodeView[] {
  const byId = new Map(view.nodes.map(n => [n.id, n]));
  const lineage = (id: string): string[] => {
    const parent = byId.get(id)?.parent;
    return parent ? [id, ...lineage(parent)] : [id];
  };
  const leaves = (id: string): NodeView[] => {
    const inside = view.nodes.filter(n => n.parent === id);
    return inside.length ? inside.flatMap(n => leaves(n.id)) : [byId.get(id)!];
  };
  const reached = new Set<string>();
  const found: NodeView[] = [];
  const queue = lineage(node.id);
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    for (const edge of view.edges) {
      if (edge.from !== id || reached.has(edge.to)) continue;
      reached.add(edge.to);
      queue.push(edge.to);
      found.push(...leaves(edge.to).filter(n => n?.state === 'Pending'));
    }
  }
  return found;
}
