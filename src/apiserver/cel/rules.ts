import type { FieldError, Schema } from '../../kube/index.ts';
import { fieldErrors } from '../schema/errors.ts';
import { maxEntries, maxItems, typeOfSchema } from './declare.ts';
import { mentions, type Program, program, scopeOf } from './program.ts';
import { BOOL, type CelType, optional, STRING } from './types.ts';

export type Rule = NonNullable<Schema['x-kubernetes-validations']>[number];
/** A rule that is ready to run. `isTransition`: it compares with the value before. */
export type CompiledRule = {
  readonly rule: Rule;
  readonly program: Program;
  readonly isTransition: boolean;
  readonly message?: Program;
};

const RULE_COST_LIMIT = 10_000_000;
const SCHEMA_COST_LIMIT = 100_000_000;
const HINT =
  'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared';
const compiled = new WeakMap<Rule, CompiledRule>();

/** Compiles a rule for values of a type, once. @throws CompileError, TypeError */
export function compileRule(rule: Rule, type: CelType): CompiledRule {
  const known = compiled.get(rule);
  if (known) return known;
  const scope = scopeOf([
    ['self', type],
    ['oldSelf', rule.optionalOldSelf ? optional(type) : type],
  ]);
  const made = program(rule.rule, scope, BOOL);
  const message = messageOf(rule, scope);
  const result = { rule, program: made, isTransition: mentions(made.expr, 'oldSelf'), ...(message ? { message } : {}) };
  compiled.set(rule, result);
  return result;
}
class MessageError extends Error {}
function messageOf(rule: Rule, scope: ReturnType<typeof scopeOf>): Program | undefined {
  if (!rule.messageExpression) return undefined;
  try {
    return program(rule.messageExpression, scope, STRING);
  } catch (e) {
    throw new MessageError((e as Error).message);
  }
}

/** What the walk knows of where it is: how often a rule may run, and below which list nothing can be paired with its past. */
type Place = { count: number; uncorrelatable?: string };
type Costs = { total: number; spent: { path: string; cost: number }[] };

/**
 * Compiles all rules of a schema as a definition brings it: what does not compile, and what may cost too much.
 * @source apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go, pkg/apiserver/schema/cel/compilation.go@1aa2717a552e
 */
export function validateRules(schema: Schema, path: string): FieldError[] {
  const costs: Costs = { total: 0, spent: [] };
  const errors = walk(schema, path, { count: 1 }, costs, true);
  if (costs.total <= SCHEMA_COST_LIMIT) return errors;
  const top = costs.spent.sort((a, b) => b.cost - a.cost).slice(0, 4);
  const what = 'estimated rule & messageExpression cost total';
  const contributed = `contributed to ${what} exceeding cost limit for entire OpenAPIv3 schema`;
  errors.push(...top.map(t => fieldErrors.forbidden(t.path, contributed)));
  const whole = `x-kubernetes-validations ${what} for entire OpenAPIv3 schema`;
  errors.push(fieldErrors.forbidden(path, exceeds(whole, costs.total, SCHEMA_COST_LIMIT)));
  return errors;
}

