import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComponentSpec } from '../ir/spec.ts';
import { component, dag, pipeline, task } from './pipeline.ts';
import { World } from './world.ts';

const one = component({ x: 'STRING' }, { out: 'STRING' });
function ran(root: ComponentSpec, components: Record<string, ComponentSpec>): World {
  const world = World.ofIr(pipeline(root, components));
  assert.ok(world.run(), `stuck: ${JSON.stringify(world.phases())}`);
  return world;
}

test('constants of the run are filled in where they stand alone', () => {
  const world = ran(
    dag({ a: task('one', { x: '="{{$.pipeline_job_resource_name}}"' }), b: task('one', { x: '="{{$.workspace_path}}/f"' }) }),
    { one },
  );
  assert.equal(world.node('a').inputs!.parameters['x'], 'test-abcde');
  assert.equal(world.node('b').inputs!.parameters['x'], '/kfp-workspace/f');
});

test('constants may name other inputs of their task, also those handed on to a sub-pipeline', () => {
  const named = (name: string) => `{{$.inputs.parameters['${name}']}}`;
  const typed = component({ text: 'STRING', all: 'STRUCT', z: 'NUMBER_INTEGER' });
  const sub = dag(
    { a: task('typed', { text: '^text', all: '^all', z: '=1' }) },
    { inputDefinitions: { parameters: { text: { parameterType: 'STRING' }, all: { parameterType: 'STRUCT' } } } },
  );
  sub.inputDefinitions!.parameters!['z'] = { parameterType: 'NUMBER_INTEGER' };
  const text = `=${JSON.stringify(`n is ${named('z')}${named('undeclared')}, ${named('none')}`)}`;
  const all = `=${JSON.stringify({ n: named('z'), of: [named('z')] })}`;
  const world = ran(dag({ sub: task('sub', { text, all, z: 'count.out', undeclared: 'count.out' }), count: task('count') }), {
    sub,
    typed,
    count: component({}, { out: 'NUMBER_INTEGER' }),
  });
  assert.deepEqual(world.node('sub.a').inputs!.parameters, {
    text: `n is 11, ${named('none')}`,
    all: { n: 1, of: [1] },
    z: 1,
  });
});
