import type { Json } from '../graph/graph.ts';
import type { RuntimeValue } from './spec.ts';

/** The constant of a value field; the deprecated typed form counts too. */
export function runtimeValue(value: RuntimeValue | undefined): Json {
  if (!value) return null;
  if (value.constant !== undefined) return value.constant;
  const typed = value.constantValue;
  if (typed) return typed.stringValue ?? typed.doubleValue ?? (typed.intValue === undefined ? null : Number(typed.intValue));
  return value.runtimeParameter ? `{{$.inputs.parameters['${value.runtimeParameter}']}}` : null;
}
