import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { churnView } from '../../fixtures/run-view.ts';
import { linkPath, place, sizeOf } from './layout.ts';
import { draw } from './shape.ts';

const drawing = draw(churnView());
const placed = place(drawing, shape => sizeOf(shape, '2:18'));

describe('place', () => {
  it('puts each shape right of what it depends on', () => {
    for (const link of drawing.links) {
      const from = placed.boxes.get(link.from)!;
      const to = placed.boxes.get(link.to)!;
      assert.ok(to.x >= from.x + from.width, `${link.id} runs backwards`);
    }
  });
  it('never lets two boxes overlap', () => {
    const boxes = [...placed.boxes.values()];
    for (const a of boxes) {
      for (const b of boxes) {
        if (a.id < b.id)
          assert.ok(
            a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y,
            `${a.id} covers ${b.id}`,
          );
      }
    }
  });
  it('gives the same answer twice', () =>
    assert.deepEqual(
      place(drawing, s => sizeOf(s, '2:18')),
      placed,
    ));
  it('places 2,000 shapes in under two seconds', () => {
    const node = churnView().nodes[0]!;
    const shapes = Array.from({ length: 2000 }, (_, i) => ({
      kind: 'task' as const,
      id: `t${i}`,
      node: { ...node, id: `t${i}` },
      conditions: [],
    }));
    const links = shapes
      .slice(1)
      .map((s, i) => ({ id: s.id, from: `t${Math.floor(i / 3)}`, to: s.id, kind: 'data' as const, critical: false }));
    const begin = process.hrtime.bigint();
    place({ shapes, links }, () => ({ width: 120, height: 46 }));
    assert.ok(Number(process.hrtime.bigint() - begin) / 1e6 < 2000);
  });
});
describe('sizeOf', () => {
  it('keeps a loop of a thousand as small as one of a hundred', () => {
    const loop = drawing.shapes.find(s => s.kind === 'loop')!;
    const of = (n: number) =>
      sizeOf(
        { ...loop, cells: Array.from({ length: n }, (_, i) => ({ id: `${i}`, iteration: i, state: 'Succeeded' as const })) },
        '',
      );
    assert.deepEqual(of(1000), of(100));
  });
});
describe('linkPath', () => {
  it('leaves at the right edge and arrives at the left edge', () => {
    const path = linkPath({ id: 'a', x: 0, y: 0, width: 100, height: 40 }, { id: 'b', x: 200, y: 100, width: 50, height: 20 });
    assert.match(path, /^M100 20 C.* 200 110$/);
  });
});
