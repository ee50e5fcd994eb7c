import { type CelType, parseType, splitArguments } from '../types.ts';

/** What a call costs beyond its arguments, by their sizes; grows with each of them. */
export type CostOf = (sizes: readonly number[]) => number;
/** One signature of a function. */
export type Overload = {
  readonly name: string;
  /** The first parameter stands before the dot. */
  readonly isMethod: boolean;
  readonly params: readonly CelType[];
  readonly result: CelType;
  readonly call: (...args: never[]) => unknown;
  readonly cost?: CostOf;
  /** The greatest size of the result, for estimates. */
  readonly resultSize?: CostOf;
};

export const TRAVERSAL = 0.1;
const REGEX = 0.25;
/** Reads its first value once. */
export const traverse: CostOf = ([n = 0]) => Math.ceil(n * TRAVERSAL);
/** Reads all of its values once. */
export const traverseAll: CostOf = sizes => Math.ceil(sizes.reduce((a, b) => a + b, 0) * TRAVERSAL);
/** Looks at each item once. */
export const perItem: CostOf = ([n = 0]) => n;
/** Looks for one in the other. */
export const product: CostOf = ([a = 0, b = 0]) => Math.ceil(a * TRAVERSAL) * Math.max(1, Math.ceil(b * TRAVERSAL));
/** Runs a regular expression over text. */
export const regexCost: CostOf = ([text = 0, re = 0]) => Math.ceil((text + 1) * TRAVERSAL) * Math.max(1, Math.ceil(re * REGEX));
export const sumOf: CostOf = sizes => sizes.reduce((a, b) => a + b, 0);
export const firstOf: CostOf = ([n = 0]) => n;

/** Names before a dot that are no types: `sets.contains`. */
const NAMESPACES = new Set(['sets', 'strings', 'lists', 'ip', 'cidr', 'format', 'optional']);

/** An overload by its signature: `list(T).indexOf(T): int`, `sets.contains(list(T), list(T)): bool`, `size(string): int`. */
export function fn(
  signature: string,
  call: (...args: never[]) => unknown,
  more: { cost?: CostOf; resultSize?: CostOf } = {},
): Overload {
  const [, head = '', inner = '', result = ''] = /^([^(]*(?:\(.*\)\.[\w]+)?)\((.*)\)\s*:\s*(.+)$/.exec(signature) ?? [];
  const dot = head.lastIndexOf('.');
  const before = head.slice(0, Math.max(dot, 0));
  const isMethod = dot > 0 && !NAMESPACES.has(before);
  const params = splitArguments(inner).map(parseType);
  return {
    name: isMethod ? head.slice(dot + 1) : head,
    isMethod,
    params: isMethod ? [parseType(before), ...params] : params,
    result: parseType(result),
    call,
    ...more,
  };
}
