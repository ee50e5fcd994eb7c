import assert from 'node:assert/strict';
import { test } from 'node:test';
import { component, dag, pipeline, task } from '../testing/pipeline.ts';
import { lowerIr } from './lower.ts';
import { checkParameters } from './parameters.ts';
import { parsePipeline, readPipeline } from './parse.ts';
import type { ComponentSpec } from './spec.ts';

const SPEC = `
pipelineInfo: {name: hello}
schemaVersion: 2.1.0
root: {dag: {tasks: {}}}
`;
const fails = (text: string) => {
  try {
    parsePipeline(text);
  } catch (e) {
    return (e as Error).message;
  }
  return 'accepted';
};

test('one or two documents, in either order, and JSON', () => {
  assert.equal(parsePipeline(SPEC).spec.pipelineInfo.name, 'hello');
  const platform = 'platforms: {kubernetes: {pipelineConfig: {activeDeadlineSeconds: 5}}}';
  for (const text of [`${SPEC}---\n${platform}`, `${platform}\n---\n${SPEC}`]) {
    const parsed = parsePipeline(text);
    assert.equal(lowerIr(parsed.spec, parsed.platform).timeoutMs, 5_000);
  }
  assert.equal(parsePipeline(JSON.stringify(parsePipeline(SPEC).spec)).spec.pipelineInfo.name, 'hello');
});
test('the API takes the bare spec, or both parts in one', () => {
  const { spec } = parsePipeline(SPEC);
  assert.deepEqual(readPipeline(spec), { spec });
  const platform = { platforms: { kubernetes: {} } };
  assert.deepEqual(readPipeline({ pipeline_spec: spec, platform_spec: platform }), { spec, platform });
});
test("refusals have upstream's words", () => {
  const end = ': pipeline spec is invalid';
  assert.equal(fails(''), `no pipeline spec is provided${end}`);
  assert.equal(
    fails(SPEC.replace('2.1.0', '2.0.0')),
    `KFP only supports schema version 2.1.0, but the pipeline spec has version 2.0.0${end}`,
  );
  assert.equal(fails(SPEC.replace('name: hello', 'name: ""')), `invalid v2 pipeline spec: name is empty${end}`);
  assert.match(fails(SPEC.replace('hello', 'ÄÖ')), /name should consist of lower case alphanumeric characters/);
  assert.equal(fails(SPEC.replace('hello', 'My Pipeline')), 'accepted');
  assert.equal(fails(`${SPEC}---${SPEC}`), `multiple pipeline specs provided${end}`);
  assert.match(fails('a: [1'), /^unable to decode yaml document: /);
  assert.match(fails(`${SPEC}\ncomponents_1: {}`), /unknown field "components_1"/);
});
test('YAML is read as Go reads it: yes and dates are text, quoted text may go on at its own indentation', () => {
  const { spec } = parsePipeline(
    `${SPEC}\ncomponents:\n  c:\n    list:\n      - "one \\\n      two"\n    flag: yes\n    day: 2026-01-01\n`,
  );
  assert.deepEqual(spec.components, { c: { list: ['one two'], flag: 'yes', day: '2026-01-01' } });
});

const withInputs = (parameters: NonNullable<ComponentSpec['inputDefinitions']>['parameters']) =>
  pipeline({ ...dag({}), inputDefinitions: { parameters: parameters! } });
test('parameters of a run are checked: presence, type, literals, names', () => {
  const spec = withInputs({
    n: { parameterType: 'NUMBER_INTEGER' },
    s: { parameterType: 'STRING', defaultValue: 'x', isOptional: true, literals: ['x', 'y'] },
  });
  assert.doesNotThrow(() => checkParameters(spec, { n: 1 }));
  assert.throws(() => checkParameters(spec, {}), {
    message: 'parameter n is not optional, yet has neither default value nor user provided value',
  });
  assert.throws(() => checkParameters(spec, { n: '1' }), {
    message: 'input parameter n requires type double or integer, but the parameter value is not of number value type',
  });
  assert.throws(() => checkParameters(spec, { n: 1, s: 'z' }), /not one of its literals/);
  assert.throws(() => checkParameters(spec, { n: 1, extra: 2 }), {
    message: 'parameter(s) provided are not required by pipeline: extra',
  });
});

test('references to nowhere and circles are refused before anything runs', () => {
  const step = component({}, { out: 'STRING' });
  assert.throws(() => lowerIr(pipeline(dag({ a: task('nothing') }))), /component "nothing" is referenced but not defined/);
  assert.throws(
    () => lowerIr(pipeline(dag({ a: task('step', {}, { dependentTasks: ['b'] }) }), { step })),
    /depends on task "b", which does not exist/,
  );
  const circle = dag({ a: task('step', {}, { dependentTasks: ['b'] }), b: task('step', {}, { dependentTasks: ['a'] }) });
  assert.throws(() => lowerIr(pipeline(circle, { step })), /in a circle/);
});
test('a component is lowered once, however often it is used', () => {
  const step = component();
  const sub = dag({ a: task('step') });
  const graph = lowerIr(pipeline(dag({ x: task('sub'), y: task('sub') }), { sub, step }));
  assert.deepEqual(Object.keys(graph.scopes), ['root', 'sub']);
});
test('a pipeline of one step is a scope of one node', () => {
  const root = component({ x: 'STRING' }, { out: 'STRING' });
  const graph = lowerIr(pipeline(root));
  assert.equal(graph.scopes['root']!.nodes.length, 1);
  assert.deepEqual(graph.scopes['root']!.outputs.parameters['out'], { from: 'output', node: 'main', name: 'out' });
});
