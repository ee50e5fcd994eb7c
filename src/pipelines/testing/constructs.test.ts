import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComponentSpec, TaskSpec } from '../ir/spec.ts';
import { completed, component, dag, pipeline, task } from './pipeline.ts';
import { type Script, World } from './world.ts';

const step = component({}, { out: 'STRING' });
const one = component({ x: 'STRING' }, { out: 'STRING' });
/** Runs a pipeline to its end. */
function ran(root: ComponentSpec, components: Record<string, ComponentSpec>, script?: Script, parameters = {}): World {
  const world = World.ofIr(pipeline(root, components), undefined, { parameters, ...(script ? { script } : {}) });
  assert.ok(world.run(), `stuck: ${JSON.stringify(world.phases())}`);
  return world;
}
const after = (...dependentTasks: string[]): Partial<TaskSpec> => ({ dependentTasks });
const failing =
  (...names: string[]): Script =>
  ({ name }) =>
    names.includes(name) ? { outcome: 'failed', exitCode: 1, message: 'exit code 1' } : undefined;

test('outputs flow to inputs, in order', () => {
  const world = ran(dag({ b: task('one', { x: 'a.out' }), a: task('step') }), { one, step }, ({ name }) =>
    name === 'a' ? { out: 'hello' } : undefined,
  );
  assert.deepEqual(world.began, ['a', 'b']);
  assert.equal(world.node('b').inputs!.parameters['x'], 'hello');
});
test('a failure leaves out what follows and lets the rest run', () => {
  const world = ran(
    dag({ a: task('step'), b: task('step', {}, after('a')), c: task('step'), d: task('step', {}, after('c')) }),
    { step },
    failing('a'),
  );
  assert.deepEqual(world.phases(), { a: 'failed', b: 'omitted', c: 'succeeded', d: 'succeeded' });
  assert.equal(world.node('b').message, 'upstream task a failed');
  assert.equal(world.state.state, 'FAILED');
  assert.match(world.state.error!.message, /task a failed: exit code 1/);
});
test('a condition decides on the inputs of its task; what follows a skipped task does not run', () => {
  const coin = "inputs.parameter_values['x'] == 'heads'";
  const flip = (condition: string) => task('one', { x: 'flip.out' }, { triggerPolicy: { condition } });
  const world = ran(
    dag({ flip: task('step'), yes: flip(coin), no: flip(`!(${coin})`), next: task('step', {}, after('no')) }),
    { step, one },
    ({ name }) => (name === 'flip' ? { out: 'heads' } : undefined),
  );
  assert.deepEqual(world.phases(), { flip: 'succeeded', yes: 'succeeded', no: 'skipped', next: 'omitted' });
  assert.equal(world.state.state, 'SUCCEEDED');
});
test('a condition that is no boolean fails its task', () => {
  const world = ran(dag({ a: task('one', { x: '="v"' }, { triggerPolicy: { condition: "inputs.parameter_values['x']" } }) }), {
    one,
  });
  assert.match(world.node('a').message!, /must be a boolean/);
});
test('one-of takes the value of the branch that ran; with none it is absent', () => {
  const branches = (word: string): World => {
    const is = (w: string) => ({ triggerPolicy: { condition: `inputs.parameter_values['x'] == '${w}'` } });
    const inner: ComponentSpec = {
      inputDefinitions: { parameters: { x: { parameterType: 'STRING' } } },
      outputDefinitions: { parameters: { out: { parameterType: 'STRING' } } },
      dag: {
        tasks: { a: task('one', { x: '^x' }, is('a')), b: task('one', { x: '^x' }, is('b')) },
        outputs: {
          parameters: {
            out: {
              valueFromOneof: {
                parameterSelectors: [
                  { producerSubtask: 'a', outputParameterKey: 'out' },
                  { producerSubtask: 'b', outputParameterKey: 'out' },
                ],
              },
            },
          },
        },
      },
    };
    const use = component({ x: 'STRING' }, {}, { x: 'fallback' });
    return ran(
      dag({ branches: task('inner', { x: `=${JSON.stringify(word)}` }), use: task('use', { x: 'branches.out' }) }),
      { inner, one, use },
      ({ id }) => (id.startsWith('branches') ? { out: `from ${id}` } : undefined),
    );
  };
  assert.equal(branches('b').node('use').inputs!.parameters['x'], 'from branches.b');
  const none = branches('c').node('use');
  assert.equal(none.phase, 'succeeded');
  assert.equal(none.inputs!.parameters['x'], undefined);
});

