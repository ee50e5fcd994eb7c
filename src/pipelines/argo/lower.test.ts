import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadYaml } from '../ir/yaml.ts';
import { dependsEdge } from './depends.ts';
import { lowerArgo, type Workflow } from './lower.ts';

const read = (text: string) => lowerArgo(loadYaml(text)[0] as Workflow);

const DIAMOND = `
metadata: {generateName: diamond-}
spec:
  entrypoint: diamond
  arguments: {parameters: [{name: greeting, value: hello}]}
  templates:
  - name: echo
    inputs: {parameters: [{name: text}]}
    retryStrategy: {limit: 2, backoff: {duration: "10", factor: 2, maxDuration: 1m}}
    container: {image: "alpine:3", command: [echo], args: ["{{inputs.parameters.text}}"]}
  - name: diamond
    dag:
      tasks:
      - {name: A, template: echo, arguments: {parameters: [{name: text, value: "{{inputs.parameters.greeting}}"}]}}
      - {name: B, template: echo, dependencies: [A], arguments: {parameters: [{name: text, value: "{{tasks.A.outputs.result}}"}]}}
      - {name: C, template: echo, depends: "A.Failed || A.Errored", when: "{{tasks.A.outputs.result}} == x"}
`;
test('a DAG of containers: edges, values, retries, conditions', () => {
  const graph = read(DIAMOND);
  assert.equal(graph.name, 'diamond');
  assert.equal(graph.root, 'diamond');
  const { nodes, onFailure, inputs } = graph.scopes['diamond']!;
  assert.equal(onFailure, 'stop');
  assert.deepEqual(inputs.parameters, { greeting: { type: 'STRING', default: 'hello' } });
  const [a, b, c] = nodes;
  assert.deepEqual(a, {
    name: 'A',
    inputs: { parameters: { text: { type: 'STRING' } }, artifacts: {} },
    bind: { parameters: { text: { from: 'input', name: 'greeting' } }, artifacts: {} },
    outputs: { parameters: { result: { type: 'STRING', optional: true } }, artifacts: {} },
    after: [],
    when: { all: [] },
    retry: { limit: 2, backoffMs: 10_000, factor: 2, maxBackoffMs: 60_000 },
    work: {
      kind: 'exec',
      label: 'echo',
      containers: [{ name: 'main', image: 'alpine:3', command: ['echo'], args: ['{{inputs.parameters.text}}'], env: [] }],
    },
  });
  assert.deepEqual(b!.bind.parameters['text'], { from: 'output', node: 'A', name: 'result' });
  assert.deepEqual(b!.when, { all: [{ node: 'A', is: ['succeeded', 'cached', 'skipped'] }] });
  assert.deepEqual(c!.when, {
    any: [
      { node: 'A', is: ['failed'] },
      { node: 'A', is: ['failed'] },
    ],
  });
  assert.equal(c!.guard, '{{tasks.A.outputs.result}} == x');
});

const STEPS = `
metadata: {name: steps}
spec:
  entrypoint: main
  onExit: say
  templates:
  - name: main
    parallelism: 2
    steps:
    - - {name: one, template: say}
    - - {name: many, template: say, withItems: [1, 2, 3]}
      - {name: again, template: main}
  - name: say
    script: {image: "python:3", command: [python], source: "print(1)"}
`;
test('groups of steps are barriers, items fan out, a template may call itself, and the exit comes last', () => {
  const { nodes } = read(STEPS).scopes['main']!;
  assert.deepEqual(
    nodes.map(n => [n.name, n.after]),
    [
      ['one', []],
      ['many', ['one']],
      ['again', ['one']],
      ['onExit', ['one', 'many', 'again']],
    ],
  );
  const work = nodes[1]!.work;
  assert.ok(work.kind === 'fanout' && work.parallelism === 2);
  assert.deepEqual(nodes[2]!.work, { kind: 'scope', scope: 'main', is: 'pipeline' });
  assert.deepEqual(nodes[3]!.when, { all: [] });
});
test('depends follows its precedence', () => {
  assert.deepEqual(dependsEdge('A && !(B.Failed || C)'), {
    after: ['A', 'B', 'C'],
    when: {
      all: [
        { node: 'A', is: ['succeeded', 'cached', 'skipped'] },
        {
          not: {
            any: [
              { node: 'B', is: ['failed'] },
              { node: 'C', is: ['succeeded', 'cached', 'skipped'] },
            ],
          },
        },
      ],
    },
  });
  assert.throws(() => dependsEdge('A &&'), /invalid depends/);
  assert.throws(() => dependsEdge('A.Happy'), /invalid depends/);
});
