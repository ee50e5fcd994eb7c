import assert from 'node:assert/strict';
import { test } from 'node:test';
import { each } from '../engine/chunks.ts';
import { completed, component, dag, pipeline, task } from '../testing/pipeline.ts';
import { World } from '../testing/world.ts';
import { nodeRow } from './nodes.ts';
import { runStatus } from './status.ts';
import { pipelineView, runView } from './view.ts';

const step = component({}, { out: 'STRING' });
const one = component({ x: 'STRING' });
const body = dag({ work: task('one', { x: '^i' }) }, { inputDefinitions: { parameters: { i: { parameterType: 'STRING' } } } });
const spec = pipeline(
  dag({
    use: task('one', { x: 'make.out' }, { dependentTasks: ['loop'] }),
    make: task('step'),
    loop: task('body', {}, { parameterIterator: { items: { raw: '["a","b"]' }, itemInput: 'i' } }),
    'exit-handler-1': task('comp-exit-handler-1'),
    bye: task('step', {}, { dependentTasks: ['exit-handler-1'], ...completed }),
  }),
  { step, one, body, 'comp-exit-handler-1': dag({ inner: task('step') }) },
);
function viewOf(world: World) {
  const rows = [...each(world.state.nodes)].map(n => nodeRow(world.state, n));
  const head = {
    runId: 'u',
    name: 'r',
    namespace: 'default',
    displayName: 'r',
    state: world.state.state,
    archived: false,
    experiment: { id: 'e', name: 'Default' },
    createdAt: '2026-01-01T00:00:00Z',
    parameters: {},
  };
  return runView(head, world.state.graph, rows, world.state.sequence);
}

test('the view of a run has its iterations, kinds, edges and states', () => {
  const world = World.ofIr(spec);
  world.run();
  const { nodes, edges } = viewOf(world);
  const byId = Object.fromEntries(nodes.map(n => [n.id, n]));
  assert.deepEqual(
    ['make', 'loop', 'loop[1]', 'loop[1].work', 'exit-handler-1', 'exit-handler-1.inner', 'bye'].map(id => [
      byId[id]!.kind,
      byId[id]!.parent,
    ]),
    [
      ['task', undefined],
      ['loop', undefined],
      ['iteration', 'loop'],
      ['task', 'loop[1]'],
      ['subgraph', undefined],
      ['task', 'exit-handler-1'],
      ['exit', undefined],
    ],
  );
  assert.ok(nodes.every(n => n.state === 'Succeeded'));
  assert.ok(edges.some(e => e.from === 'make' && e.to === 'use' && e.kind === 'data'));
  assert.ok(edges.some(e => e.from === 'loop' && e.to === 'use' && e.kind === 'order'));
  const order = nodes.map(n => n.id);
  assert.ok(order.indexOf('make') < order.indexOf('use') && order.indexOf('loop') < order.indexOf('loop[0]'));
});
test('the critical path leads from the last end back to its beginning', () => {
  const world = World.ofIr(spec);
  world.run();
  const { nodes } = viewOf(world);
  const critical = nodes.filter(n => n.critical);
  const lastEnd = nodes
    .map(n => n.finishedAt!)
    .sort()
    .at(-1);
  assert.ok(critical.some(n => n.parent === undefined && n.finishedAt === lastEnd));
  assert.ok(critical.length < nodes.length);
});
test('before a run everything is Pending and a loop shows its body once', () => {
  const { nodes, parameters } = pipelineView(World.ofIr(spec).state.graph, '');
  assert.ok(nodes.every(n => n.state === 'Pending'));
  assert.ok(nodes.some(n => n.id === 'loop.work'));
  assert.deepEqual(parameters, []);
});
test('the status counts leaves and names those that run', () => {
  const world = World.ofIr(spec);
  world.turn();
  world.turn();
  const status = runStatus(world.state);
  assert.equal(status.state, 'RUNNING');
  assert.equal(
    Object.values(status.counts!).reduce((a, b) => a + b, 0),
    6,
  );
  assert.deepEqual(status.nodes!.map(n => n.id).sort(), ['exit-handler-1.inner', 'loop[0].work', 'loop[1].work', 'make']);
});
