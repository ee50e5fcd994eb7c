import { celEvaluator } from '../../expr/index.ts';
import type { Dialect } from '../engine/dialect.ts';
import { textOf, type Values } from '../engine/values.ts';
import { errors } from '../errors.ts';
import type { Json } from '../graph/graph.ts';
import { fingerprint } from './fingerprint.ts';
import { WORKSPACE_PATH } from './paths.ts';
import { resolveParameters } from './placeholders.ts';

const cel = celEvaluator([{ signature: 'parseJson(string): dyn', call: (text: string): unknown => JSON.parse(text) }]);

function evaluate(text: string, variables: Record<string, unknown>): Json {
  try {
    return (cel.evaluate(text, variables) ?? null) as Json;
  } catch (e) {
    throw errors.expression(text, (e as Error).message);
  }
}

/** Upstream hands exit tasks the metadata state; SUCCEEDED, as its docs say, is never seen. @source b2 of spec/pipelines.md */
const FINAL_STATES: Record<string, string> = { succeeded: 'COMPLETE', cached: 'CACHED', failed: 'FAILED' };

/** KFP's side of the engine: CEL over the executor input, placeholders of the run, upstream's cache key. */
export const irDialect: Dialect = {
  guard(text, inputs) {
    const holds = evaluate(text, { inputs: conditionInputs(inputs) });
    if (typeof holds !== 'boolean')
      throw errors.expression(text, `a condition must be a boolean, but is ${JSON.stringify(holds)}`);
    return holds;
  },
  select(text, value) {
    return evaluate(text, valueFields(value));
  },
  constant(value, { run, node, parent, inputs }) {
    if (typeof value !== 'string') return resolveParameters(value, inputs);
    const exact: Record<string, string> = {
      '{{$.pipeline_job_name}}': run.displayName,
      '{{$.pipeline_job_resource_name}}': run.name,
      '{{$.pipeline_job_uuid}}': run.uid,
      '{{$.pipeline_task_name}}': node,
      '{{$.pipeline_task_uuid}}': parent || run.uid,
      '{{$.pipeline_job_create_time_utc}}': run.createdAt,
      '{{$.pipeline_job_schedule_time_utc}}': run.scheduledAt ?? run.createdAt,
    };
    return exact[value] ?? resolveParameters(value.replaceAll('{{$.workspace_path}}', WORKSPACE_PATH), inputs);
  },
  status(outcome, { node, run, message }) {
    return {
      state: FINAL_STATES[outcome] ?? 'CANCELED',
      ...(outcome === 'failed' ? { error: { code: 2, message: message ?? '' } } : {}),
      pipelineJobResourceName: run.name,
      pipelineTaskName: node,
    };
  },
  memoKey: fingerprint,
};

/** Snake case, as conditions are written over the message and not over its JSON. */
function conditionInputs(inputs: Values): unknown {
  return {
    parameter_values: inputs.parameters,
    artifacts: Object.fromEntries(
      Object.entries(inputs.artifacts).map(([name, list]) => [
        name,
        { artifacts: list.map(({ name: own, uri, metadata }) => ({ name: own, uri, metadata })) },
      ]),
    ),
  };
}
/** The fields of a google.protobuf.Value; `string_value` is there for every kind. */
function valueFields(value: Json): Record<string, unknown> {
  return {
    string_value: textOf(value),
    number_value: typeof value === 'number' ? value : 0,
    bool_value: value === true,
    list_value: Array.isArray(value) ? value : [],
    struct_value: value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {},
  };
}
