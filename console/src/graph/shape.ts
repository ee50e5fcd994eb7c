import type { EdgeView, NodeState, NodeView } from '../../../src/pipelines/api/view.ts';

/** What is drawn: a task as a box, or a loop as one box with a cell for each iteration. */
export type TaskShape = {
  kind: 'task';
  id: string;
  node: NodeView /** The conditions around it, outermost first. */;
  conditions: readonly string[];
};
export type Cell = { /** The node a click selects. */ id: string; iteration: number; state: NodeState };
export type LoopShape = {
  kind: 'loop';
  id: string;
  node: NodeView;
  title: string;
  cells: readonly Cell[];
  conditions: readonly string[];
};
export type Shape = TaskShape | LoopShape;
export type Link = { id: string; from: string; to: string; kind: EdgeView['kind']; critical: boolean };
export type Drawing = { shapes: readonly Shape[]; links: readonly Link[] };

type View = { nodes: readonly NodeView[]; edges: readonly EdgeView[] };
/** Nodes by parent, in the order of the view. */
export function childrenOf(nodes: readonly NodeView[]): Map<string, NodeView[]> {
  return Map.groupBy(nodes, node => node.parent ?? '');
}
/** The iterations of a loop as cells; an iteration that is one task is selected as that task. */
export function cellsOf(loop: NodeView, children: Map<string, NodeView[]>): Cell[] {
  return (children.get(loop.id) ?? [])
    .filter(n => n.kind === 'iteration')
    .map((iteration, i) => {
      const inside = children.get(iteration.id) ?? [];
      return {
        id: inside.length === 1 ? inside[0]!.id : iteration.id,
        iteration: iteration.iteration ?? i,
        state: iteration.state,
      };
    });
}
/** `train × 12` for a loop over one task, else `for-loop-1 × 12`. */
export function loopTitle(loop: NodeView, children: Map<string, NodeView[]>): string {
  const within = children.get(loop.id) ?? [];
  const iterations = within.filter(n => n.kind === 'iteration');
  // Before a run the tasks stand in the loop itself.
  const inside = iterations[0] ? (children.get(iterations[0].id) ?? []) : within;
  const name = inside.length === 1 ? inside[0]!.displayName : loop.displayName;
  return iterations.length ? `${name} × ${iterations.length}` : `${name} × N`;
}
/**
 * The drawing of one level. Loops stay closed (thousands of iterations are one box); conditions, exit handlers and nested
 * pipelines dissolve into their tasks, and edges at them move to the tasks they begin and end with. Pure.
 * @param root the id of a loop or iteration to look into; the whole run when absent
 */
export function draw(view: View, root?: string): Drawing {
  const children = childrenOf(view.nodes);
  const shapes: Shape[] = [];
  /** For every id that an edge may name: the shapes that stand for it. */
  const standIns = new Map<string, string[]>();
  const visit = (node: NodeView, conditions: readonly string[]): string[] => {
    const within = node.condition ? [...conditions, node.condition] : conditions;
    const inside = children.get(node.id) ?? [];
    let drawn: string[];
    if (node.kind === 'loop' && node.id !== root) {
      shapes.push({
        kind: 'loop',
        id: node.id,
        node,
        title: loopTitle(node, children),
        cells: cellsOf(node, children),
        conditions: within,
      });
      drawn = [node.id];
      for (const id of descendants(node, children)) standIns.set(id, drawn);
    } else if (inside.length > 0) {
      drawn = inside.flatMap(child => visit(child, within));
    } else {
      shapes.push({ kind: 'task', id: node.id, node, conditions: within });
      drawn = [node.id];
    }
    standIns.set(node.id, drawn);
    return drawn;
  };
  const top = root === undefined ? (children.get('') ?? []) : (children.get(root) ?? []);
  for (const node of top) visit(node, []);
  return { shapes, links: linksOf(view, shapes, standIns) };
}
function descendants(node: NodeView, children: Map<string, NodeView[]>): string[] {
  return (children.get(node.id) ?? []).flatMap(child => [child.id, ...descendants(child, children)]);
}
function linksOf(view: View, shapes: readonly Shape[], standIns: Map<string, string[]>): Link[] {
  const critical = new Set(shapes.filter(s => s.node.critical).map(s => s.id));
  const links = new Map<string, Link>();
  const inner = new Set(view.edges.map(e => `${e.from}\u0000${e.to}`));
  for (const edge of view.edges) {
    const froms = ends(standIns.get(edge.from) ?? [], inner, 'sinks');
    const tos = ends(standIns.get(edge.to) ?? [], inner, 'roots');
    for (const from of froms) {
      for (const to of tos) {
        const id = `${from}→${to}`;
        const old = links.get(id);
        if (from === to || (old && old.kind === 'data')) continue;
        links.set(id, { id, from, to, kind: edge.kind, critical: critical.has(from) && critical.has(to) });
      }
    }
  }
  return [...links.values()];
}
/** Of the tasks inside a dissolved container, those that no other one precedes (roots) or follows (sinks). */
function ends(ids: readonly string[], inner: ReadonlySet<string>, which: 'roots' | 'sinks'): readonly string[] {
  if (ids.length < 2) return ids;
  const kept = ids.filter(id => !ids.some(other => inner.has(which === 'roots' ? `${other}\u0000${id}` : `${id}\u0000${other}`)));
  return kept.length ? kept : ids;
}

/** `if auc > 0.86`: a condition's CEL text as people wrote it. */
export function conditionText(cel: string): string {
  const text = cel
    .replaceAll(/inputs\.parameter_values\['(?:pipelinechannel--)?(?:[\w-]+-)?([\w]+)'\]/g, '$1')
    .replaceAll(/\b(?:int|double|string)\(([^()]+)\)/g, '$1');
  return `if ${text}`;
}
/** Counts by state, of the children of a loop or of any nodes. */
export function countStates(nodes: readonly { state: NodeState }[]): Record<NodeState, number> {
  const counts: Record<NodeState, number> = {
    Pending: 0,
    Running: 0,
    Succeeded: 0,
    Failed: 0,
    Skipped: 0,
    Cached: 0,
    Canceled: 0,
  };
  for (const { state } of nodes) counts[state] += 1;
  return counts;
}
/** A find text: plain words match names, `+train` adds all upstream, `train+` all downstream. Empty text matches all. */
export function findTasks(drawing: Drawing, text: string): ReadonlySet<string> {
  const match = /^(\+?)(.*?)(\+?)$/.exec(text.trim())!;
  const words = match[2]!.toLowerCase();
  const hits = drawing.shapes
    .filter(s => (s.kind === 'loop' ? s.title : s.node.displayName).toLowerCase().includes(words))
    .map(s => s.id);
  const found = new Set(hits);
  const spread = (from: 'from' | 'to', to: 'from' | 'to'): void => {
    const queue = [...hits];
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      for (const link of drawing.links) {
        if (link[to] === id && !found.has(link[from])) {
          found.add(link[from]);
          queue.push(link[from]);
        }
      }
    }
  };
  if (match[1]) spread('from', 'to');
  if (match[3]) spread('to', 'from');
  return found;
}
