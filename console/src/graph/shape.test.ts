import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { churnView } from '../../fixtures/run-view.ts';
import { conditionText, draw, findTasks } from './shape.ts';

const drawing = draw(churnView());
const link = (from: string, to: string) => drawing.links.find(l => l.from === from && l.to === to);

describe('draw', () => {
  it('closes a loop into one shape with a cell for each iteration', () => {
    const loop = drawing.shapes.find(s => s.kind === 'loop');
    assert.equal(loop?.title, 'train × 12');
    assert.equal(loop?.cells.length, 12);
    assert.deepEqual(loop?.cells[6], { id: 'for-loop-1[7].train', iteration: 7, state: 'Failed' });
  });
  it('dissolves conditions into their tasks and keeps the text', () => {
    const task = drawing.shapes.find(s => s.id === 'condition-1.register-model');
    assert.equal(conditionText(task!.conditions[0]!), 'if auc > 0.86');
    assert.ok(!drawing.shapes.some(s => s.id === 'condition-1'));
  });
  it('moves edges at a dissolved condition to its task', () => {
    assert.equal(link('evaluate', 'condition-1.register-model')?.kind, 'condition');
  });
  it('marks a link critical only between two critical shapes', () => {
    assert.equal(link('load-labels', 'build-features')?.critical, true);
    assert.equal(link('ingest-events', 'build-features')?.critical, false);
  });
  it('enters an iteration by its id', () => {
    assert.deepEqual(
      draw(churnView(), 'for-loop-1[7]').shapes.map(s => s.id),
      ['for-loop-1[7].train'],
    );
  });
  it('joins a container only at its first and last tasks', () => {
    const base = churnView().nodes[0]!;
    const task = (id: string, parent?: string) => ({ ...base, id, displayName: id, ...(parent ? { parent } : {}) });
    const group = { ...task('g'), kind: 'subgraph' as const };
    const edges = [
      { from: 'a', to: 'g' },
      { from: 'g.1', to: 'g.2' },
      { from: 'g', to: 'z' },
    ].map(e => ({ ...e, kind: 'data' as const }));
    const made = draw({ nodes: [task('a'), group, task('g.1', 'g'), task('g.2', 'g'), task('z')], edges });
    assert.deepEqual(made.links.map(l => l.id).sort(), ['a→g.1', 'g.1→g.2', 'g.2→z']);
  });
});
describe('findTasks', () => {
  it('matches names', () => assert.deepEqual([...findTasks(drawing, 'regis')], ['condition-1.register-model']));
  it('adds upstream for a leading plus', () => {
    assert.deepEqual([...findTasks(drawing, '+train')].sort(), ['build-features', 'for-loop-1', 'ingest-events', 'load-labels']);
  });
  it('adds downstream for a trailing plus', () => assert.ok(findTasks(drawing, 'evaluate+').has('condition-2.deploy-canary')));
});
