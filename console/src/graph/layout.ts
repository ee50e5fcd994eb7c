import dagre from '@dagrejs/dagre';
import type { Drawing, LoopShape, Shape } from './shape.ts';

export type Box = { id: string; x: number; y: number; width: number; height: number };
export type Placed = { boxes: ReadonlyMap<string, Box>; width: number; height: number };

export const nodeHeight = 46;
/** More iterations than this are drawn as a density strip. */
export const maxCells = 48;
const letter = 6.9;

/** How many cells a row of a loop has. */
export function columnsOf(cells: number): number {
  return cells <= 12 ? 4 : cells <= 24 ? 6 : 8;
}
/** The size of a shape from its text, so that layout needs no measuring. */
export function sizeOf(shape: Shape, subtitle: string): { width: number; height: number } {
  if (shape.kind === 'loop') return loopSize(shape);
  const text = Math.max(shape.node.displayName.length * letter, subtitle.length * 5.7);
  return { width: Math.round(Math.min(220, Math.max(98, text + 46))), height: nodeHeight };
}
function loopSize(shape: LoopShape): { width: number; height: number } {
  const count = shape.cells.length;
  const title = shape.title.length * 7.4 + 120;
  if (count === 0) return { width: Math.max(160, Math.round(title - 40)), height: nodeHeight };
  if (count > maxCells) return { width: Math.max(260, Math.round(title)), height: 132 };
  const columns = Math.min(columnsOf(count), Math.max(count, 4));
  const rows = Math.ceil(count / columns);
  return { width: Math.max(20 + columns * 44, Math.round(title)), height: 76 + rows * 36 + (rows > 0 ? 12 : 0) };
}
/** Left to right by depth; deterministic for the same drawing. */
export function place(drawing: Drawing, size: (shape: Shape) => { width: number; height: number }): Placed {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({
    rankdir: 'LR',
    nodesep: drawing.shapes.length <= 16 ? 64 : 32,
    ranksep: 30,
    edgesep: 12,
    marginx: 20,
    marginy: 20,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const shape of drawing.shapes) graph.setNode(shape.id, size(shape));
  for (const link of drawing.links) graph.setEdge(link.from, link.to);
  dagre.layout(graph);
  const boxes = new Map<string, Box>();
  for (const shape of drawing.shapes) {
    const { x, y, width, height } = graph.node(shape.id) as Box;
    boxes.set(shape.id, { id: shape.id, x: Math.round(x - width / 2), y: Math.round(y - height / 2), width, height });
  }
  alignRanks(drawing, boxes);
  settleTwins(drawing, boxes);
  const all = [...boxes.values()];
  return {
    boxes,
    width: Math.max(0, ...all.map(b => b.x + b.width)) + 20,
    height: Math.max(0, ...all.map(b => b.y + b.height)) + 20,
  };
}
/** Boxes of one rank share their left edge, as columns read better than centres. */
function alignRanks(drawing: Drawing, boxes: Map<string, Box>): void {
  const centre = (id: string): number => {
    const box = boxes.get(id)!;
    return Math.round(box.x + box.width / 2);
  };
  for (const rank of Map.groupBy(drawing.shapes, s => centre(s.id)).values()) {
    const left = Math.min(...rank.map(s => boxes.get(s.id)!.x));
    for (const { id } of rank) boxes.set(id, { ...boxes.get(id)!, x: left });
  }
}
/** Shapes with the same neighbours may stand in any order, so they stand in the order of the pipeline. */
function settleTwins(drawing: Drawing, boxes: Map<string, Box>): void {
  const neighbours = (id: string): string =>
    drawing.links
      .filter(l => l.from === id || l.to === id)
      .map(l => (l.from === id ? `>${l.to}` : `<${l.from}`))
      .sort()
      .join();
  // A link lookup a shape: worth it only where twins can be seen at a glance.
  if (drawing.shapes.length > 200) return;
  for (const twins of Map.groupBy(drawing.shapes, s => `${neighbours(s.id)} ${boxes.get(s.id)!.height}`).values()) {
    const places = twins.map(s => boxes.get(s.id)!.y).sort((a, b) => a - b);
    for (const [i, { id }] of twins.entries()) boxes.set(id, { ...boxes.get(id)!, y: places[i]! });
  }
}
/** A cubic from the right edge of one box to the left edge of another. */
export function linkPath(from: Box, to: Box): string {
  const x1 = from.x + from.width;
  const y1 = from.y + from.height / 2;
  const x2 = to.x;
  const y2 = to.y + to.height / 2;
  const bend = Math.max(12, (x2 - x1) / 2);
  return `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
