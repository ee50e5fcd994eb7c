import { ExpressionError } from './evaluator.ts';

type Step =
  | { kind: 'field'; names: string[] }
  | { kind: 'wildcard' }
  | { kind: 'descendants' }
  | { kind: 'slice'; start?: number; end?: number; step: number }
  | { kind: 'indexes'; indexes: number[] }
  | { kind: 'filter'; left: Operand; operator?: string; right?: Operand };
type Operand = { path: Step[]; isRoot: boolean } | { literal: unknown };

const known = new Map<string, Step[]>();
const KNOWN_LIMIT = 500;

/**
 * The values that a path of kubectl's JSONPath dialect finds, in document order; a missing key finds nothing.
 * Understands `.a`, `['a','b']`, `[0]`, `[-1]`, `[1:3]`, `[0,2]`, `*`, `..a`, `[?(@.a=="b")]` and the same in braces.
 *
 * @throws ExpressionError when the path does not parse
 * @source client-go util/jsonpath@32ce75a7d6bc (with AllowMissingKeys); text around braces is not supported
 */
export function evaluateJsonPath(path: string, value: unknown): unknown[] {
  let steps = known.get(path);
  if (!steps) {
    steps = new Parser(path).parse();
    if (known.size >= KNOWN_LIMIT) known.clear();
    known.set(path, steps);
  }
  return walk(steps, [value], value);
}

class Parser {
  readonly #text: string;
  readonly #whole: string;
  #at = 0;
  constructor(path: string) {
    this.#whole = path;
    const trimmed = path.trim();
    this.#text = trimmed.startsWith('{') && trimmed.endsWith('}') ? trimmed.slice(1, -1).trim() : trimmed;
  }