const loopBody = (inner: Record<string, TaskSpec>, item: string, outputs: Record<string, string>): ComponentSpec =>
  dag(inner, {
    inputDefinitions: { parameters: { [item]: { parameterType: 'STRING' } } },
    outputDefinitions: { parameters: Object.fromEntries(Object.keys(outputs).map(k => [k, { parameterType: 'LIST' }])) },
    outputs,
  });
const over = (items: unknown[], itemInput = 'i', parallelismLimit?: number): Partial<TaskSpec> => ({
  parameterIterator: { items: { raw: JSON.stringify(items) }, itemInput },
  ...(parallelismLimit ? { iteratorPolicy: { parallelismLimit } } : {}),
});
const echo: Script = ({ name, inputs }) => (name === 'work' ? { out: `<${inputs.parameters['x']}>` } : undefined);

test('a loop collects its outputs in the order of its items', () => {
  const body = loopBody({ work: task('one', { x: '^i' }) }, 'i', { all: 'work.out' });
  const sum = component({ all: 'LIST' });
  const world = ran(
    dag({ loop: task('body', {}, over(['a', 'b', 'c'])), sum: task('sum', { all: 'loop.all' }) }),
    { body, one, sum },
    echo,
  );
  assert.deepEqual(world.node('sum').inputs!.parameters['all'], ['<a>', '<b>', '<c>']);
  assert.equal(world.node('loop[1].work').inputs!.parameters['x'], 'b');
});
test('a loop in a loop gives one flat list', () => {
  const inner = loopBody({ work: task('one', { x: '^j' }) }, 'j', { all: 'work.out' });
  const outer = loopBody({ inner: task('inner', {}, over(['1', '2'], 'j')) }, 'i', { all: 'inner.all' });
  const sum = component({ all: 'LIST' });
  const world = ran(
    dag({ loop: task('outer', {}, over(['a', 'b'])), sum: task('sum', { all: 'loop.all' }) }),
    { outer, inner, one, sum },
    echo,
  );
  assert.deepEqual(world.node('sum').inputs!.parameters['all'], ['<1>', '<2>', '<1>', '<2>']);
});
test('lists made by iterations stay lists', () => {
  const lister = component({ x: 'STRING' }, { out: 'LIST' });
  const body = loopBody({ work: task('lister', { x: '^i' }) }, 'i', { all: 'work.out' });
  const world = ran(dag({ loop: task('body', {}, over(['a', 'b'])) }), { body, lister }, () => ({ out: [1, 2] }));
  assert.deepEqual(world.node('loop').outputs!.parameters['all'], [
    [1, 2],
    [1, 2],
  ]);
});
test('no items: the loop succeeds and collects nothing', () => {
  const body = loopBody({ work: task('one', { x: '^i' }) }, 'i', { all: 'work.out' });
  const world = ran(dag({ loop: task('body', {}, over([])) }), { body, one });
  assert.equal(world.node('loop').phase, 'succeeded');
  assert.deepEqual(world.node('loop').outputs!.parameters['all'], []);
});
test('no more iterations run at a time than the limit says', () => {
  const body = loopBody({ work: task('one', { x: '^i' }) }, 'i', {});
  const items = Array.from({ length: 10 }, (_, i) => `${i}`);
  const limited = ran(dag({ loop: task('body', {}, over(items, 'i', 3)) }), { body, one });
  assert.equal(limited.peakPods, 3);
  assert.deepEqual(
    limited.began,
    items.map(i => `loop[${i}].work`),
  );
  assert.equal(ran(dag({ loop: task('body', {}, over(items)) }), { body, one }).peakPods, 10);
});
test('a loop goes over an input, also over a list in text, and its items have parts', () => {
  const list = component({}, { out: 'LIST' });
  const body: ComponentSpec = dag(
    {
      work: {
        ...task('one'),
        inputs: {
          parameters: { x: { componentInputParameter: 'i', parameterExpressionSelector: 'parseJson(string_value)["a"]' } },
        },
      },
    },
    { inputDefinitions: { parameters: { items: { parameterType: 'LIST' }, i: { parameterType: 'STRUCT' } } } },
  );
  const loop = task('body', { items: 'list.out' }, { parameterIterator: { items: { inputParameter: 'items' }, itemInput: 'i' } });
  const world = ran(dag({ list: task('list'), loop }), { list, body, one }, ({ name }) =>
    name === 'list' ? { out: [{ a: 'p' }, { a: 'q' }] } : undefined,
  );
  assert.deepEqual(
    [0, 1].map(i => world.node(`loop[${i}].work`).inputs!.parameters['x']),
    ['p', 'q'],
  );
});
test('a failed iteration fails the loop after the others have run', () => {
  const body = loopBody({ work: task('one', { x: '^i' }) }, 'i', {});
  const world = ran(
    dag({ loop: task('body', {}, over(['a', 'b', 'c'])), next: task('step', {}, after('loop')) }),
    { body, one, step },
    ({ inputs }) => (inputs.parameters['x'] === 'b' ? { outcome: 'failed', exitCode: 1 } : undefined),
  );
  assert.equal(world.node('loop').phase, 'failed');
  assert.equal(world.node('loop[2].work').phase, 'succeeded');
  assert.equal(world.node('next').phase, 'omitted');
});