function walk(schema: Schema, path: string, place: Place, costs: Costs, isRoot = false): FieldError[] {
  const errors = (schema['x-kubernetes-validations'] ?? []).flatMap((rule, i) =>
    checkRule(schema, rule, `${path}.x-kubernetes-validations[${i}]`, place, costs, isRoot),
  );
  for (const [name, property] of Object.entries(schema.properties ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
    errors.push(...walk(property, `${path}.properties[${name}]`, place, costs));
  if (typeof schema.additionalProperties === 'object') {
    const inner = { ...place, count: place.count * maxEntries(schema) };
    errors.push(...walk(schema.additionalProperties, `${path}.additionalProperties`, inner, costs));
  }
  if (schema.items) {
    const isPaired = schema['x-kubernetes-list-type'] === 'map';
    const uncorrelatable = place.uncorrelatable ?? (isPaired ? undefined : path);
    const inner = { count: place.count * maxItems(schema), ...(uncorrelatable ? { uncorrelatable } : {}) };
    errors.push(...walk(schema.items, `${path}.items`, inner, costs));
  }
  return errors;
}

function checkRule(schema: Schema, rule: Rule, path: string, place: Place, costs: Costs, isRoot: boolean): FieldError[] {
  if (!rule.rule?.trim()) return [];
  const type = isRoot ? typeOfSchema(schema, true) : typeOfSchema(schema);
  const failed = (key: string, value: unknown, e: unknown) =>
    fieldErrors.invalid(
      `${path}.${key}`,
      value,
      `${e instanceof TypeError ? '' : 'compilation failed: '}${(e as Error).message}`,
    );
  if (!type) {
    const detail = 'rules may not be used on a part of the schema whose type is not known';
    return [fieldErrors.invalid(`${path}.rule`, goRule(rule), detail)];
  }
  let made: CompiledRule;
  try {
    made = compileRule(rule, type);
  } catch (e) {
    return e instanceof MessageError
      ? [failed('messageExpression', rule.messageExpression, e)]
      : [failed('rule', goRule(rule), e)];
  }
  const errors = [...checkFieldPath(schema, rule, path), ...checkCost(made, path, place, costs)];
  if (made.isTransition && place.uncorrelatable) {
    const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`;
    errors.push(fieldErrors.invalid(`${path}.rule`, rule.rule, detail));
  }
  if (rule.optionalOldSelf && !made.isTransition) {
    const detail = 'may not be set if oldSelf is not used in rule';
    errors.push(fieldErrors.invalid(`${path}.optionalOldSelf`, true, detail));
  }
  return errors;
}

function checkCost({ program, message }: CompiledRule, path: string, place: Place, costs: Costs): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, what, made] of [
    ['rule', 'estimated rule cost', program],
    ['messageExpression', 'estimated messageExpression cost', message],
  ] as const) {
    if (!made) continue;
    const cost = made.cost * place.count;
    costs.total += cost;
    costs.spent.push({ path: `${path}.${key}`, cost });
    if (cost > RULE_COST_LIMIT)
      errors.push(fieldErrors.forbidden(`${path}.${key}`, `${exceeds(what, cost, RULE_COST_LIMIT)} (${HINT})`));
  }
  return errors;
}
function exceeds(what: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const shown = factor > 100 ? 'more than 100x' : `${factor < 1.5 ? factor.toFixed(6) : factor.toFixed(1)}x`;
  return `${what} exceeds budget by factor of ${shown}`;
}

/** The steps of a `fieldPath`: `.spec.ports`, `['a-b']`. Undefined when it is none. */
export function stepsOf(fieldPath: string): string[] | undefined {
  const steps: string[] = [];
  const rest = fieldPath.trim().replace(/\.([A-Za-z_][\w-]*)|\['((?:[^'\\]|\\.)+)'\]|\["([^"]+)"\]/gy, (_, a, b, c) => {
    steps.push(a ?? (b as string | undefined)?.replace(/\\(.)/g, '$1') ?? c);
    return '';
  });
  return rest === '' && steps.length > 0 ? steps : undefined;
}
function checkFieldPath(schema: Schema, rule: Rule, path: string): FieldError[] {
  if (!rule.fieldPath?.trim()) return [];
  const bad = (detail: string) => [fieldErrors.invalid(`${path}.fieldPath`, rule.fieldPath, detail)];
  const steps = stepsOf(rule.fieldPath);
  if (!steps) return bad(`fieldPath must be a valid path: expected [ or . but got: ${rule.fieldPath.trim()}`);
  let at: Schema | undefined = schema;
  for (const step of steps) {
    const values: Schema | undefined = typeof at.additionalProperties === 'object' ? at.additionalProperties : undefined;
    at = at.properties?.[step] ?? values;
    if (!at) return bad('fieldPath must be a valid path: does not refer to a valid field');
  }
  return [];
}

/** A rule as upstream prints it: the members of its Go type. */
function goRule(rule: Rule): Record<string, unknown> {
  return {
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}
