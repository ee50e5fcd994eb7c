import type { Checker, Node, Variables } from './check.ts';
import { compileErrors } from './errors.ts';
import type { Expr, LoopKind } from './expr.ts';
import { BOOL, type CelType, DYN, fits, INT, isDyn, list, map, optional, show } from './types.ts';

/** How many variables and expressions a macro takes: `filter` says whether a condition may come before the last one. */
const LOOPS: Readonly<Record<string, { kind: LoopKind; vars: readonly number[]; filters: boolean }>> = {
  all: { kind: 'all', vars: [1, 2], filters: false },
  exists: { kind: 'exists', vars: [1, 2], filters: false },
  exists_one: { kind: 'existsOne', vars: [1], filters: false },
  existsOne: { kind: 'existsOne', vars: [1, 2], filters: false },
  map: { kind: 'map', vars: [1], filters: true },
  filter: { kind: 'filter', vars: [1], filters: false },
  transformList: { kind: 'transformList', vars: [2], filters: true },
  transformMap: { kind: 'transformMap', vars: [2], filters: true },
  transformMapEntry: { kind: 'transformMapEntry', vars: [2], filters: true },
};
const TESTS = new Set<LoopKind>(['all', 'exists', 'existsOne', 'filter']);

/**
 * A call that is a macro: a walk over a list or map, or `optMap`. Undefined for any other call.
 * @throws CompileError
 * @source cel-go parser/macro.go, ext/comprehensions.go
 */
export function expandMacro(
  checker: Checker,
  node: Node,
  name: string,
  receiver: Node,
  args: readonly Node[],
  vars: Variables,
): Expr | undefined {
  if ((name === 'optMap' || name === 'optFlatMap') && args.length === 2)
    return optionalMap(checker, node, name, receiver, args, vars);
  const macro = Object.hasOwn(LOOPS, name) ? LOOPS[name]! : undefined;
  if (!macro) return undefined;
  const count = [...macro.vars].reverse().find(n => args.length === n + 1 || (macro.filters && args.length === n + 2));
  if (count === undefined) return undefined;
  const names = args.slice(0, count).map(a => variable(checker, a, name));
  const range = checker.check(receiver, vars);
  const inner = new Map(vars);
  for (const [i, type] of itemTypes(checker, receiver, range.type, count).entries()) inner.set(names[i]!, type);
  const filter = args.length === count + 2 ? checker.condition(args[count]!, inner) : undefined;
  const last = args.at(-1)!;
  const body = TESTS.has(macro.kind) ? checker.condition(last, inner) : checker.check(last, inner);
  const type = resultType(macro.kind, range.type, body.type);
  return { op: 'loop', kind: macro.kind, range, names, body, type, ...(filter ? { filter } : {}) };
}

function variable(checker: Checker, node: Node, macro: string): string {
  if (node.op !== 'id') throw checker.fail(node, compileErrors.badMacro(macro));
  return node.args as unknown as string;
}

/** One variable: the item or key; two: index and item, or key and value. */
function itemTypes(checker: Checker, node: Node, range: CelType, count: number): CelType[] {
  if (isDyn(range)) return [DYN, DYN];
  if (range.kind === 'list') return count === 1 ? [range.of] : [INT, range.of];
  if (range.kind === 'map') return [range.key, range.of];
  throw checker.fail(node, compileErrors.notARange(show(range)));
}

function resultType(kind: LoopKind, range: CelType, body: CelType): CelType {
  if (kind === 'map' || kind === 'transformList') return list(body, 'max' in range ? range.max : undefined);
  if (kind === 'filter') return range.kind === 'map' ? list(range.key, range.max) : range;
  if (kind === 'transformMap') return map(range.kind === 'map' ? range.key : INT, body, 'max' in range ? range.max : undefined);
  if (kind === 'transformMapEntry') return body;
  return BOOL;
}

function optionalMap(checker: Checker, node: Node, name: string, receiver: Node, args: readonly Node[], vars: Variables): Expr {
  const of = checker.check(receiver, vars);
  if (!fits(optional(DYN), of.type)) throw checker.fail(node, compileErrors.noOverload(name, `${show(of.type)}.(dyn, dyn)`));
  const inner = new Map(vars);
  const label = variable(checker, args[0]!, name);
  inner.set(label, of.type.kind === 'optional' ? of.type.of : DYN);
  const body = checker.check(args[1]!, inner);
  const isFlat = name === 'optFlatMap';
  return { op: 'optMap', of, name: label, body, isFlat, type: isFlat ? body.type : optional(body.type) };
}
