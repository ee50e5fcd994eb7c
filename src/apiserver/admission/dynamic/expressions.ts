import { toCel } from '../../cel/convert.ts';
import { Activation, CostExceeded } from '../../cel/interpret.ts';
import { AUTHORIZER_TYPE, authorizer, authz, type Can } from '../../cel/library/authz.ts';
import { PER_CALL_LIMIT, type Program, program, scopeOf } from '../../cel/program.ts';
import { BOOL, type CelType, DYN, STRING } from '../../cel/types.ts';
import { CelError } from '../../cel/values.ts';

/** Variables of admission expressions by name, as JSON. */
export type Variables = Readonly<Record<string, unknown>>;
export type Condition = { readonly name: string; readonly expression: string };
export type Values = Map<string, unknown>;

const NAMES = ['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables'];
const AUTHORIZER: CelType = { kind: 'opaque', name: AUTHORIZER_TYPE };
const scope = scopeOf([...NAMES.map(name => [name, DYN] as const), ['authorizer', AUTHORIZER] as const], authz);
const programs = new Map<string, Program>();
const KEPT = 2_000;

/** An expression over the variables of admission; kept by its text. @throws CompileError, TypeError */
export function compiled(expression: string, result?: CelType): Program {
  const key = `${result ? JSON.stringify(result) : ''} ${expression}`;
  let made = programs.get(key);
  if (!made) {
    if (programs.size >= KEPT) programs.clear();
    programs.set(key, (made = program(expression, scope, result)));
  }
  return made;
}

/** The variables of a request as values; absent ones are null, as upstream. */
export function valuesOf(variables: Variables, can: Can): Values {
  const values: Values = new Map(NAMES.map(name => [name, toCel(DYN, variables[name] ?? null)]));
  return values.set('authorizer', authorizer(can));
}

/** A policy's own variables: each is worked out when it is first asked for. */
class LazyVariables extends Map<string, unknown> {
  readonly #values: Values;
  readonly #expressions: ReadonlyMap<string, string>;
  constructor(expressions: readonly Condition[], values: Values) {
    super();
    this.#values = values;
    this.#expressions = new Map(expressions.map(e => [e.name, e.expression]));
  }
  override get(name: string): unknown {
    const expression = this.#expressions.get(name);
    if (!super.has(name) && expression !== undefined) super.set(name, evaluate(compiled(expression), this.#values));
    return super.get(name);
  }
}
export function withVariables(values: Values, expressions: readonly Condition[]): Values {
  const all = new Map(values);
  return all.set('variables', new LazyVariables(expressions, all));
}

/** @throws CelError, CostExceeded */
export function evaluate(made: Program, values: ReadonlyMap<string, unknown>): unknown {
  return made.run(new Activation(values, PER_CALL_LIMIT));
}
export const isEvaluationError = (e: unknown): e is Error => e instanceof CelError || e instanceof CostExceeded;

/**
 * Whether all conditions hold: `false` from one decides, whatever the others fail with.
 * @source apiserver pkg/admission/plugin/webhook/matchconditions@24a394e516bf
 */
export function conditionsHold(conditions: readonly Condition[], values: Values): { holds: boolean; failure?: string } {
  let failure: string | undefined;
  for (const { name, expression } of conditions) {
    try {
      if (evaluate(compiled(expression, BOOL), values) === false) return { holds: false };
    } catch (e) {
      failure ??= `match condition "${name}" failed: ${(e as Error).message}`;
    }
  }
  return failure === undefined ? { holds: true } : { holds: false, failure };
}

export const condition = (expression: string): Program => compiled(expression, BOOL);
export const message = (expression: string): Program => compiled(expression, STRING);
