import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { CompileError, compileErrors } from './errors.ts';
import type { Expr } from './expr.ts';
import type { Library } from './library/index.ts';
import type { Overload } from './library/library.ts';
import { expandMacro } from './macros.ts';
import {
  type Bindings,
  BOOL,
  type CelType,
  DYN,
  fits,
  isDyn,
  join,
  list,
  map,
  optional,
  STRING,
  scalar,
  show,
  substitute,
} from './types.ts';
import { TypeValue, typeOf, Uint } from './values.ts';

/** The nodes of the parser that we build on. */
export type Node = ASTNode & {
  readonly op: string;
  readonly args: never;
  readonly start: number;
  readonly end: number;
  readonly pos: number;
};

const LIMITS = { maxAstNodes: 100_000, maxDepth: 250, maxListElements: 10_000, maxMapEntries: 10_000, maxCallArguments: 64 };
const parser = new Environment({ enableOptionalTypes: true, limits: LIMITS });
const BINARY = new Set(['==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%']);
const TYPES = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'list', 'map', 'null_type', 'type'];

/** What an expression may name. */
export type Scope = { readonly library: Library; readonly variables: ReadonlyMap<string, CelType> };

/**
 * Parses an expression and resolves its types.
 * @throws CompileError
 * @source cel-go checker/checker.go
 */
export function compile(source: string, scope: Scope): Expr {
  let node: Node;
  try {
    node = parser.parse(source).ast as unknown as Node;
  } catch (e) {
    const { summary, message, node: at } = e as Error & { summary?: string; node?: { pos?: number } };
    throw new CompileError(source, at?.pos ?? 0, compileErrors.syntax(summary ?? message.split('\n')[0]!));
  }
  return new Checker(source, scope).check(node, scope.variables);
}

export type Variables = ReadonlyMap<string, CelType>;

export class Checker {
  readonly source: string;
  readonly #library: Library;
  constructor(source: string, { library }: Scope) {
    this.source = source;
    this.#library = library;
  }

  fail(node: Node, detail: string, at = node.pos): CompileError {
    return new CompileError(this.source, at, detail);
  }

  check(node: Node, vars: Variables): Expr {
    const args = node.args as unknown;
    if (node.op === 'value') return this.#constant(args);
    if (node.op === 'id') return this.#identifier(node, args as string, vars);
    if (node.op === '||' || node.op === '&&') return this.#logic(node, vars);
    if (node.op === '!_' || node.op === '-_') return this.#call(node, node.op, [this.check(args as Node, vars)], node.start);
    if (BINARY.has(node.op)) return this.#binary(node, `_${node.op}_`, vars);
    if (node.op === 'in') return this.#binary(node, '@in', vars);
    if (node.op === '?:') return this.#conditional(node, vars);
    if (node.op === '.' || node.op === '.?') return this.#select(node, vars, false);
    if (node.op === '[]' || node.op === '[?]') return this.#index(node, vars);
    if (node.op === 'call' || node.op === 'rcall') return this.#function(node, vars);
    if (node.op === 'list') return this.#list(node, vars);
    if (node.op === 'map') return this.#map(node, vars);
    throw this.fail(node, compileErrors.syntax(`${node.op} is not supported`));
  }

  /** An expression that must be a bool. */
  condition(node: Node, vars: Variables): Expr {
    const expr = this.check(node, vars);
    if (!fits(BOOL, expr.type)) throw this.fail(node, compileErrors.typeMismatch('bool', show(expr.type)));
    return expr;
  }