const exits = (fails: boolean): World => {
  const work = dag({ a: task('step'), b: task('step', {}, after('a')) });
  const exit = component({ status: 'TASK_FINAL_STATUS' });
  return ran(
    dag({
      'exit-handler-1': task('comp-exit-handler-1'),
      exit: task('exit', { status: '?exit-handler-1' }, { ...after('exit-handler-1'), ...completed }),
    }),
    { 'comp-exit-handler-1': work, exit, step },
    fails ? failing('a') : undefined,
  );
};
test('an exit task runs after its handler, good or bad, and knows which', () => {
  const good = exits(false);
  assert.equal(good.state.state, 'SUCCEEDED');
  assert.deepEqual(good.node('exit').inputs!.parameters['status'], {
    state: 'COMPLETE',
    pipelineJobResourceName: 'test-abcde',
    pipelineTaskName: 'exit-handler-1',
  });
  const bad = exits(true);
  assert.equal(bad.state.state, 'FAILED');
  assert.equal(bad.node('exit').phase, 'succeeded');
  const status = bad.node('exit').inputs!.parameters['status'] as { state: string; error: { message: string } };
  assert.equal(status.state, 'FAILED');
  assert.equal(status.error.message, '1 of 2 failed');
});
test('a task that waits for several ends waits for all of them', () => {
  const world = ran(
    dag({ a: task('step'), b: task('step', {}, after('a')), z: task('step', {}, { ...after('a', 'b'), ...completed }) }),
    { step },
    failing('a'),
  );
  assert.deepEqual(world.phases(), { a: 'failed', b: 'omitted', z: 'succeeded' });
});
test('who ignores a failure upstream gets its default for what is missing', () => {
  const use = component({ x: 'STRING' }, {}, { x: 'default' });
  const world = ran(dag({ a: task('step'), use: task('use', { x: 'a.out' }, completed) }), { step, use }, failing('a'));
  assert.equal(world.node('use').phase, 'succeeded');
  assert.equal(world.node('use').inputs!.parameters['x'], undefined);
});
test('a required input without a value fails the task, and says which', () => {
  const world = ran(dag({ a: task('step'), use: task('one', { x: 'a.out' }, completed) }), { step, one }, failing('a'));
  assert.match(world.node('use').message!, /input parameter "x" of task "use" has no value/);
});

