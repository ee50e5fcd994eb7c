import type { Expr } from './expr.ts';
import type { Overload } from './library/library.ts';
import { fits, isDyn } from './types.ts';
import { CelError, lookup, noOverload, Optional, sizeOf, typeOf, Uint } from './values.ts';

/** The evaluation was stopped: it did more than it may. */
export class CostExceeded extends Error {}

/** What one evaluation knows and has spent. */
export class Activation {
  readonly vars: Map<string, unknown>;
  readonly #limit: number;
  cost = 0;
  constructor(vars: Iterable<readonly [string, unknown]>, limit: number) {
    this.vars = new Map(vars);
    this.#limit = limit;
  }
  spend(cost: number): void {
    this.cost += cost;
    if (this.cost > this.#limit) throw new CostExceeded('operation cancelled: actual cost limit exceeded');
  }
}
/** @throws CelError for what goes wrong, CostExceeded when it costs too much */
export type Run = (a: Activation) => unknown;

const LIST_COST = 10;
const MAP_COST = 30;

/** Turns a checked expression into a function. @source cel-go interpreter/interpretable.go, runtimecost.go */
export function interpret(e: Expr): Run {
  switch (e.op) {
    case 'const':
      return () => e.value;
    case 'ident':
      return a => {
        a.spend(1);
        const value = a.vars.get(e.name);
        // A variable may be worked out when it is first asked for.
        return typeof value === 'function' ? value() : value;
      };
    case 'select':
      return select(e);
    case 'optionalIndex': {
      const [of, key] = [interpret(e.of), interpret(e.key)];
      return a => {
        const base = present(of(a));
        return base === undefined ? Optional.none : optionalOf(member(base, key(a)));
      };
    }
    case 'call':
      return call(e);
    case 'logic':
      return logic(e.isAnd, interpret(e.left), interpret(e.right));
    case 'cond': {
      const [test, yes, no] = [interpret(e.test), interpret(e.yes), interpret(e.no)];
      return a => (truth(test(a), '_?_:_') ? yes(a) : no(a));
    }
    case 'list': {
      const items = e.items.map(interpret);
      return a => {
        a.spend(LIST_COST);
        return items.map(run => run(a));
      };
    }
    case 'map': {
      const entries = e.entries.map(([k, v]) => [interpret(k), interpret(v)] as const);
      return a => {
        a.spend(MAP_COST);
        return literal(entries.map(([k, v]) => [k(a), v(a)]));
      };
    }
    case 'loop':
      return loop(e);
    case 'optMap': {
      const [of, body] = [interpret(e.of), interpret(e.body)];
      return a => {
        const value = of(a) as Optional;
        if (!value.isPresent) return Optional.none;
        const result = scoped(a, [e.name], [value.value], body);
        return e.isFlat ? result : new Optional(result);
      };
    }
  }
}

function literal(entries: readonly [unknown, unknown][]): Map<unknown, unknown> {
  const made = new Map<unknown, unknown>();
  for (const [key, value] of entries) {
    if (key === null || typeof key === 'number' || (typeof key === 'object' && !(key instanceof Uint)))
      throw new CelError('unsupported key type');
    if (lookup(made, key) !== undefined) throw new CelError(`duplicate key in map: ${String(key)}`);
    made.set(key, value);
  }
  return made;
}
function truth(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw noOverload(name);
  return value;
}
const optionalOf = (value: unknown) => (value === undefined ? Optional.none : new Optional(value));
const present = (value: unknown) => (value instanceof Optional ? value.value : value);

function member(base: unknown, key: unknown): unknown {
  if (base instanceof Map) return lookup(base, key);
  if (Array.isArray(base) && (typeof key === 'bigint' || typeof key === 'number')) return base[Number(key)];
  throw noOverload('_[_]');
}

function select(e: Extract<Expr, { op: 'select' }>): Run {
  const of = interpret(e.of);
  return a => {
    const value = of(a);
    if (!e.isTest) a.spend(1);
    const base = present(value);
    const isChained = e.isOptional || value instanceof Optional;
    if (base === undefined) return e.isTest ? false : Optional.none;
    if (!(base instanceof Map)) throw noOverload(`select ${e.field}`);
    const found = base.get(e.field);
    if (e.isTest) return found !== undefined;
    if (isChained) return optionalOf(found);
    if (found === undefined) throw new CelError(`no such key: ${e.field}`);
    return found;
  };
}

function call(e: Extract<Expr, { op: 'call' }>): Run {
  const args = e.args.map(interpret);
  const only = e.overloads.length === 1 && !e.args.some(arg => hasDyn(arg)) ? e.overloads[0] : undefined;
  return a => {
    const values = args.map(run => run(a));
    const chosen = only ?? choose(e.name, e.overloads, values);
    a.spend(chosen.cost ? chosen.cost(values.map(sizeOf)) : 1);
    return (chosen.call as (...args: unknown[]) => unknown)(...values);
  };
}
function hasDyn({ type }: Expr): boolean {
  return isDyn(type) || ('of' in type && isDyn(type.of));
}
function choose(name: string, overloads: readonly Overload[], values: readonly unknown[]): Overload {
  const types = values.map(typeOf);
  const found = overloads.find(o => {
    const bound = new Map();
    return o.params.every((p, i) => (p.kind === 'param' ? true : fits(p, types[i]!, bound)));
  });
  if (!found) throw noOverload(name);
  return found;
}

/** One side may decide, whatever the other one is. */
function logic(isAnd: boolean, left: Run, right: Run): Run {
  const name = isAnd ? '_&&_' : '_||_';
  return a => {
    let failure: unknown;
    try {
      if (truth(left(a), name) !== isAnd) return !isAnd;
    } catch (e) {
      if (!(e instanceof CelError)) throw e;
      failure = e;
    }
    if (truth(right(a), name) !== isAnd) return !isAnd;
    if (failure) throw failure;
    return isAnd;
  };
}

function scoped(a: Activation, names: readonly string[], values: readonly unknown[], run: Run): unknown {
  const before = names.map(n => a.vars.get(n));
  names.forEach((n, i) => void a.vars.set(n, values[i]));
  try {
    return run(a);
  } finally {
    names.forEach((n, i) => void (before[i] === undefined ? a.vars.delete(n) : a.vars.set(n, before[i])));
  }
}

type Loop = Extract<Expr, { op: 'loop' }>;
function* pairs(range: unknown, count: number): Generator<readonly unknown[]> {
  if (range instanceof Map) for (const [k, v] of range) yield [k, v];
  else if (Array.isArray(range)) for (const [i, v] of range.entries()) yield count === 1 ? [v] : [BigInt(i), v];
  else throw noOverload('comprehension range');
}

function loop(e: Loop): Run {
  const range = interpret(e.range);
  const filter = e.filter && interpret(e.filter);
  const body = interpret(e.body);
  const collect = COLLECT[e.kind];
  return a => collect(a, each(a, e, range(a), filter, body));
}
/** Each item with what the body makes of it, or its failure; those that the filter refuses are left out. */
type Step = { item: readonly unknown[]; value: unknown; failure?: CelError };
function* each(a: Activation, e: Loop, range: unknown, filter: Run | undefined, body: Run): Generator<Step> {
  const isTolerant = e.kind === 'all' || e.kind === 'exists';
  for (const item of pairs(range, e.names.length)) {
    a.spend(STEP_COST);
    try {
      if (filter && !truth(scoped(a, e.names, item, filter), 'filter')) continue;
      yield { item, value: scoped(a, e.names, item, body) };
    } catch (failure) {
      if (!isTolerant || !(failure instanceof CelError)) throw failure;
      yield { item, value: undefined, failure };
    }
  }
}
/** What cel-go counts around each body: the accumulator, its test and the step. */
export const STEP_COST = 3;

/** A failure of one item counts only when no other item decides. */
function quantified(steps: Iterable<Step>, decisive: boolean): boolean {
  let failure: CelError | undefined;
  for (const step of steps) {
    if (step.failure) failure = step.failure;
    else if (truth(step.value, 'predicate') === decisive) return decisive;
  }
  if (failure) throw failure;
  return !decisive;
}
const COLLECT: Readonly<Record<Loop['kind'], (a: Activation, steps: Iterable<Step>) => unknown>> = {
  all: (_, steps) => quantified(steps, false),
  exists: (_, steps) => quantified(steps, true),
  existsOne: (_, steps) => [...steps].filter(s => truth(s.value, 'predicate')).length === 1,
  filter: (a, steps) =>
    built(
      a,
      [...steps].filter(s => truth(s.value, 'predicate')).map(s => s.item[0]),
    ),
  map: (a, steps) =>
    built(
      a,
      [...steps].map(s => s.value),
    ),
  transformList: (a, steps) =>
    built(
      a,
      [...steps].map(s => s.value),
    ),
  transformMap: (_, steps) => new Map([...steps].map(s => [s.item[0], s.value])),
  transformMapEntry: (_, steps) => merged([...steps].map(s => s.value as Map<unknown, unknown>)),
};
function built(a: Activation, items: unknown[]): unknown[] {
  a.spend(LIST_COST);
  return items;
}
function merged(maps: readonly Map<unknown, unknown>[]): Map<unknown, unknown> {
  const all = new Map<unknown, unknown>();
  for (const [k, v] of maps.flatMap(m => [...m])) {
    if (lookup(all, k) !== undefined) throw new CelError(`insert failed: key ${String(k)} already exists`);
    all.set(k, v);
  }
  return all;
}
