import { errors } from '../errors.ts';
import { allCompleted, allSucceeded } from '../graph/edges.ts';
import type {
  ArtifactType,
  Binding,
  Bindings,
  Fanout,
  Graph,
  Json,
  Node,
  ParameterType,
  Ports,
  Retry,
  Scope,
  Work,
} from '../graph/graph.ts';
import { topologicalOrder } from '../graph/topology.ts';
import { lowerExecutor } from './lower-executor.ts';
import { runtimeValue } from './runtime-value.ts';
import type {
  ComponentSpec,
  DagSpec,
  InputArtifactSpec,
  InputParameterDef,
  InputParameterSpec,
  OutputParameterDef,
  PipelineSpec,
  PlatformSpec,
  TaskSpec,
} from './spec.ts';

export const ROOT = 'root';

/**
 * Lowers a pipeline spec to a graph. Each DAG component becomes a scope, once, however often it is used.
 * @throws PipelineError `invalid` for references to nowhere, cycles and executors that cannot run
 * @source pipelines backend/src/v2/compiler/argocompiler, driver@7b70c7b95f68; artifact iterators are ours
 */
export function lowerIr(spec: PipelineSpec, platform?: PlatformSpec): Graph {
  const lowering = new Lowering(spec, platform);
  const root = lowering.scope(ROOT, spec.root);
  const kubernetes = platform?.platforms?.kubernetes?.pipelineConfig;
  const workspace = kubernetes?.workspace;
  return {
    dialect: 'ir',
    name: spec.pipelineInfo.name,
    root,
    scopes: lowering.scopes,
    ...(workspace
      ? {
          workspace: {
            size: workspace.size || '10Gi',
            ...(workspace.kubernetes?.pvcSpecPatch ? { spec: workspace.kubernetes.pvcSpecPatch } : {}),
          },
        }
      : {}),
    ...(kubernetes?.activeDeadlineSeconds ? { timeoutMs: kubernetes.activeDeadlineSeconds * 1000 } : {}),
    ...(spec.defaultPipelineRoot ? { artifactRoot: spec.defaultPipelineRoot } : {}),
  };
}

class Lowering {
  readonly scopes: Record<string, Scope> = {};
  readonly #spec: PipelineSpec;
  readonly #platform: PlatformSpec | undefined;

  constructor(spec: PipelineSpec, platform: PlatformSpec | undefined) {
    this.#spec = spec;
    this.#platform = platform;
  }

  /**
   * The scope of a component; a single executor (a pipeline of one step) becomes a scope of one node. Retries of a
   * sub-graph mean its steps, so a component under a retry policy is a scope of its own.
   */
  scope(component: string, spec: ComponentSpec, retry?: Retry): string {
    const name = retry ? `${component}, ${retry.limit} retries` : component;
    if (this.scopes[name]) return name;
    const dag = spec.dag ?? oneTask(spec);
    const scope: Scope = {
      inputs: inputPorts(spec),
      nodes: [],
      outputs: dagOutputs(dag),
      outputPorts: outputPorts(spec),
      onFailure: 'continue',
    };
    this.scopes[name] = scope;
    for (const [key, task] of Object.entries(dag.tasks ?? {})) scope.nodes.push(this.#node(key, task, spec, retry));
    for (const node of scope.nodes)
      for (const up of node.after)
        if (!dag.tasks?.[up])
          throw errors.invalid(`task "${node.name}" depends on task "${up}", which does not exist in ${name}`);
    if (!topologicalOrder(scope.nodes)) throw errors.invalid(`the tasks of ${name} depend on each other in a circle`);
    return name;
  }

  #component(name: string, owner: ComponentSpec): ComponentSpec {
    if (owner.executorLabel) return owner;
    const component = this.#spec.components?.[name];
    if (!component) throw errors.invalid(`component "${name}" is referenced but not defined`);
    return component;
  }

