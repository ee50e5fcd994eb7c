import { errors } from '../errors.ts';
import type { Binding, Fanout, Json, Node } from '../graph/graph.ts';
import type { Dialect } from './dialect.ts';
import type { Draft } from './draft.ts';
import type { Item } from './events.ts';
import { type Instance, nodeOf, type RunState } from './state.ts';
import { type Artifact, coerce, type Values } from './values.ts';

/**
 * The inputs of an instance that is about to be decided. Absent ones get the node's default where a scope opens; a step
 * gets its defaults only in its Pod, because the cache key has none.
 * @throws PipelineError when a required input is absent or of the wrong type
 */
export function resolveInputs(draft: Draft, dialect: Dialect, instance: Instance): Values {
  const node = nodeOf(draft.graph, instance)!;
  if (instance.iteration !== undefined) return iterationInputs(draft, node, instance);
  const inputs: Values = { parameters: {}, artifacts: {} };
  const scope: Within = { draft, dialect, node: instance, parent: draft.get(instance.parent), inputs };
  const item = node.work.kind === 'fanout' ? node.work.item : undefined;
  for (const [name, binding] of Object.entries(node.bind.parameters)) {
    const value = parameterOf(scope, binding);
    const port = node.inputs.parameters[name];
    if (port) {
      if (value !== undefined && value !== null) inputs.parameters[name] = coerce(value, port, name);
    } else inputs.pod = { ...inputs.pod, [name]: value ?? null };
  }
  for (const [name, binding] of Object.entries(node.bind.artifacts)) {
    const value = artifactsOf(scope, binding);
    if (value !== undefined) inputs.artifacts[name] = value;
  }
  const body = node.work.kind === 'fanout' ? node.work.body : node.work;
  for (const [name, port] of Object.entries(node.inputs.parameters)) {
    if (inputs.parameters[name] !== undefined || name === item) continue;
    if (port.default !== undefined) {
      if (body.kind !== 'exec') inputs.parameters[name] = port.default;
    } else if (!port.optional) throw errors.unresolved(`input parameter "${name}" of task "${instance.id}" has no value`);
  }
  for (const [name, port] of Object.entries(node.inputs.artifacts))
    if (inputs.artifacts[name] === undefined && !port.optional && name !== item)
      throw errors.unresolved(`input artifact "${name}" of task "${instance.id}" has no value`);
  return inputs;
}

/** An iteration takes what its loop took, and its item. */
function iterationInputs(draft: Draft, node: Node, instance: Instance): Values {
  const loop = draft.get(instance.parent);
  const { item } = node.work as Fanout;
  const inputs = loop.inputs!;
  const value = loop.items![instance.iteration!]!;
  if ('artifact' in value) return { ...inputs, artifacts: { ...inputs.artifacts, [item]: [value.artifact] } };
  const port = node.inputs.parameters[item];
  const parameter = port ? coerce(value.parameter, port, item) : value.parameter;
  return { ...inputs, parameters: { ...inputs.parameters, [item]: parameter } };
}

/**
 * What a fan-out goes over.
 * @throws PipelineError when its input is not a list
 */
export function itemsOf(node: Node, work: Fanout, inputs: Values): Item[] {
  if (work.items.from === 'raw') return work.items.items.map(parameter => ({ parameter }));
  const { name } = work.items;
  if (work.items.from === 'artifacts') return (inputs.artifacts[name] ?? []).map(artifact => ({ artifact }));
  let list = inputs.parameters[name] ?? node.inputs.parameters[name]?.default ?? null;
  if (typeof list === 'string') list = parsed(list);
  if (!Array.isArray(list)) throw errors.type(name, 'a list', typeof list);
  return list.map(parameter => ({ parameter }));
}
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/** The parameters a run starts with: those given, and defaults. */
export function runInputs(state: RunState): Values {
  const ports = state.graph.scopes[state.graph.root]!.inputs;
  const parameters: Values['parameters'] = {};
  for (const [name, port] of Object.entries(ports.parameters)) {
    const value = state.run.parameters[name] ?? port.default;
    if (value !== undefined && value !== null) parameters[name] = coerce(value, port, name);
    else if (!port.optional && port.default === undefined) throw errors.unresolved(`parameter ${name} has no value`);
  }
  return { parameters, artifacts: {} };
}

/** `inputs`: those resolved so far; a binding may look at the ones before it. */
type Within = { draft: Draft; dialect: Dialect; node: Instance; parent: Instance; inputs: Values };

function parameterOf(within: Within, binding: Binding): Json | undefined {
  const value = rawParameter(within, binding);
  if (value === undefined || value === null || !binding.select) return value;
  return within.dialect.select(binding.select, value);
}
function rawParameter(within: Within, binding: Binding): Json | undefined {
  const { draft, dialect, node, parent, inputs } = within;
  switch (binding.from) {
    case 'constant':
      return dialect.constant(binding.value, {
        run: draft.top.run,
        node: nodeOf(draft.graph, node)!.name,
        parent: parent.id,
        inputs,
      });
    case 'input':
      return parent.inputs?.parameters[binding.name];
    case 'output':
      return draft.sibling(node, binding.node).outputs?.parameters[binding.name];
    case 'status': {
      const of = draft.sibling(node, binding.node);
      const message = of.message ? { message: of.message } : {};
      return dialect.status(of.phase, { node: binding.node, run: draft.top.run, ...message });
    }
    case 'oneOf':
      return firstOf(binding.of, one => parameterOf(within, one));
  }
}
function artifactsOf(within: Within, binding: Binding): Artifact[] | undefined {
  const { draft, node, parent } = within;
  if (binding.from === 'input') return parent.inputs?.artifacts[binding.name];
  if (binding.from === 'output') return draft.sibling(node, binding.node).outputs?.artifacts[binding.name];
  return binding.from === 'oneOf' ? firstOf(binding.of, one => artifactsOf(within, one)) : undefined;
}
function firstOf<T>(bindings: readonly Binding[], value: (b: Binding) => T | undefined): T | undefined {
  for (const binding of bindings) {
    const found = value(binding);
    if (found !== undefined) return found;
  }
  return undefined;
}
