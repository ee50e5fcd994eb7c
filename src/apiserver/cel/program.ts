import { compile, type Scope } from './check.ts';
import { estimate } from './cost.ts';
import type { Expr } from './expr.ts';
import { interpret, type Run } from './interpret.ts';
import { Library, OVERLOADS } from './library/index.ts';
import type { Overload } from './library/library.ts';
import { type CelType, fits, show } from './types.ts';

/** Expressions that are run for each write stay below these. @source apiserver pkg/apis/cel/config.go@24a394e516bf */
export const PER_CALL_LIMIT = 1_000_000;
export const RUNTIME_BUDGET = 10_000_000;

export type Program = {
  readonly expr: Expr;
  readonly run: Run /** Static estimate of the most it can cost. */;
  readonly cost: number;
};

const standard = new Library(OVERLOADS);

/** Everything an expression may use: the libraries, those of one place, and its variables. */
export function scopeOf(variables: Iterable<readonly [string, CelType]>, more?: readonly Overload[]): Scope {
  return { library: more ? new Library([...OVERLOADS, ...more]) : standard, variables: new Map(variables) };
}

/** @throws CompileError when it does not compile; Error when it gives another type than asked for */
export function program(source: string, scope: Scope, result?: CelType): Program {
  const expr = compile(source, scope);
  if (result && !fits(result, expr.type)) throw new TypeError(`must evaluate to a ${show(result)}`);
  return { expr, run: interpret(expr), cost: estimate(expr).cost };
}

/** Whether an expression asks for a variable. */
export function mentions(e: Expr, name: string): boolean {
  switch (e.op) {
    case 'const':
      return false;
    case 'ident':
      return e.name === name;
    case 'select':
      return mentions(e.of, name);
    case 'optionalIndex':
      return mentions(e.of, name) || mentions(e.key, name);
    case 'call':
      return e.args.some(a => mentions(a, name));
    case 'logic':
      return mentions(e.left, name) || mentions(e.right, name);
    case 'cond':
      return [e.test, e.yes, e.no].some(p => mentions(p, name));
    case 'list':
      return e.items.some(i => mentions(i, name));
    case 'map':
      return e.entries.flat().some(p => mentions(p, name));
    case 'loop':
      return [e.range, e.body, ...(e.filter ? [e.filter] : [])].some(p => mentions(p, name));
    case 'optMap':
      return mentions(e.of, name) || mentions(e.body, name);
  }
}