  #node(key: string, task: TaskSpec, owner: ComponentSpec, inherited: Retry | undefined): Node {
    const componentName = task.componentRef?.name ?? '';
    const component = this.#component(componentName, owner);
    const parameters = mapValues(task.inputs?.parameters, parameterBinding);
    const artifacts = mapValues(task.inputs?.artifacts, artifactBinding);
    const after = new Set(task.dependentTasks ?? []);
    for (const binding of [...Object.values(parameters), ...Object.values(artifacts)])
      for (const up of producers(binding)) after.add(up);
    const bind: Bindings = { parameters: constantsLast(parameters), artifacts };
    const retry = retryOf(task) ?? inherited;
    const body = this.#work(componentName, component, bind, after, retry);
    const completed = task.triggerPolicy?.strategy === 'ALL_UPSTREAM_TASKS_COMPLETED';
    const upstream = [...after];
    const displayName = task.taskInfo?.name;
    return {
      name: key,
      ...(displayName && displayName !== key ? { displayName } : {}),
      inputs: inputPorts(component),
      bind,
      outputs: outputPorts(component),
      after: upstream,
      when: completed ? allCompleted : allSucceeded(upstream),
      ...(task.triggerPolicy?.condition ? { guard: task.triggerPolicy.condition } : {}),
      ...(retry ? { retry } : {}),
      ...(body.kind === 'exec' ? { memo: memoOf(task, componentName) } : {}),
      work: this.#fanout(task, component, body) ?? body,
    };
  }

  #work(name: string, component: ComponentSpec, bind: Bindings, after: Set<string>, retry: Retry | undefined): Fanout['body'] {
    if (component.dag) return { kind: 'scope', scope: this.scope(name, component, retry), is: subKind(name) };
    const label = component.executorLabel ?? '';
    const executor = this.#spec.deploymentSpec?.executors?.[label];
    if (!executor) throw errors.invalid(`executor "${label}" of component "${name}" is not defined`);
    const config = this.#platform?.platforms?.kubernetes?.deploymentSpec?.executors?.[label];
    return lowerExecutor(label, executor, config, (key, input) => {
      const binding = parameterBinding(input);
      bind.parameters[key] = binding;
      for (const up of producers(binding)) after.add(up);
    });
  }

  #fanout(task: TaskSpec, component: ComponentSpec, body: Fanout['body']): Work | undefined {
    const items = itemsOf(task);
    if (!items) return undefined;
    const limit = task.iteratorPolicy?.parallelismLimit ?? 0;
    return {
      kind: 'fanout',
      items,
      item: (task.parameterIterator ?? task.artifactIterator)!.itemInput,
      ...(limit > 0 ? { parallelism: limit } : {}),
      body,
      flat: component.dag ? flatOutputs(component.dag, name => this.#spec.components?.[name]) : [],
    };
  }
}

/** Only a display matter: how the console groups a sub-graph. */
function subKind(component: string): 'pipeline' | 'condition' | 'exit' {
  if (/^comp-condition-/.test(component)) return 'condition';
  return /^comp-exit-handler-/.test(component) ? 'exit' : 'pipeline';
}

function oneTask(component: ComponentSpec): DagSpec {
  const inputs = component.inputDefinitions;
  const outputs = component.outputDefinitions;
  const task: TaskSpec = {
    componentRef: { name: ROOT },
    inputs: {
      parameters: mapKeys(inputs?.parameters, name => ({ componentInputParameter: name })),
      artifacts: mapKeys(inputs?.artifacts, name => ({ componentInputArtifact: name })),
    },
  };
  return {
    tasks: { main: task },
    outputs: {
      parameters: mapKeys(outputs?.parameters, name => ({
        valueFromParameter: { producerSubtask: 'main', outputParameterKey: name },
      })),
      artifacts: mapKeys(outputs?.artifacts, name => ({
        artifactSelectors: [{ producerSubtask: 'main', outputArtifactKey: name }],
      })),
    },
  };
}

function itemsOf(task: TaskSpec): Fanout['items'] | undefined {
  if (task.artifactIterator) return { from: 'artifacts', name: task.artifactIterator.items.inputArtifact };
  const items = task.parameterIterator?.items;
  if (!items) return undefined;
  if (items.inputParameter) return { from: 'parameter', name: items.inputParameter };
  try {
    const list: unknown = JSON.parse(items.raw ?? '[]');
    if (!Array.isArray(list)) throw new Error('not a list');
    return { from: 'raw', items: list as Json[] };
  } catch (e) {
    throw errors.invalid(`the items of a loop are not a JSON list: ${(e as Error).message}`);
  }
}

/** Outputs of a loop body that are themselves collected from a loop inside: upstream gathers both into one flat list. */
function flatOutputs(dag: DagSpec, component: (name: string) => ComponentSpec | undefined): string[] {
  const isList = (inside: DagSpec, task: string, key: string): boolean => {
    const producer = inside.tasks?.[task];
    if (!producer) return false;
    if (producer.parameterIterator || producer.artifactIterator) return true;
    const nested = component(producer.componentRef.name)?.dag;
    return nested ? selectors(nested, key).some(([t, k]) => isList(nested, t, k)) : false;
  };
  const keys = [...Object.keys(dag.outputs?.parameters ?? {}), ...Object.keys(dag.outputs?.artifacts ?? {})];
  return keys.filter(key => selectors(dag, key).some(([task, inner]) => isList(dag, task, inner)));
}
function selectors(dag: DagSpec, key: string): [task: string, output: string][] {
  const parameter = dag.outputs?.parameters?.[key];
  const list =
    parameter?.valueFromOneof?.parameterSelectors ?? (parameter?.valueFromParameter ? [parameter.valueFromParameter] : []);
  const artifacts = dag.outputs?.artifacts?.[key]?.artifactSelectors ?? [];
  return [
    ...list.map((s): [string, string] => [s.producerSubtask, s.outputParameterKey]),
    ...artifacts.map((s): [string, string] => [s.producerSubtask, s.outputArtifactKey]),
  ];
}

