/** Pipeline specs of the benches, written as IR so that only the engine is measured, not a compiler. */
type Task = Record<string, unknown>;
const component = (executorLabel: string, inputs?: Record<string, string>) => ({
  executorLabel,
  ...(inputs
    ? { inputDefinitions: { parameters: Object.fromEntries(Object.entries(inputs).map(([k, v]) => [k, { parameterType: v }])) } }
    : {}),
});
const uncached = { cachingOptions: {} };

function spec(
  name: string,
  tasks: Record<string, Task>,
  components: Record<string, unknown>,
  executors: Record<string, unknown>,
  root: Record<string, unknown> = {},
) {
  return {
    pipelineInfo: { name },
    schemaVersion: '2.1.0',
    sdkVersion: 'bench',
    components,
    deploymentSpec: { executors },
    root: { dag: { tasks }, ...root },
  };
}
/** `steps` containers one after the other; each prints the nonce, so that no step can be skipped unseen. */
export function chain(steps: number, nonce: string) {
  const tasks = Object.fromEntries(
    Array.from({ length: steps }, (_, i) => {
      const name = `step-${String(i).padStart(4, '0')}`;
      const previous = `step-${String(i - 1).padStart(4, '0')}`;
      return [
        name,
        {
          taskInfo: { name },
          componentRef: { name: 'comp-step' },
          ...uncached,
          ...(i > 0 ? { dependentTasks: [previous] } : {}),
        },
      ];
    }),
  );
  const container = { image: 'busybox', command: ['/bin/echo', nonce] };
  return spec('chain', tasks, { 'comp-step': component('exec-step') }, { 'exec-step': { container } });
}
/** `width` iterations of one container side by side. */
export function fanout(width: number, nonce: string) {
  const items = JSON.stringify(Array.from({ length: width }, (_, i) => i));
  const inner = {
    dag: { tasks: { step: { taskInfo: { name: 'step' }, componentRef: { name: 'comp-step' }, ...uncached } } },
    inputDefinitions: { parameters: { item: { parameterType: 'NUMBER_INTEGER' } } },
  };
  const loop = {
    taskInfo: { name: 'for-loop-1' },
    componentRef: { name: 'comp-for-loop-1' },
    parameterIterator: { itemInput: 'item', items: { raw: items } },
  };
  const container = { image: 'busybox', command: ['/bin/echo', nonce] };
  return spec(
    'fanout',
    { 'for-loop-1': loop },
    { 'comp-for-loop-1': inner, 'comp-step': component('exec-step') },
    { 'exec-step': { container } },
  );
}
/** A run that needs no Pod at all: its only task's condition is false. */
export function nothing() {
  const task = {
    taskInfo: { name: 'never' },
    componentRef: { name: 'comp-step' },
    ...uncached,
    triggerPolicy: { condition: '1 == 2' },
  };
  return spec(
    'nothing',
    { never: task },
    { 'comp-step': component('exec-step') },
    { 'exec-step': { container: { image: 'busybox', command: ['true'] } } },
  );
}
