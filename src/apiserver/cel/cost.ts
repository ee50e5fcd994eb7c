import type { Expr } from './expr.ts';
import { STEP_COST } from './interpret.ts';
import type { CelType } from './types.ts';

/** The most that an expression can cost, and the greatest size of its value. */
export type Estimate = { cost: number; size: number };

/** The greatest size of a value of a type, by its schema. */
function sizeOfType(t: CelType): number {
  if (t.kind === 'list' || t.kind === 'map') return t.max ?? Number.POSITIVE_INFINITY;
  if (t.kind === 'scalar' && (t.name === 'string' || t.name === 'bytes' || t.name === 'dyn'))
    return t.max ?? Number.POSITIVE_INFINITY;
  return 1;
}
const plus = (a: Estimate, cost: number): Estimate => ({ cost: a.cost + cost, size: a.size });

/** The static estimate of an expression: every list as long as it may be. @source cel-go checker/cost.go */
export function estimate(e: Expr): Estimate {
  const own = sizeOfType(e.type);
  switch (e.op) {
    case 'const':
      return { cost: 0, size: own };
    case 'ident':
      return { cost: 1, size: own };
    case 'select':
      return { cost: estimate(e.of).cost + (e.isTest ? 0 : 1), size: own };
    case 'optionalIndex':
      return { cost: estimate(e.of).cost + estimate(e.key).cost + 1, size: own };
    case 'call':
      return call(e, own);
    case 'logic':
      return plus(estimate(e.left), estimate(e.right).cost);
    case 'cond': {
      const [yes, no] = [estimate(e.yes), estimate(e.no)];
      return { cost: estimate(e.test).cost + Math.max(yes.cost, no.cost), size: Math.max(yes.size, no.size) };
    }
    case 'list':
      return { cost: 10 + total(e.items), size: e.items.length };
    case 'map':
      return { cost: 30 + total(e.entries.flat()), size: e.entries.length };
    case 'loop': {
      const range = estimate(e.range);
      const body = estimate(e.body).cost + (e.filter ? estimate(e.filter).cost : 0);
      return { cost: range.cost + times(range.size, STEP_COST + body), size: e.type.kind === 'list' ? range.size : own };
    }
    case 'optMap':
      return { cost: estimate(e.of).cost + estimate(e.body).cost, size: own };
  }
}
function times(count: number, cost: number): number {
  return count === 0 || cost === 0 ? 0 : count * cost;
}
function total(items: readonly Expr[]): number {
  return items.reduce((sum, item) => sum + estimate(item).cost, 0);
}
function call(e: Extract<Expr, { op: 'call' }>, own: number): Estimate {
  const args = e.args.map(estimate);
  const sizes = args.map(a => a.size);
  const costs = e.overloads.map(o => o.cost?.(sizes) ?? 1);
  const results = e.overloads.map(o => o.resultSize?.(sizes) ?? own);
  return { cost: args.reduce((sum, a) => sum + a.cost, Math.max(...costs)), size: Math.max(...results) };
}
