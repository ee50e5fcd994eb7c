import type { Graph, Node, Scope } from './graph.ts';

/** A scope with its edges as indices into `nodes`, so that a finished node finds its followers at once. */
export type ScopeIndex = { scope: Scope; at: ReadonlyMap<string, number>; followers: readonly (readonly number[])[] };
export type GraphIndex = ReadonlyMap<string, ScopeIndex>;

const indices = new WeakMap<object, GraphIndex>();

/** The index of a graph, computed once a graph. */
export function indexOf(graph: Graph): GraphIndex {
  let index = indices.get(graph);
  if (!index) {
    index = new Map(Object.entries(graph.scopes).map(([name, scope]) => [name, indexScope(scope)]));
    indices.set(graph, index);
  }
  return index;
}
function indexScope(scope: Scope): ScopeIndex {
  const at = new Map(scope.nodes.map((n, i) => [n.name, i]));
  const followers: number[][] = scope.nodes.map(() => []);
  scope.nodes.forEach((node, i) => {
    for (const name of node.after) followers[at.get(name)!]!.push(i);
  });
  return { scope, at, followers };
}

/** Nodes of a scope, upstream before downstream; undefined when they form a cycle. */
export function topologicalOrder(nodes: readonly Node[]): Node[] | undefined {
  const waiting = new Map(nodes.map(n => [n.name, n.after.length]));
  const followers = new Map<string, Node[]>();
  for (const n of nodes)
    for (const up of n.after) {
      if (!followers.has(up)) followers.set(up, []);
      followers.get(up)!.push(n);
    }
  const order = nodes.filter(n => n.after.length === 0);
  for (let i = 0; i < order.length; i++)
    for (const next of followers.get(order[i]!.name) ?? []) {
      const left = waiting.get(next.name)! - 1;
      waiting.set(next.name, left);
      if (left === 0) order.push(next);
    }
  return order.length === nodes.length ? order : undefined;
}
