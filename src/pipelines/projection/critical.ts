import type { EdgeView, NodeView } from '../api/view.ts';

/**
 * The nodes that decided how long the finished part took: from the one that ended last, back through the upstream that
 * ended last, and inside each sub-graph likewise.
 */
export function criticalPath(nodes: readonly NodeView[], edges: readonly EdgeView[]): ReadonlySet<string> {
  const byId = new Map(nodes.map(n => [n.id, n]));
  const upstream = groupBy(edges, e => e.to);
  const children = groupBy(nodes, n => n.parent ?? '');
  const path = new Set<string>();
  const walk = (group: readonly NodeView[]): void => {
    let node = lastOf(group);
    while (node && !path.has(node.id)) {
      path.add(node.id);
      walk(children.get(node.id) ?? []);
      node = lastOf((upstream.get(node.id) ?? []).map(e => byId.get(e.from)).filter(n => n !== undefined));
    }
  };
  walk(children.get('') ?? []);
  return path;
}

function lastOf(nodes: readonly NodeView[]): NodeView | undefined {
  let last: NodeView | undefined;
  for (const node of nodes) if (hasRun(node) && (!last || node.finishedAt! > last.finishedAt!)) last = node;
  return last;
}
/** What did not run decided nothing, though it ended too. */
function hasRun({ finishedAt, state }: NodeView): boolean {
  return finishedAt !== undefined && state !== 'Skipped' && state !== 'Canceled';
}
function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const k = key(item);
    const group = groups.get(k);
    if (group) group.push(item);
    else groups.set(k, [item]);
  }
  return groups;
}
