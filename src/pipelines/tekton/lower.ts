import { errors } from '../errors.ts';
import type { Binding, Container, Edge, Graph, Json, Node, Ports, Scope } from '../graph/graph.ts';

/** As much of a PipelineRun as is lowered: inline tasks with steps, params, results, when, runAfter, finally. */
export type PipelineRun = {
  metadata: { name?: string; generateName?: string };
  spec: { pipelineSpec: PipelineSpec; timeouts?: { pipeline?: string } };
};
type PipelineSpec = { params?: Param[]; tasks: Task[]; finally?: Task[]; results?: { name: string; value: string }[] };
type Param = { name: string; type?: 'string' | 'array' | 'object'; default?: Json };
type When = { input: string; operator: 'in' | 'notin'; values: string[] } | { cel: string };
type Task = {
  name: string;
  taskSpec?: { params?: Param[]; steps: Step[]; results?: { name: string; type?: string }[] };
  params?: { name: string; value: Json }[];
  runAfter?: string[];
  when?: When[];
  retries?: number;
  timeout?: string;
  onError?: 'continue' | 'stopAndFail';
};
type Step = {
  name?: string;
  image: string;
  command?: string[];
  args?: string[];
  script?: string;
  env?: { name: string; value?: string }[];
};

const MAIN = 'tasks';
const PIPELINE = 'pipeline';

/**
 * Lowers a PipelineRun to a graph. Tasks and finally tasks are two scopes, so that the latter follow the end of the
 * former whatever it is. It is not run yet: the front-end is here so that the graph language is one for all.
 * @throws PipelineError `invalid` for tasks by reference
 * @source tektoncd/pipeline docs/pipelines.md, pkg/reconciler/pipelinerun/resources@3ee1745ae5
 */
export function lowerTekton(run: PipelineRun): Graph {
  const { pipelineSpec, timeouts } = run.spec;
  const inputs = paramPorts(pipelineSpec.params);
  const passOn = Object.fromEntries(Object.keys(inputs.parameters).map(name => [name, { from: 'input' as const, name }]));
  const bind = { parameters: passOn, artifacts: {} };
  const results = Object.fromEntries((pipelineSpec.results ?? []).map(r => [r.name, bindingOf(r.value)]));
  const group = (tasks: readonly Task[]): Scope => ({
    inputs,
    nodes: tasks.map(lowerTask),
    outputs: { parameters: {}, artifacts: {} },
    outputPorts: noPorts(),
    onFailure: 'stop',
  });
  const main = group(pipelineSpec.tasks);
  main.outputs.parameters = results;
  const part = (name: string, scope: string, after: string[]): Node => ({
    name,
    inputs,
    bind,
    outputs: noPorts(),
    after,
    when: { all: [] },
    work: { kind: 'scope', scope, is: 'pipeline' },
  });
  const nodes = [part(MAIN, MAIN, [])];
  const scopes: Record<string, Scope> = { [MAIN]: main };
  if (pipelineSpec.finally?.length) {
    scopes['finally'] = group(pipelineSpec.finally);
    nodes.push(part('finally', 'finally', [MAIN]));
  }
  scopes[PIPELINE] = { inputs, nodes, outputs: { parameters: {}, artifacts: {} }, outputPorts: noPorts(), onFailure: 'continue' };
  const timeoutMs = durationMs(timeouts?.pipeline);
  return {
    dialect: 'tekton',
    name: run.metadata.name ?? run.metadata.generateName?.replace(/-$/, '') ?? '',
    root: PIPELINE,
    scopes,
    ...(timeoutMs ? { timeoutMs } : {}),
  };
}

function lowerTask(task: Task): Node {
  const spec = task.taskSpec;
  if (!spec) throw errors.invalid(`task "${task.name}" is by reference, which is not lowered yet`);
  const parameters = Object.fromEntries((task.params ?? []).map(p => [p.name, bindingOf(p.value)]));
  const order = task.runAfter ?? [];
  // Who uses a result needs the result; who merely comes later also follows a task that its `when` left out.
  const producers = Object.values(parameters).flatMap(b => (b.from === 'output' ? [b.node] : []));
  const needed = [...new Set(producers)];
  const when: Edge = {
    all: [
      ...needed.map((node): Edge => ({ node, is: ['succeeded', 'cached'] })),
      ...order.filter(n => !needed.includes(n)).map((node): Edge => ({ node, is: ['succeeded', 'cached', 'skipped'] })),
    ],
  };
  return {
    name: task.name,
    inputs: paramPorts(spec.params),
    bind: { parameters, artifacts: {} },
    outputs: {
      parameters: Object.fromEntries((spec.results ?? []).map(r => [r.name, { type: typeOf(r.type) }])),
      artifacts: {},
    },
    after: [...new Set([...needed, ...order])],
    when,
    ...(task.when?.length ? { guard: JSON.stringify(task.when) } : {}),
    ...(task.retries ? { retry: { limit: task.retries, backoffMs: 0, factor: 1, maxBackoffMs: 0 } } : {}),
    ...(task.timeout ? { timeoutMs: durationMs(task.timeout) } : {}),
    work: { kind: 'exec', label: task.name, containers: spec.steps.map(stepContainer) },
  };
}
/** A script without a first line of its own gets Tekton's. */
function stepContainer(step: Step, index: number): Container {
  const script = step.script && (step.script.startsWith('#!') ? step.script : `#!/bin/sh\nset -e\n${step.script}`);
  return {
    name: `step-${step.name ?? `unnamed-${index}`}`,
    image: step.image,
    command: script ? [script] : (step.command ?? []),
    args: step.args ?? [],
    env: (step.env ?? []).map(({ name, value = '' }) => ({ name, value })),
  };
}
/** A value that is one variable is a reference; any other text is a constant, with its variables for the evaluator. */
function bindingOf(value: Json): Binding {
  const variable = typeof value === 'string' ? /^\$\(([^()]+)\)$/.exec(value)?.[1] : undefined;
  const result = variable && /^tasks\.([^.]+)\.results\.([^.[]+)(?:\[\*\])?$/.exec(variable);
  if (result) return { from: 'output', node: result[1]!, name: result[2]! };
  const param = variable && /^params\.([^.[]+)$/.exec(variable);
  return param ? { from: 'input', name: param[1]! } : { from: 'constant', value };
}
function paramPorts(params: readonly Param[] | undefined): Ports {
  const ports = (params ?? []).map(p => [
    p.name,
    { type: typeOf(p.type), ...(p.default === undefined ? {} : { default: p.default }) },
  ]);
  return { parameters: Object.fromEntries(ports), artifacts: {} };
}
function typeOf(type: string | undefined): 'STRING' | 'LIST' | 'STRUCT' {
  if (type === 'array') return 'LIST';
  return type === 'object' ? 'STRUCT' : 'STRING';
}
const noPorts = (): Ports => ({ parameters: {}, artifacts: {} });

/** A Go duration, `1h30m`; 0 means none. */
function durationMs(text: string | undefined): number {
  const scale: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
  let total = 0;
  for (const [, number, unit] of (text ?? '').matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)) total += Number(number) * scale[unit!]!;
  return total;
}
