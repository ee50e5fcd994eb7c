import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze } from '../../kube/types.ts';
import { apply } from '../engine/fold.ts';
import { initialState } from '../engine/state.ts';
import { step } from '../engine/step.ts';
import { irDialect } from '../ir/dialect.ts';
import type { TaskSpec } from '../ir/spec.ts';
import { completed, component, dag, pipeline, task } from './pipeline.ts';
import { World } from './world.ts';

type Plan = { ups: number[]; tolerant: boolean; fails: boolean }[];
/** DAGs: each task depends on some before it, some wait for mere completion, some fail. */
const plans: fc.Arbitrary<Plan> = fc
  .array(
    fc.record({
      ups: fc.array(fc.nat(30), { maxLength: 4 }),
      tolerant: fc.boolean(),
      fails: fc.integer({ min: 0, max: 5 }).map(n => n === 0),
    }),
    {
      minLength: 1,
      maxLength: 30,
    },
  )
  .map(nodes => nodes.map((n, i) => ({ ...n, ups: i === 0 ? [] : [...new Set(n.ups.map(u => u % i))] })));

function worldOf(plan: Plan): World {
  const tasks: Record<string, TaskSpec> = {};
  // Written in an order that is not theirs.
  for (const [i, { ups, tolerant }] of [...plan.entries()].reverse())
    tasks[`t${i}`] = task('step', {}, { dependentTasks: ups.map(u => `t${u}`), ...(tolerant ? completed : {}) });
  return World.ofIr(pipeline(dag(tasks), { step: component({}, { out: 'STRING' }) }), undefined, {
    script: ({ name }) => (plan[Number(name.slice(1))]!.fails ? { outcome: 'failed', exitCode: 1 } : undefined),
  });
}
/** What must come of it, by the definition alone. */
function oracle(plan: Plan): Record<string, string> {
  const phases: string[] = [];
  for (const { ups, tolerant, fails } of plan) {
    const runs = tolerant || ups.every(u => phases[u] === 'succeeded');
    phases.push(runs ? (fails ? 'failed' : 'succeeded') : 'omitted');
  }
  return Object.fromEntries(phases.map((p, i) => [`t${i}`, p]));
}

test('random DAGs come out as their definition says, in topological order', () => {
  fc.assert(
    fc.property(plans, plan => {
      const world = worldOf(plan);
      assert.ok(world.run());
      const expected = oracle(plan);
      assert.deepEqual({ ...world.phases() }, expected);
      assert.equal(world.state.state, Object.values(expected).includes('failed') ? 'FAILED' : 'SUCCEEDED');
      const position = new Map(world.began.map((id, i) => [id, i]));
      for (const [i, { ups }] of plan.entries())
        for (const u of ups)
          if (position.has(`t${i}`) && position.has(`t${u}`)) assert.ok(position.get(`t${u}`)! < position.get(`t${i}`)!);
    }),
    { numRuns: 200 },
  );
});
test('folding the log again, at once or event by event, gives the same state', () => {
  fc.assert(
    fc.property(plans, fc.boolean(), (plan, terminate) => {
      const world = worldOf(plan);
      world.turn();
      world.terminate = terminate;
      assert.ok(world.run());
      const start = initialState(world.state.graph, world.state.run);
      assert.deepEqual(apply(start, world.log), world.state);
      assert.deepEqual(
        world.log.reduce((state, event) => apply(state, [event]), start),
        world.state,
      );
    }),
    { numRuns: 100 },
  );
});
test('a step on frozen facts gives the same twice and changes nothing', () => {
  fc.assert(
    fc.property(plans, plan => {
      const world = worldOf(plan);
      for (let i = 0; i < 5; i++) {
        const state = deepFreeze(world.state) as typeof world.state;
        const facts = deepFreeze(structuredClone(world.facts())) as ReturnType<World['facts']>;
        const once = step(state, facts, world.now, irDialect, (_, n, a) => `pod-${n.number}-${a}`);
        assert.deepEqual(
          step(state, facts, world.now, irDialect, (_, n, a) => `pod-${n.number}-${a}`),
          once,
        );
        assert.deepEqual(apply(state, once.events), once.state);
        world.turn();
        for (const pod of world.pods.values()) world.endPod(pod);
      }
    }),
    { numRuns: 50 },
  );
});

/** Costs that grow with the square would take minutes here. */
test('a fan-out of 5,000 and a chain of 500 cost microseconds an event', () => {
  const step = component({ x: 'STRING' }, { out: 'STRING' });
  const items = JSON.stringify(Array.from({ length: 5_000 }, (_, i) => `${i}`));
  const body = dag({ work: task('step', { x: '^i' }) }, { inputDefinitions: { parameters: { i: { parameterType: 'STRING' } } } });
  const chain = Object.fromEntries(
    Array.from({ length: 500 }, (_, i) => [
      `t${i}`,
      task('step', { x: '="v"' }, { dependentTasks: i === 0 ? [] : [`t${i - 1}`] }),
    ]),
  );
  for (const spec of [
    pipeline(dag({ loop: task('body', {}, { parameterIterator: { items: { raw: items }, itemInput: 'i' } }) }), { body, step }),
    pipeline(dag(chain), { step }),
  ]) {
    const world = World.ofIr(spec);
    // All Pods of a turn end together, as on a busy node whose plans are coalesced.
    for (let i = 0; i < 2_000 && !world.state.finishedAt; i++) {
      world.turn();
      for (const pod of world.pods.values()) if (pod.phase === 'running') world.endPod(pod);
    }
    assert.equal(world.state.state, 'SUCCEEDED');
    assert.ok(world.log.length >= 1_000);
  }
});