function dagOutputs(dag: DagSpec): Bindings {
  const pick = (of: Binding[]): Binding => (of.length === 1 ? of[0]! : { from: 'oneOf', of });
  return {
    parameters: mapValues(dag.outputs?.parameters, (_, key) =>
      pick(
        selectors({ outputs: { parameters: dag.outputs?.parameters ?? {} } }, key).map(([node, name]) => ({
          from: 'output',
          node,
          name,
        })),
      ),
    ),
    artifacts: mapValues(dag.outputs?.artifacts, (_, key) =>
      pick(
        selectors({ outputs: { artifacts: dag.outputs?.artifacts ?? {} } }, key).map(([node, name]) => ({
          from: 'output',
          node,
          name,
        })),
      ),
    ),
  };
}

/** The value of a task input parameter, as a binding in the enclosing scope. */
export function parameterBinding(input: InputParameterSpec): Binding {
  const select = input.parameterExpressionSelector ? { select: input.parameterExpressionSelector } : {};
  if (input.taskOutputParameter) {
    const { producerTask, outputParameterKey } = input.taskOutputParameter;
    return { from: 'output', node: producerTask, name: outputParameterKey, ...select };
  }
  if (input.componentInputParameter) return { from: 'input', name: input.componentInputParameter, ...select };
  if (input.taskFinalStatus) return { from: 'status', node: input.taskFinalStatus.producerTask, ...select };
  return { from: 'constant', value: runtimeValue(input.runtimeValue), ...select };
}
function artifactBinding(input: InputArtifactSpec): Binding {
  if (input.taskOutputArtifact) {
    const { producerTask, outputArtifactKey } = input.taskOutputArtifact;
    return { from: 'output', node: producerTask, name: outputArtifactKey };
  }
  return { from: 'input', name: input.componentInputArtifact ?? '' };
}
/** A constant may name other inputs of its task, which are then there. */
function constantsLast(bindings: Bindings['parameters']): Bindings['parameters'] {
  const entries = Object.entries(bindings);
  const isConstant = ([, b]: [string, Binding]) => b.from === 'constant';
  return Object.fromEntries([...entries.filter(e => !isConstant(e)), ...entries.filter(isConstant)]);
}
function producers(binding: Binding): string[] {
  if (binding.from === 'output' || binding.from === 'status') return [binding.node];
  return binding.from === 'oneOf' ? binding.of.flatMap(producers) : [];
}
const LEGACY = { INT: 'NUMBER_INTEGER', DOUBLE: 'NUMBER_DOUBLE', STRING: 'STRING' } as const;
/** The type of a parameter; the deprecated `type` field counts too. */
export function parameterTypeOf(definition: InputParameterDef | OutputParameterDef): ParameterType | undefined {
  return definition.parameterType ?? (definition.type ? LEGACY[definition.type] : undefined);
}
function inputPorts(component: ComponentSpec): Ports {
  const { parameters, artifacts } = component.inputDefinitions ?? {};
  return {
    parameters: mapValues(parameters, p => ({
      type: parameterTypeOf(p) ?? 'STRING',
      ...(p.isOptional ? { optional: true as const } : {}),
      ...(p.defaultValue === undefined ? {} : { default: p.defaultValue }),
      ...(p.literals?.length ? { literals: p.literals } : {}),
      ...(p.description ? { description: p.description } : {}),
    })),
    artifacts: mapValues(artifacts, a => ({
      type: a.artifactType ?? anyArtifact,
      ...(a.isOptional ? { optional: true as const } : {}),
      ...(a.isArtifactList ? { list: true as const } : {}),
    })),
  };
}
function outputPorts(component: ComponentSpec): Ports {
  const { parameters, artifacts } = component.outputDefinitions ?? {};
  return {
    parameters: mapValues(parameters, p => ({ type: parameterTypeOf(p) ?? 'STRING' })),
    artifacts: mapValues(artifacts, a => ({
      type: a.artifactType ?? anyArtifact,
      ...(a.isArtifactList ? { list: true as const } : {}),
      ...(a.metadata ? { metadata: a.metadata } : {}),
    })),
  };
}
const anyArtifact: ArtifactType = { schemaTitle: 'system.Artifact', schemaVersion: '0.0.1' };

function memoOf(task: TaskSpec, component: string): NonNullable<Node['memo']> {
  const key = task.cachingOptions?.cacheKey;
  return { enabled: task.cachingOptions?.enableCache === true, ...(key ? { key: `${component}\0${key}` } : {}) };
}
function retryOf(task: TaskSpec): Retry | undefined {
  const policy = task.retryPolicy;
  if (!policy?.maxRetryCount) return undefined;
  return {
    limit: policy.maxRetryCount,
    backoffMs: durationMs(policy.backoffDuration),
    factor: policy.backoffFactor ?? 2,
    maxBackoffMs: policy.backoffMaxDuration ? durationMs(policy.backoffMaxDuration) : 3_600_000,
  };
}
/** A protobuf Duration in JSON (`1.5s`), in milliseconds. */
function durationMs(text: string | undefined): number {
  return text ? Math.round(Number.parseFloat(text) * 1000) : 0;
}

function mapValues<A, B>(record: Record<string, A> | undefined, map: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record ?? {}).map(([k, v]) => [k, map(v, k)]));
}
function mapKeys<B>(record: Record<string, unknown> | undefined, map: (key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.keys(record ?? {}).map(k => [k, map(k)]));
}