test('a failed attempt is tried again after a growing delay, as often as allowed', () => {
  const retryPolicy = { maxRetryCount: 2, backoffDuration: '10s', backoffFactor: 3, backoffMaxDuration: '3600s' };
  const flaky = ran(dag({ a: task('step', {}, { retryPolicy }) }), { step }, ({ attempt }) =>
    attempt < 2 ? { outcome: 'failed', exitCode: 1 } : undefined,
  );
  const { attempts, phase } = flaky.node('a');
  assert.equal(phase, 'succeeded');
  const waits = attempts.slice(1).map((a, i) => Date.parse(a.plannedAt) - Date.parse(attempts[i]!.finishedAt!));
  assert.deepEqual(waits, [10_000, 30_000]);
  const hopeless = ran(dag({ a: task('step', {}, { retryPolicy }) }), { step }, failing('a'));
  assert.equal(hopeless.node('a').attempts.length, 3);
  assert.equal(hopeless.node('a').phase, 'failed');
});
test('a retry policy of a sub-pipeline counts for its steps', () => {
  const sub = dag({ a: task('step') });
  const world = ran(
    dag({ sub: task('sub', {}, { retryPolicy: { maxRetryCount: 1 } }), bare: task('sub') }),
    { sub, step },
    failing('a'),
  );
  assert.equal(world.node('sub.a').attempts.length, 2);
  assert.equal(world.node('bare.a').attempts.length, 1);
});
test('a retried run keeps what succeeded and repeats what failed and what follows from it', () => {
  const sub = dag({ x: task('step'), y: task('step', {}, after('x')) });
  const spec = pipeline(
    dag({ a: task('step'), sub: task('sub', {}, after('a')), exit: task('step', {}, { ...after('sub'), ...completed }) }),
    { sub, step },
  );
  let broken = true;
  const world = World.ofIr(spec, undefined, {
    script: ({ name }) => (name === 'y' && broken ? { outcome: 'failed', exitCode: 1 } : undefined),
  });
  world.run();
  assert.equal(world.state.state, 'FAILED');
  broken = false;
  world.retryGeneration = 1;
  assert.ok(world.run());
  assert.equal(world.state.state, 'SUCCEEDED');
  const times = Object.fromEntries(['a', 'sub.x', 'sub.y', 'exit'].map(id => [id, world.node(id).attempts.length]));
  assert.deepEqual(times, { a: 1, 'sub.x': 1, 'sub.y': 2, exit: 2 });
});
test('a retried loop repeats the iterations that failed, within its limit', () => {
  const body = loopBody({ work: task('one', { x: '^i' }) }, 'i', { all: 'work.out' });
  let broken = true;
  const world = World.ofIr(
    pipeline(dag({ loop: task('body', {}, over(['a', 'b', 'c', 'd'], 'i', 1)) }), { body, one }),
    undefined,
    {
      script: t =>
        broken && ['b', 'd'].includes(String(t.inputs.parameters['x'])) ? { outcome: 'failed', exitCode: 1 } : echo(t),
    },
  );
  world.run();
  broken = false;
  world.retryGeneration = 1;
  assert.ok(world.run());
  assert.deepEqual(world.node('loop').outputs!.parameters['all'], ['<a>', '<b>', '<c>', '<d>']);
  assert.deepEqual(
    [0, 1, 2, 3].map(i => world.node(`loop[${i}].work`).attempts.length),
    [1, 2, 1, 2],
  );
});

