import { type FieldError, jsonEqual, type Schema } from '../../kube/index.ts';
import { fieldErrors } from '../schema/errors.ts';
import { toCel } from './convert.ts';
import { typeOfSchema } from './declare.ts';
import { hasRules } from './has-rules.ts';
import { Activation, CostExceeded, type Run } from './interpret.ts';
import { PER_CALL_LIMIT, RUNTIME_BUDGET } from './program.ts';
import { type CompiledRule, compileRule, type Rule, stepsOf } from './rules.ts';
import { CelError, Optional } from './values.ts';

type Members = Readonly<Record<string, unknown>>;
const isMembers = (v: unknown): v is Members => v !== null && typeof v === 'object' && !Array.isArray(v);

class BudgetExceeded extends Error {}

/** One look at one object. */
class Look {
  readonly errors: FieldError[] = [];
  readonly #known = new WeakMap<object, unknown>();
  #budget = RUNTIME_BUDGET;

  /** Children first come after their parents, as upstream. What did not change is not looked at again. */
  visit(schema: Schema, value: unknown, old: unknown, path: string, isRoot = false): void {
    if (value === undefined || value === null || !hasRules(schema)) return;
    if (old !== undefined && jsonEqual(value, old)) return;
    const rules = schema['x-kubernetes-validations'];
    if (rules?.length) this.#check(schema, rules, value, old, path, isRoot);
    if (Array.isArray(value)) {
      const { items } = schema;
      if (items) value.forEach((item, i) => void this.visit(items, item, pairedItem(schema, item, old), `${path}[${i}]`));
      return;
    }
    if (!isMembers(value)) return;
    const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
    for (const [key, member] of Object.entries(value)) {
      const before = isMembers(old) ? old[key] : undefined;
      const property = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
      if (property) this.visit(property, member, before, path ? `${path}.${key}` : key);
      else if (values) this.visit(values, member, before, `${path}[${key}]`);
    }
  }

  #check(schema: Schema, rules: readonly Rule[], value: unknown, old: unknown, path: string, isRoot: boolean): void {
    const type = isRoot ? typeOfSchema(schema, true) : typeOfSchema(schema);
    if (!type) return;
    const self = toCel(type, value, this.#known);
    const oldSelf = old === undefined || old === null ? undefined : toCel(type, old, this.#known);
    for (const rule of rules) {
      const compiled = compileRule(rule, type);
      if (compiled.isTransition && oldSelf === undefined && !rule.optionalOldSelf) continue;
      const before = rule.optionalOldSelf ? (oldSelf === undefined ? Optional.none : new Optional(oldSelf)) : oldSelf;
      const error = this.#run(compiled, [
        ['self', self],
        ['oldSelf', before],
      ], schema.type ?? '', path); // biome-ignore format: two variables
      if (error) this.errors.push(error);
    }
  }

  #run(
    compiled: CompiledRule,
    vars: readonly (readonly [string, unknown])[],
    type: string,
    path: string,
  ): FieldError | undefined {
    const { rule } = compiled;
    const named = rule.message?.trim() || rule.rule.trim();
    try {
      if (this.#spend(compiled.program.run, vars) === true) return undefined;
    } catch (e) {
      if (e instanceof CostExceeded) {
        const detail = `'${e.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${named}`;
        this.errors.push(fieldErrors.invalid(path, type, detail));
        throw new BudgetExceeded();
      }
      if (!(e instanceof CelError)) throw e;
      const detail = e.message.startsWith('no such overload')
        ? `'${e.message}': call arguments did not match a supported operator, function or macro signature for rule: ${named}`
        : `${e.message} evaluating rule: ${named}`;
      return fieldErrors.invalid(path, type, detail);
    }
    const detail = this.#message(compiled, vars) ?? (rule.message?.trim() || `failed rule: ${rule.rule.trim()}`);
    return failure(rule, pathOf(rule, path), type, detail);
  }

  /** @throws BudgetExceeded when the object as a whole has used up what it may */
  #spend(run: Run, vars: readonly (readonly [string, unknown])[]): unknown {
    const activation = new Activation(vars, PER_CALL_LIMIT);
    try {
      return run(activation);
    } finally {
      this.#budget -= activation.cost;
      // biome-ignore lint/correctness/noUnsafeFinally: the budget ends the look, whatever the rule says
      if (this.#budget < 0) throw new BudgetExceeded('budget');
    }
  }

  /** The text of a messageExpression; undefined when it gives none that can be shown. */
  #message({ message }: CompiledRule, vars: readonly (readonly [string, unknown])[]): string | undefined {
    if (!message) return undefined;
    try {
      const text = String(this.#spend(message.run, vars)).trim();
      return text === '' || /[\n\r]/.test(text) || text.length > 5 * 1024 ? undefined : text;
    } catch (e) {
      if (e instanceof CelError || e instanceof CostExceeded) return undefined;
      throw e;
    }
  }
}

/** The old item of a map list with the same keys; items of other lists have no past. */
function pairedItem(schema: Schema, item: unknown, old: unknown): unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] !== 'map' || !keys || !Array.isArray(old) || !isMembers(item)) return undefined;
  return old.find(other => isMembers(other) && keys.every(k => jsonEqual(other[k], item[k])));
}
function pathOf(rule: Rule, path: string): string {
  const steps = rule.fieldPath ? stepsOf(rule.fieldPath) : undefined;
  return steps ? [path, ...steps].filter(Boolean).join('.') : path;
}
function failure(rule: Rule, path: string, type: string, detail: string): FieldError {
  const field = path || '<nil>';
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return fieldErrors.forbidden(field, detail);
    case 'FieldValueRequired':
      return fieldErrors.required(field, detail);
    case 'FieldValueDuplicate':
      return fieldErrors.duplicate(field, type);
    default:
      return fieldErrors.invalid(field, type, detail);
  }
}

/**
 * Runs the rules of a schema over a valid, defaulted object.
 * @source apiextensions-apiserver pkg/apiserver/schema/cel/validation.go@1aa2717a552e
 */
export function runRules(schema: Schema, value: unknown, old?: unknown): FieldError[] {
  const look = new Look();
  try {
    look.visit(schema, value, old, '', true);
  } catch (e) {
    if (!(e instanceof BudgetExceeded)) throw e;
    if (e.message === 'budget') {
      const detail = 'validation failed due to running out of cost budget, no further validation rules will be run';
      look.errors.push(fieldErrors.invalid('<nil>', schema.type ?? '', detail));
    }
  }
  return look.errors;
}
