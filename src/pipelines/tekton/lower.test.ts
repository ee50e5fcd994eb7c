import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadYaml } from '../ir/yaml.ts';
import { lowerTekton, type PipelineRun } from './lower.ts';

const read = (text: string) => lowerTekton(loadYaml(text)[0] as PipelineRun);

const RESULTS = `
metadata: {name: results}
spec:
  timeouts: {pipeline: 1h30m}
  pipelineSpec:
    params: [{name: who, default: world}]
    results: [{name: sum, value: $(tasks.add.results.sum)}]
    tasks:
    - name: add
      params: [{name: a, value: $(params.who)}]
      retries: 2
      taskSpec:
        params: [{name: a}]
        results: [{name: sum}]
        steps:
        - {name: work, image: bash, script: "echo $(params.a) > $(results.sum.path)"}
        - {image: busybox, command: [cat], args: [x]}
    - name: use
      params: [{name: s, value: $(tasks.add.results.sum)}]
      taskSpec: {params: [{name: s}], steps: [{image: bash, command: [echo]}]}
`;
test('params and results are edges, steps are containers of one Pod', () => {
  const graph = read(RESULTS);
  assert.equal(graph.timeoutMs, 5_400_000);
  const [add, use] = graph.scopes['tasks']!.nodes;
  assert.deepEqual(add, {
    name: 'add',
    inputs: { parameters: { a: { type: 'STRING' } }, artifacts: {} },
    bind: { parameters: { a: { from: 'input', name: 'who' } }, artifacts: {} },
    outputs: { parameters: { sum: { type: 'STRING' } }, artifacts: {} },
    after: [],
    when: { all: [] },
    retry: { limit: 2, backoffMs: 0, factor: 1, maxBackoffMs: 0 },
    work: {
      kind: 'exec',
      label: 'add',
      containers: [
        {
          name: 'step-work',
          image: 'bash',
          command: ['#!/bin/sh\nset -e\necho $(params.a) > $(results.sum.path)'],
          args: [],
          env: [],
        },
        { name: 'step-unnamed-1', image: 'busybox', command: ['cat'], args: ['x'], env: [] },
      ],
    },
  });
  assert.deepEqual(use!.after, ['add']);
  assert.deepEqual(use!.when, { all: [{ node: 'add', is: ['succeeded', 'cached'] }] });
  assert.deepEqual(graph.scopes['tasks']!.outputs.parameters['sum'], { from: 'output', node: 'add', name: 'sum' });
});

const FINALLY = `
metadata: {generateName: order-}
spec:
  pipelineSpec:
    tasks:
    - {name: a, taskSpec: {steps: [{image: bash}]}, when: [{input: x, operator: in, values: [y]}]}
    - {name: b, runAfter: [a], taskSpec: {steps: [{image: bash}]}}
    finally:
    - {name: clean, taskSpec: {steps: [{image: bash}]}}
`;
test('order alone goes on after a skipped task; finally follows any end', () => {
  const graph = read(FINALLY);
  const [a, b] = graph.scopes['tasks']!.nodes;
  assert.equal(a!.guard, '[{"input":"x","operator":"in","values":["y"]}]');
  assert.deepEqual(b!.when, { all: [{ node: 'a', is: ['succeeded', 'cached', 'skipped'] }] });
  const [, last] = graph.scopes['pipeline']!.nodes;
  assert.deepEqual([last!.name, last!.after, last!.when], ['finally', ['tasks'], { all: [] }]);
});
