import { errors } from '../errors.ts';
import type {
  Binding,
  Bindings,
  Container,
  Edge,
  Fanout,
  Graph,
  Json,
  Node,
  Outcome,
  Ports,
  Scope,
  Work,
} from '../graph/graph.ts';
import { dependsEdge } from './depends.ts';

/** As much of a Workflow as is lowered: containers and scripts in DAGs and steps, with conditions, loops and retries. */
export type Workflow = { metadata: { name?: string; generateName?: string }; spec: WorkflowSpec };
export type WorkflowSpec = {
  entrypoint: string;
  templates: Template[];
  arguments?: Arguments;
  activeDeadlineSeconds?: number;
  onExit?: string;
};
type Arguments = { parameters?: { name: string; value?: Json }[] };
type ContainerTemplate = {
  image: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string }[];
  source?: string;
};
type Step = {
  name: string;
  template?: string;
  arguments?: Arguments;
  when?: string;
  withItems?: Json[];
  withParam?: string;
  dependencies?: string[];
  depends?: string;
};
type Template = {
  name: string;
  inputs?: { parameters?: { name: string; default?: string }[] };
  outputs?: { parameters?: { name: string }[] };
  container?: ContainerTemplate;
  script?: ContainerTemplate;
  dag?: { tasks: Step[]; failFast?: boolean };
  steps?: Step[][];
  parallelism?: number;
  retryStrategy?: { limit?: number | string; backoff?: { duration?: string; factor?: number | string; maxDuration?: string } };
  activeDeadlineSeconds?: number;
};

/**
 * Lowers a Workflow to a graph. It is not run yet: the front-end is here so that the graph language is one for all.
 * @throws PipelineError `invalid` for templates it does not know
 * @source argo-workflows workflow/controller/{dag,steps}.go@f016ad89eb
 */
export function lowerArgo(workflow: Workflow): Graph {
  const { spec } = workflow;
  const templates = new Map(spec.templates.map(t => [t.name, t]));
  const scopes: Record<string, Scope> = {};
  const lowering: Lowering = { templates, scopes };
  lowerGroup(lowering, spec.entrypoint);
  if (spec.onExit) addExit(lowering, spec.entrypoint, spec.onExit);
  const root = scopes[spec.entrypoint]!;
  for (const { name, value } of spec.arguments?.parameters ?? [])
    root.inputs.parameters[name] = { type: 'STRING', ...(value === undefined ? {} : { default: value }) };
  return {
    dialect: 'argo',
    name: workflow.metadata.name ?? workflow.metadata.generateName?.replace(/-$/, '') ?? '',
    root: spec.entrypoint,
    scopes,
    ...(spec.activeDeadlineSeconds ? { timeoutMs: spec.activeDeadlineSeconds * 1_000 } : {}),
  };
}

type Lowering = { templates: ReadonlyMap<string, Template>; scopes: Record<string, Scope> };

/** A template with steps or tasks is a scope; a bare container as entrypoint, a scope of one node. */
function lowerGroup(l: Lowering, name: string): void {
  if (l.scopes[name]) return;
  const template = templateOf(l, name);
  const scope: Scope = { inputs: portsOf(template), nodes: [], outputs: noBindings(), outputPorts: noPorts(), onFailure: 'stop' };
  if (template.dag?.failFast === false) scope.onFailure = 'continue';
  l.scopes[name] = scope;
  if (template.dag) for (const task of template.dag.tasks) scope.nodes.push(lowerStep(l, template, task, edgeOfTask(task)));
  else if (template.steps) lowerSteps(l, template, template.steps, scope);
  else scope.nodes.push(lowerStep(l, template, { name: 'main', template: name }, { after: [], when: { all: [] } }));
}
/** Groups of steps are barriers: each step waits for all of the group before. */
function lowerSteps(l: Lowering, template: Template, groups: Step[][], scope: Scope): void {
  let before: string[] = [];
  for (const group of groups) {
    const when: Edge = { all: before.map(node => ({ node, is: FINE })) };
    for (const step of group) scope.nodes.push(lowerStep(l, template, step, { after: before, when }));
    before = group.map(s => s.name);
  }
}
/** What Argo means by a bare dependency: succeeded or skipped, but not omitted. */
const FINE: Outcome[] = ['succeeded', 'cached', 'skipped'];

function edgeOfTask(task: Step): { after: string[]; when: Edge } {
  if (task.depends) return dependsEdge(task.depends);
  const after = task.dependencies ?? [];
  return { after, when: { all: after.map(node => ({ node, is: FINE })) } };
}
function addExit(l: Lowering, entrypoint: string, onExit: string): void {
  const scope = l.scopes[entrypoint]!;
  const after = scope.nodes.map(n => n.name);
  scope.nodes.push(lowerStep(l, templateOf(l, entrypoint), { name: 'onExit', template: onExit }, { after, when: { all: [] } }));
}