  parse(): Step[] {
    if (this.#text[0] === '$' || this.#text[0] === '@') this.#at++;
    const steps = this.#steps();
    if (this.#at < this.#text.length) throw this.#error(`unexpected ${JSON.stringify(this.#text.slice(this.#at))}`);
    return steps;
  }

  /** Steps up to the end of the text, or of the operand of a filter. */
  #steps(): Step[] {
    const steps: Step[] = [];
    for (;;) {
      const c = this.#text[this.#at];
      if (c === '[') steps.push(this.#bracket());
      else if (c === '.') {
        this.#at++;
        if (this.#text[this.#at] === '.') {
          this.#at++;
          steps.push({ kind: 'descendants' });
        }
        if (this.#text[this.#at] !== '[') this.#name(steps);
      } else if (steps.length === 0 && c !== undefined && /[\w*-]/.test(c)) this.#name(steps);
      else return steps;
    }
  }

  #name(steps: Step[]): void {
    let name = '';
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#text[this.#at]!;
      if (c === '\\' && this.#at + 1 < this.#text.length) name += this.#text[++this.#at];
      else if (/[.[\]()=!<>,\s]/.test(c)) break;
      else name += c;
    }
    if (name === '*') steps.push({ kind: 'wildcard' });
    else if (name !== '') steps.push({ kind: 'field', names: [name] });
  }

  #bracket(): Step {
    this.#at++;
    this.#blank();
    if (this.#text[this.#at] === '?') return this.#filter();
    if (this.#text[this.#at] === "'" || this.#text[this.#at] === '"') {
      const names = [this.#quoted()];
      while (this.#take(',')) names.push(this.#quoted());
      this.#expect(']');
      return { kind: 'field', names };
    }
    const end = this.#text.indexOf(']', this.#at);
    if (end < 0) throw this.#error('unterminated array');
    const inner = this.#text.slice(this.#at, end).replaceAll(/\s/g, '');
    this.#at = end + 1;
    if (inner === '*') return { kind: 'wildcard' };
    if (/^-?\d+(,-?\d+)*$/.test(inner)) return { kind: 'indexes', indexes: inner.split(',').map(Number) };
    const slice = /^(-?\d*):(-?\d*)(?::(\d*))?$/.exec(inner);
    if (!slice) throw this.#error(`invalid array index ${inner}`);
    const [, start, stop, step] = slice;
    return {
      kind: 'slice',
      ...(start ? { start: Number(start) } : {}),
      ...(stop ? { end: Number(stop) } : {}),
      step: step ? Number(step) : 1,
    };
  }

  #filter(): Step {
    this.#at++;
    this.#expect('(');
    const left = this.#operand();
    this.#blank();
    const operator = /^(==|!=|<=|>=|<|>)/.exec(this.#text.slice(this.#at))?.[0];
    if (operator) this.#at += operator.length;
    const right = operator ? this.#operand() : undefined;
    this.#expect(')');
    this.#expect(']');
    return { kind: 'filter', left, ...(operator ? { operator, right: right! } : {}) };
  }

  #operand(): Operand {
    this.#blank();
    const c = this.#text[this.#at];
    if (c === '@' || c === '$') {
      this.#at++;
      return { path: this.#steps(), isRoot: c === '$' };
    }
    if (c === "'" || c === '"') return { literal: this.#quoted() };
    const word = /^[^\s)=!<>]+/.exec(this.#text.slice(this.#at))?.[0];
    if (word === undefined) throw this.#error('an operand is missing');
    if (word.startsWith('.')) return { path: this.#steps(), isRoot: false };
    this.#at += word.length;
    if (word === 'true' || word === 'false') return { literal: word === 'true' };
    if (Number.isNaN(Number(word))) throw this.#error(`unrecognized identifier ${word}`);
    return { literal: Number(word) };
  }

  #quoted(): string {
    this.#blank();
    const quote = this.#text[this.#at];
    let value = '';
    for (let i = this.#at + 1; i < this.#text.length; i++) {
      const c = this.#text[i]!;
      if (c === '\\' && i + 1 < this.#text.length) value += this.#text[++i];
      else if (c === quote) {
        this.#at = i + 1;
        return value;
      } else value += c;
    }
    throw this.#error('unterminated quoted string');
  }
  #blank(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }
  #take(text: string): boolean {
    this.#blank();
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
  #expect(text: string): void {
    if (!this.#take(text)) throw this.#error(`expected ${text}`);
  }
  #error(detail: string): ExpressionError {
    return new ExpressionError(this.#whole, `invalid JSONPath ${JSON.stringify(this.#whole)}: ${detail}`);
  }
}

function walk(steps: readonly Step[], start: readonly unknown[], root: unknown): unknown[] {
  let values = [...start];
  for (const step of steps) values = values.flatMap(value => take(step, value, root));
  return values;
}

function take(step: Step, value: unknown, root: unknown): unknown[] {
  switch (step.kind) {
    case 'field':
      if (!isMap(value)) return [];
      return step.names.filter(name => Object.hasOwn(value, name)).map(name => value[name]);
    case 'wildcard':
      return childrenOf(value);
    case 'descendants':
      return [value, ...childrenOf(value).flatMap(child => take(step, child, root))];
    case 'indexes':
      if (!Array.isArray(value)) return [];
      return step.indexes.map(i => value.at(i)).filter(item => item !== undefined);
    case 'slice':
      if (!Array.isArray(value)) return [];
      return value.slice(step.start, step.end).filter((_, i) => i % step.step === 0);
    case 'filter':
      return Array.isArray(value) ? value.filter(item => passes(step, item, root)) : [];
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
function childrenOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isMap(value) ? Object.values(value) : [];
}

function passes(filter: Extract<Step, { kind: 'filter' }>, item: unknown, root: unknown): boolean {
  const left = operandValue(filter.left, item, root);
  if (!filter.operator) return left !== undefined;
  const right = operandValue(filter.right!, item, root);
  if (left === undefined || right === undefined) return false;
  switch (filter.operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
  }
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) return false;
  const other = right as typeof left;
  switch (filter.operator) {
    case '<':
      return left < other;
    case '<=':
      return left <= other;
    case '>':
      return left > other;
    default:
      return left >= other;
  }
}
function operandValue(operand: Operand, item: unknown, root: unknown): unknown {
  return 'literal' in operand ? operand.literal : walk(operand.path, [operand.isRoot ? root : item], root)[0];
}
