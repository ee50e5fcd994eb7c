import { errors } from '../errors.ts';
import type { Json, ParameterType } from '../graph/graph.ts';
import { parameterTypeOf } from './lower.ts';
import type { PipelineSpec } from './spec.ts';

const WANTED: Partial<Record<ParameterType, { is(value: Json): boolean; message: string }>> = {
  NUMBER_DOUBLE: {
    is: v => typeof v === 'number',
    message: 'requires type double or integer, but the parameter value is not of number value type',
  },
  NUMBER_INTEGER: {
    is: v => typeof v === 'number',
    message: 'requires type double or integer, but the parameter value is not of number value type',
  },
  STRING: {
    is: v => typeof v === 'string',
    message: 'requires type string, but the input parameter is not of string value type',
  },
  BOOLEAN: { is: v => typeof v === 'boolean', message: 'requires type bool, but the input parameter is not of bool value type' },
  LIST: { is: v => Array.isArray(v), message: 'requires type list, but the input parameter is not of list value type' },
  STRUCT: {
    is: v => v !== null && typeof v === 'object' && !Array.isArray(v),
    message: 'requires type struct, but the input parameter is not of struct value type',
  },
  TASK_FINAL_STATUS: { is: () => false, message: 'requires type TASK_FINAL_STATUS, which is invalid for root component' },
};

/**
 * Checks the parameters of a new run against the root component: required ones present, types and literals right,
 * none unknown.
 * @throws PipelineError `invalid` with upstream's texts
 * @source pipelines backend/src/apiserver/template/v2_template.go validatePipelineJobInputs@7b70c7b95f68
 */
export function checkParameters(spec: PipelineSpec, given: Readonly<Record<string, unknown>>): void {
  const defined = spec.root.inputDefinitions?.parameters ?? {};
  for (const [name, definition] of Object.entries(defined)) {
    const value = given[name] as Json | undefined;
    if (value === undefined) {
      if (definition.isOptional || definition.defaultValue !== undefined) continue;
      throw errors.invalid(`parameter ${name} is not optional, yet has neither default value nor user provided value`);
    }
    if (value === null && definition.isOptional) continue;
    const type = parameterTypeOf(definition);
    if (!type) throw errors.invalid(`input parameter ${name} has unspecified type`);
    const wanted = WANTED[type];
    if (!wanted) throw errors.invalid(`input parameter ${name} requires type unknown`);
    if (!wanted.is(value)) throw errors.invalid(`input parameter ${name} ${wanted.message}`);
    if (definition.literals?.length && !definition.literals.includes(value))
      throw errors.invalid(
        `input parameter ${name} has value ${JSON.stringify(value)}, which is not one of its literals ${JSON.stringify(definition.literals)}`,
      );
  }
  const extra = Object.keys(given).filter(name => !Object.hasOwn(defined, name));
  if (extra.length > 0) throw errors.invalid(`parameter(s) provided are not required by pipeline: ${extra.join(', ')}`);
}