function lowerStep(l: Lowering, within: Template, step: Step, edge: { after: string[]; when: Edge }): Node {
  const template = templateOf(l, step.template ?? '');
  const parameters: Record<string, Binding> = {};
  for (const { name, value } of step.arguments?.parameters ?? []) parameters[name] = bindingOf(value ?? '');
  const after = new Set(edge.after);
  for (const binding of Object.values(parameters)) if (binding.from === 'output') after.add(binding.node);
  const retry = template.retryStrategy;
  return {
    name: step.name,
    inputs: portsOf(template),
    bind: { parameters, artifacts: {} },
    outputs: outputsOf(template),
    after: [...after],
    when: edge.when,
    ...(step.when ? { guard: step.when } : {}),
    ...(retry
      ? {
          retry: {
            limit: Number(retry.limit ?? Number.MAX_SAFE_INTEGER),
            backoffMs: durationMs(retry.backoff?.duration),
            factor: Number(retry.backoff?.factor ?? 1),
            maxBackoffMs: durationMs(retry.backoff?.maxDuration) || Number.MAX_SAFE_INTEGER,
          },
        }
      : {}),
    ...(template.activeDeadlineSeconds ? { timeoutMs: template.activeDeadlineSeconds * 1_000 } : {}),
    work: fanoutOf(step, within, lowerWork(l, template)),
  };
}
function lowerWork(l: Lowering, template: Template): Fanout['body'] {
  const container = template.container ?? template.script;
  if (container) return { kind: 'exec', label: template.name, containers: [containerOf(container)] };
  if (!template.dag && !template.steps) throw errors.invalid(`template "${template.name}" is of a kind that is not lowered yet`);
  lowerGroup(l, template.name);
  return { kind: 'scope', scope: template.name, is: 'pipeline' };
}
function fanoutOf(step: Step, within: Template, body: Fanout['body']): Work {
  const items: Fanout['items'] | undefined = step.withItems
    ? { from: 'raw', items: step.withItems }
    : step.withParam
      ? { from: 'parameter', name: step.withParam }
      : undefined;
  if (!items) return body;
  return {
    kind: 'fanout',
    items,
    item: 'item',
    body,
    flat: [],
    ...(within.parallelism ? { parallelism: within.parallelism } : {}),
  };
}

/** A value that is one tag is a reference; any other text is a constant, with its tags for the evaluator. */
function bindingOf(value: Json): Binding {
  const tag = typeof value === 'string' ? /^\{\{\s*([^{}]+?)\s*\}\}$/.exec(value)?.[1] : undefined;
  const output = tag && /^(?:tasks|steps)\.([^.]+)\.outputs\.(?:parameters\.)?([^.]+)$/.exec(tag);
  if (output) return { from: 'output', node: output[1]!, name: output[2]! };
  const input = tag && /^inputs\.parameters\.(.+)$/.exec(tag);
  return input ? { from: 'input', name: input[1]! } : { from: 'constant', value };
}
function containerOf(c: ContainerTemplate): Container {
  const command = c.command ?? [];
  return {
    name: 'main',
    image: c.image,
    command: c.source === undefined ? command : [...command, '/argo/staging/script'],
    args: c.args ?? [],
    env: (c.env ?? []).map(({ name, value = '' }) => ({ name, value })),
  };
}
function templateOf(l: Lowering, name: string): Template {
  const template = l.templates.get(name);
  if (!template) throw errors.invalid(`template name '${name}' undefined`);
  return template;
}
function portsOf(template: Template): Ports {
  const parameters = (template.inputs?.parameters ?? []).map(p => [
    p.name,
    { type: 'STRING' as const, ...(p.default === undefined ? {} : { default: p.default }) },
  ]);
  return { parameters: Object.fromEntries(parameters), artifacts: {} };
}
function outputsOf(template: Template): Ports {
  const names = (template.outputs?.parameters ?? []).map(p => p.name);
  if (template.script ?? template.container) names.push('result');
  return {
    parameters: Object.fromEntries(names.map(n => [n, { type: 'STRING' as const, optional: true as const }])),
    artifacts: {},
  };
}
const noPorts = (): Ports => ({ parameters: {}, artifacts: {} });
const noBindings = (): Bindings => ({ parameters: {}, artifacts: {} });

/** `10`, `2m`, `1h`: seconds unless it says otherwise. */
function durationMs(text: string | undefined): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(s|m|h)?$/.exec(text ?? '') ?? [];
  const scale = { s: 1_000, m: 60_000, h: 3_600_000 }[unit ?? 's'] ?? 1_000;
  return number ? Number(number) * scale : 0;
}