  #constant(value: unknown): Expr {
    const isUint = value !== null && typeof value === 'object' && 'value' in value && !(value instanceof Uint8Array);
    const own = isUint ? new Uint((value as { value: bigint }).value) : value;
    const type = typeOf(own);
    return { op: 'const', value: own, type: typeof own === 'string' ? scalar('string', own.length) : type };
  }

  #identifier(node: Node, name: string, vars: Variables): Expr {
    const type = vars.get(name);
    if (type) return { op: 'ident', name, type };
    if (TYPES.includes(name)) return { op: 'const', value: new TypeValue(name), type: scalar('type') };
    throw this.fail(node, compileErrors.undeclared(name));
  }

  #logic(node: Node, vars: Variables): Expr {
    const [left, right] = node.args as unknown as [Node, Node];
    return {
      op: 'logic',
      isAnd: node.op === '&&',
      left: this.#operand(node, left, vars),
      right: this.#operand(node, right, vars),
      type: BOOL,
    };
  }
  #operand(node: Node, side: Node, vars: Variables): Expr {
    const expr = this.check(side, vars);
    if (!fits(BOOL, expr.type)) throw this.fail(side, compileErrors.noOverload(`_${node.op}_`, `(${show(expr.type)}, bool)`));
    return expr;
  }

  #binary(node: Node, name: string, vars: Variables): Expr {
    const [left, right] = node.args as unknown as [Node, Node];
    const at = this.source.indexOf(node.op, left.end);
    return this.#call(node, name, [this.check(left, vars), this.check(right, vars)], at);
  }

  #conditional(node: Node, vars: Variables): Expr {
    const [test, yes, no] = node.args as unknown as [Node, Node, Node];
    const parts = { test: this.condition(test, vars), yes: this.check(yes, vars), no: this.check(no, vars) };
    if (!fits(parts.yes.type, parts.no.type) && !fits(parts.no.type, parts.yes.type)) {
      const types = [parts.test, parts.yes, parts.no].map(p => show(p.type)).join(', ');
      throw this.fail(node, compileErrors.noOverload('_?_:_', `(${types})`), this.source.indexOf('?', test.end));
    }
    return { op: 'cond', ...parts, type: join(parts.yes.type, parts.no.type) };
  }

  #select(node: Node, vars: Variables, isTest: boolean): Expr {
    const [inner, field] = node.args as unknown as [Node, string];
    const of = this.check(inner, vars);
    const isOptional = node.op === '.?';
    const base = of.type.kind === 'optional' ? of.type.of : of.type;
    const found = this.#fieldType(node, base, field);
    const type = isTest ? BOOL : isOptional || of.type.kind === 'optional' ? optional(found) : found;
    return { op: 'select', of, field, isTest, isOptional, type };
  }
  #fieldType(node: Node, base: CelType, field: string): CelType {
    const at = Math.max(node.pos - 1, 0);
    if (isDyn(base)) return DYN;
    if (base.kind === 'map') return base.of;
    if (base.kind !== 'object') throw this.fail(node, compileErrors.noFields(show(base)), at);
    const type = base.fields.get(field);
    if (!type) throw this.fail(node, compileErrors.undefinedField(field), at);
    return type;
  }

  #index(node: Node, vars: Variables): Expr {
    const [of, key] = (node.args as unknown as [Node, Node]).map(n => this.check(n, vars)) as [Expr, Expr];
    const base = of.type.kind === 'optional' ? of.type.of : of.type;
    const chained = node.op === '[?]' || of.type.kind === 'optional';
    const at = this.source.indexOf('[', (node.args as unknown as [Node, Node])[0].end);
    const call = this.#call(node, '_[_]', [{ ...of, type: base }, key], at);
    return chained ? { op: 'optionalIndex', of, key, type: optional(call.type) } : call;
  }

  #function(node: Node, vars: Variables): Expr {
    const isMethod = node.op === 'rcall';
    const [name, receiver, given] = node.args as unknown as [string, Node, Node[]];
    const args = isMethod ? given : (receiver as unknown as Node[]);
    if (!isMethod && name === 'has') {
      if (args.length !== 1 || args[0]!.op !== '.') throw this.fail(node, compileErrors.badMacro('has'));
      return this.#select(args[0]!, vars, true);
    }
    const at = this.source.indexOf('(', isMethod ? receiver.end : node.start);
    if (!isMethod)
      return this.#call(
        node,
        name,
        args.map(a => this.check(a, vars)),
        at,
      );
    const namespace = receiver.op === 'id' ? (receiver.args as unknown as string) : '';
    if (namespace && !vars.has(namespace) && this.#library.functions(`${namespace}.${name}`).length > 0)
      return this.#call(
        node,
        `${namespace}.${name}`,
        args.map(a => this.check(a, vars)),
        at,
      );
    const macro = expandMacro(this, node, name, receiver, args, vars);
    if (macro) return macro;
    // What is formatted may be of any types.
    const checked = args.map(a => (name === 'format' ? this.#mixed(a, vars) : this.check(a, vars)));
    return this.#call(node, name, [this.check(receiver, vars), ...checked], at, true);
  }

  #call(node: Node, name: string, args: readonly Expr[], at: number, isMethod = false): Expr {
    const candidates = isMethod ? this.#library.methods(name) : this.#library.functions(name);
    if (candidates.length === 0) throw this.fail(node, compileErrors.undeclared(name), at);
    const matching: { overload: Overload; result: CelType }[] = [];
    for (const overload of candidates) {
      const bound: Bindings = new Map();
      if (overload.params.length !== args.length || !overload.params.every((p, i) => fits(p, args[i]!.type, bound))) continue;
      matching.push({ overload, result: substitute(overload.result, bound) });
    }
    if (matching.length === 0) {
      const types = args.map(a => show(a.type));
      const shown = isMethod ? `${types[0]}.(${types.slice(1).join(', ')})` : `(${types.join(', ')})`;
      throw this.fail(node, compileErrors.noOverload(name, shown), at);
    }
    const type = matching.map(m => m.result).reduce(join);
    return { op: 'call', name, overloads: matching.map(m => m.overload), args, type };
  }

  /** A literal whose parts may be of any types, to the bottom. */
  #mixed(node: Node, vars: Variables): Expr {
    if (node.op === 'list') return this.#list(node, vars, true);
    return node.op === 'map' ? this.#map(node, vars, true) : this.check(node, vars);
  }
  #part(isMixed: boolean, vars: Variables): (n: Node) => Expr {
    return n => (isMixed ? this.#mixed(n, vars) : this.check(n, vars));
  }
  #list(node: Node, vars: Variables, isMixed = false): Expr {
    const nodes = node.args as unknown as Node[];
    const items = nodes.map(this.#part(isMixed, vars));
    return { op: 'list', items, type: list(isMixed ? DYN : this.#common(items, nodes), items.length) };
  }
  #map(node: Node, vars: Variables, isMixed = false): Expr {
    const nodes = node.args as unknown as [Node, Node][];
    const keys = nodes.map(n => n[0]);
    const values = nodes.map(n => n[1]);
    const [keyed, valued] = [keys.map(this.#part(isMixed, vars)), values.map(this.#part(isMixed, vars))];
    const entries = keyed.map((k, i) => [k, valued[i]!] as const);
    const type = isMixed
      ? map(DYN, DYN, entries.length)
      : map(this.#common(keyed, keys), this.#common(valued, values), entries.length);
    return { op: 'map', entries, type };
  }
  /** Literals hold one type of value. */
  #common(items: readonly Expr[], nodes: readonly Node[]): CelType {
    let type = items[0]?.type ?? DYN;
    for (const [i, item] of items.entries()) {
      if (!fits(type, item.type) && !fits(item.type, type))
        throw this.fail(nodes[i]!, compileErrors.typeMismatch(show(type), show(item.type)));
      type = join(type, item.type);
    }
    return type.kind === 'scalar' && type.name === 'string' ? STRING : type;
  }
}