test('terminating cancels what waits, kills what runs, and shows CANCELING for two seconds', () => {
  const world = World.ofIr(pipeline(dag({ a: task('step'), b: task('step', {}, after('a')) }), { step }));
  world.turn();
  world.terminate = true;
  world.turn();
  assert.equal(world.state.state, 'CANCELING');
  const sinceMs = world.nowMs;
  assert.ok(world.run());
  assert.ok(world.nowMs - sinceMs >= 2_000);
  assert.equal(world.killed.size, 1);
  assert.deepEqual(world.phases(), { a: 'cancelled', b: 'cancelled' });
  assert.deepEqual(
    world.state.history.map(h => h.state),
    ['PENDING', 'RUNNING', 'CANCELING', 'CANCELED', 'FAILED'],
  );
  assert.deepEqual(world.state.error, { code: 1, message: 'terminated by user' });
});
test('a Pod that was seen and is gone is a lost node; one never seen is started again', () => {
  const world = World.ofIr(pipeline(dag({ a: task('step') }), { step }));
  world.turn();
  world.pods.clear();
  assert.deepEqual(world.turn().actions, [{ do: 'start', node: 1, attempt: 0 }]);
  world.turn();
  world.pods.clear();
  world.turn();
  assert.match(world.node('a').message!, /^NodeLost/);
  assert.equal(world.node('a').phase, 'failed');
});
test('a step that is in the cache does not run; a custom key counts alone', () => {
  const cachingOptions = { enableCache: true };
  const spec = pipeline(
    dag({
      a: task('one', { x: '="1"' }, { cachingOptions }),
      b: task('one', { x: '="1"' }, { ...after('a'), cachingOptions }),
      c: task('one', { x: '="2"' }, { ...after('b'), cachingOptions }),
    }),
    { one },
  );
  const world = World.ofIr(spec);
  assert.ok(world.run());
  assert.deepEqual(world.phases(), { a: 'succeeded', b: 'cached', c: 'succeeded' });
  assert.equal(world.state.state, 'SUCCEEDED');
  const keyed = (x: string) => task('one', { x }, { cachingOptions: { ...cachingOptions, cacheKey: 'k' } });
  const second = ran(dag({ a: keyed('="1"'), b: { ...keyed('="2"'), dependentTasks: ['a'] } }), { one });
  assert.equal(second.node('b').phase, 'cached');
});
test('inputs are taken by their type: STRING takes everything as text, others only their own', () => {
  const typed = component({ s: 'STRING', n: 'NUMBER_INTEGER' });
  const good = ran(dag({ a: task('typed', { s: '={"k":1}', n: '=3' }) }), { typed });
  assert.deepEqual(good.node('a').inputs!.parameters, { s: '{"k":1}', n: 3 });
  const bad = ran(dag({ a: task('typed', { s: '=1', n: '="3"' }) }), { typed });
  assert.match(bad.node('a').message!, /input parameter "n" must be a number, but is a string/);
});
test('null for an optional input of a sub-pipeline means its own default', () => {
  const inner = component({ x: 'STRING' }, {}, { x: 'mine' });
  const sub = dag(
    { a: task('inner', { x: '^x' }) },
    { inputDefinitions: { parameters: { x: { parameterType: 'STRING', isOptional: true } } } },
  );
  const world = ran(dag({ sub: task('sub', { x: '=null' }) }), { sub, inner });
  assert.equal(world.node('sub.a').phase, 'succeeded');
  assert.equal(world.node('sub.a').inputs!.parameters['x'], undefined);
});
test('artifacts can be looped over', () => {
  const system = { artifactType: { schemaTitle: 'system.Dataset', schemaVersion: '0.0.1' } };
  const make = component();
  make.outputDefinitions = { artifacts: { d: system } };
  const use: ComponentSpec = { executorLabel: 'exec', inputDefinitions: { artifacts: { d: system } } };
  const list = { ...system, isArtifactList: true };
  const body: ComponentSpec = {
    inputDefinitions: { artifacts: { all: list, one: system } },
    dag: { tasks: { use: { componentRef: { name: 'use' }, inputs: { artifacts: { d: { componentInputArtifact: 'one' } } } } } },
  };
  const makers = dag(
    { make: task('make') },
    { inputDefinitions: { parameters: { i: { parameterType: 'STRING' } } }, outputDefinitions: { artifacts: { d: list } } },
  );
  makers.dag!.outputs = { artifacts: { d: { artifactSelectors: [{ producerSubtask: 'make', outputArtifactKey: 'd' }] } } };
  const loop: TaskSpec = {
    componentRef: { name: 'body' },
    inputs: { artifacts: { all: { taskOutputArtifact: { producerTask: 'makers', outputArtifactKey: 'd' } } } },
    artifactIterator: { items: { inputArtifact: 'all' }, itemInput: 'one' },
  };
  const world = ran(dag({ makers: task('makers', {}, over(['a', 'b'])), loop }), { make, makers, body, use });
  assert.equal(world.state.state, 'SUCCEEDED', world.state.error?.message);
  assert.match(world.node('loop[1].use').inputs!.artifacts['d']![0]!.uri, /makers\[1\]\.make\/d$/);
});
