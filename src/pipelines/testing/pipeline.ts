import type { ParameterType } from '../graph/graph.ts';
import type { ComponentSpec, InputParameterSpec, PipelineSpec, TaskSpec } from '../ir/spec.ts';

type Types = Record<string, ParameterType>;
/** A component that runs a container: names and types of its inputs and outputs. */
export function component(inputs: Types = {}, outputs: Types = {}, optional: Record<string, unknown> = {}): ComponentSpec {
  const parameters = Object.entries(inputs).map(([name, parameterType]) => [
    name,
    {
      parameterType,
      ...(name in optional
        ? { isOptional: true, ...(optional[name] === undefined ? {} : { defaultValue: optional[name] }) }
        : {}),
    },
  ]);
  return {
    executorLabel: 'exec',
    ...(parameters.length ? { inputDefinitions: { parameters: Object.fromEntries(parameters) } } : {}),
    outputDefinitions: {
      parameters: Object.fromEntries(Object.entries(outputs).map(([name, parameterType]) => [name, { parameterType }])),
    },
  };
}
export function dag(
  tasks: Record<string, TaskSpec>,
  more: Partial<ComponentSpec> & { outputs?: Record<string, string> } = {},
): ComponentSpec {
  const { outputs, ...rest } = more;
  const parameters = Object.entries(outputs ?? {}).map(([name, from]) => {
    const [producerSubtask, outputParameterKey] = from.split('.') as [string, string];
    return [name, { valueFromParameter: { producerSubtask, outputParameterKey } }];
  });
  return { ...rest, dag: { tasks, ...(parameters.length ? { outputs: { parameters: Object.fromEntries(parameters) } } : {}) } };
}
/** `task('train', { x: 'split.out', y: '=5', z: '^input' }, …)`: from an output, a constant in JSON, an input of the scope. */
export function task(componentName: string, inputs: Record<string, string> = {}, more: Partial<TaskSpec> = {}): TaskSpec {
  return {
    componentRef: { name: componentName },
    ...(Object.keys(inputs).length
      ? { inputs: { parameters: Object.fromEntries(Object.entries(inputs).map(([k, v]) => [k, parameter(v)])) } }
      : {}),
    ...more,
  };
}
function parameter(text: string): InputParameterSpec {
  if (text.startsWith('=')) return { runtimeValue: { constant: JSON.parse(text.slice(1)) } };
  if (text.startsWith('^')) return { componentInputParameter: text.slice(1) };
  if (text.startsWith('?')) return { taskFinalStatus: { producerTask: text.slice(1) } };
  const [producerTask, outputParameterKey] = text.split('.') as [string, string];
  return { taskOutputParameter: { producerTask, outputParameterKey } };
}
export function pipeline(root: ComponentSpec, components: Record<string, ComponentSpec> = {}): PipelineSpec {
  return {
    pipelineInfo: { name: 'test' },
    schemaVersion: '2.1.0',
    root,
    components,
    deploymentSpec: { executors: { exec: { container: { image: 'python:3.11', command: ['true'] } } } },
  };
}
export const completed = { triggerPolicy: { strategy: 'ALL_UPSTREAM_TASKS_COMPLETED' } };
