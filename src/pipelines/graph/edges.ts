import type { Edge, Outcome } from './graph.ts';

/** Whether an edge formula holds for the outcomes of nodes that have all ended. */
export function holds(edge: Edge, outcomeOf: (node: string) => Outcome): boolean {
  if ('all' in edge) return edge.all.every(e => holds(e, outcomeOf));
  if ('any' in edge) return edge.any.some(e => holds(e, outcomeOf));
  if ('not' in edge) return !holds(edge.not, outcomeOf);
  return edge.is.includes(outcomeOf(edge.node));
}

/** All of `nodes` ended well: KFP's ALL_UPSTREAM_TASKS_SUCCEEDED. */
export function allSucceeded(nodes: readonly string[]): Edge {
  return { all: nodes.map(node => ({ node, is: ['succeeded', 'cached'] })) };
}
/** Always true once the upstream has ended: KFP's ALL_UPSTREAM_TASKS_COMPLETED. */
export const allCompleted: Edge = { all: [] };
