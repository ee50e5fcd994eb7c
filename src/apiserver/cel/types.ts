/** The types of CEL as Kubernetes uses it. `max` = the greatest length or count that a schema allows, for cost estimates. */
export type CelType =
  | { readonly kind: 'scalar'; readonly name: ScalarName; readonly max?: number }
  | { readonly kind: 'opaque'; readonly name: string }
  | { readonly kind: 'list'; readonly of: CelType; readonly max?: number; readonly keyed?: ListKind }
  | { readonly kind: 'map'; readonly key: CelType; readonly of: CelType; readonly max?: number }
  | { readonly kind: 'optional'; readonly of: CelType }
  | { readonly kind: 'object'; readonly name: string; readonly fields: ReadonlyMap<string, CelType> }
  | { readonly kind: 'param'; readonly name: string };
/** A list whose order is no part of its identity, by its schema. */
export type ListKind = { readonly type: 'set' | 'map'; readonly keys: readonly string[] };
export type ScalarName =
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'null'
  | 'timestamp'
  | 'duration'
  | 'type'
  | 'dyn';

const SCALARS = new Set<string>([
  'bool',
  'int',
  'uint',
  'double',
  'string',
  'bytes',
  'null',
  'timestamp',
  'duration',
  'type',
  'dyn',
]);
export const scalar = (name: ScalarName, max?: number): CelType => ({
  kind: 'scalar',
  name,
  ...(max === undefined ? {} : { max }),
});
export const DYN = scalar('dyn');
export const BOOL = scalar('bool');
export const INT = scalar('int');
export const STRING = scalar('string');
export const list = (of: CelType, max?: number): CelType => ({ kind: 'list', of, ...(max === undefined ? {} : { max }) });
export const map = (key: CelType, of: CelType, max?: number): CelType => ({
  kind: 'map',
  key,
  of,
  ...(max === undefined ? {} : { max }),
});
export const optional = (of: CelType): CelType => ({ kind: 'optional', of });
export const isScalar = (t: CelType, name: ScalarName): boolean => t.kind === 'scalar' && t.name === name;
export const isDyn = (t: CelType): boolean => isScalar(t, 'dyn');

/** A type as messages name it: `list(map(string, int))`. */
export function show(t: CelType): string {
  if (t.kind === 'list') return `list(${show(t.of)})`;
  if (t.kind === 'map') return `map(${show(t.key)}, ${show(t.of)})`;
  if (t.kind === 'optional') return `optional_type(${show(t.of)})`;
  return t.name;
}

/** A type of a signature: `list(T)`, `map(K, V)`, `optional(T)`, one capital for a parameter, a name with a dot for an opaque type. */
export function parseType(text: string): CelType {
  const [, outer, inner] = /^(list|map|optional)\((.*)\)$/.exec(text) ?? [];
  if (outer === 'list') return list(parseType(inner!));
  if (outer === 'optional') return optional(parseType(inner!));
  if (outer === 'map') {
    const [key, value] = splitArguments(inner!);
    return map(parseType(key!), parseType(value!));
  }
  if (/^[A-Z]$/.test(text)) return { kind: 'param', name: text };
  return SCALARS.has(text) ? scalar(text as ScalarName) : { kind: 'opaque', name: text };
}

/** Parts between the commas of the outermost level. */
export function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === '(') depth++;
    if (text[i] === ')') depth--;
    if (i < text.length && (text[i] !== ',' || depth > 0)) continue;
    const part = text.slice(from, i).trim();
    if (part) parts.push(part);
    from = i + 1;
  }
  return parts;
}

/** What the parameters of a signature stand for in one call. */
export type Bindings = Map<string, CelType>;

/** Whether a value of type `from` fits where `to` is expected; parameters of `to` get bound. */
export function fits(to: CelType, from: CelType, bound: Bindings = new Map()): boolean {
  if (to.kind === 'param') {
    const known = bound.get(to.name);
    if (known === undefined || (isDyn(known) && !isDyn(from))) {
      bound.set(to.name, from);
      return true;
    }
    if (fits(known, from)) return true;
    if (!fits(from, known)) return false;
    bound.set(to.name, from);
    return true;
  }
  if (isDyn(to) || isDyn(from) || from.kind === 'param') return true;
  if (isScalar(from, 'null')) return to.kind === 'object' || to.kind === 'opaque' || to.kind === 'optional' || isNullable(to);
  if (isScalar(to, 'null') && (from.kind === 'object' || from.kind === 'opaque' || from.kind === 'optional' || isNullable(from)))
    return true;
  if (to.kind !== from.kind) return false;
  if (to.kind === 'list' || to.kind === 'optional') return fits(to.of, (from as { of: CelType }).of, bound);
  if (to.kind === 'map') {
    const other = from as typeof to;
    return fits(to.key, other.key, bound) && fits(to.of, other.of, bound);
  }
  if (to.kind === 'object') return to === from || sameFields(to, from as typeof to);
  return to.name === (from as typeof to).name;
}
const isNullable = (t: CelType) => isScalar(t, 'null') || isScalar(t, 'timestamp') || isScalar(t, 'duration');

function sameFields(a: { fields: ReadonlyMap<string, CelType> }, b: { fields: ReadonlyMap<string, CelType> }): boolean {
  return (
    a.fields.size === b.fields.size &&
    [...a.fields].every(([name, type]) => {
      const other = b.fields.get(name);
      return other !== undefined && fits(type, other);
    })
  );
}

/** A type with its parameters replaced; unbound ones are dynamic. */
export function substitute(t: CelType, bound: Bindings): CelType {
  if (t.kind === 'param') return bound.get(t.name) ?? DYN;
  if (t.kind === 'list') return list(substitute(t.of, bound), t.max);
  if (t.kind === 'optional') return optional(substitute(t.of, bound));
  if (t.kind === 'map') return map(substitute(t.key, bound), substitute(t.of, bound), t.max);
  return t;
}
/** The type of either of two values. */
export function join(a: CelType, b: CelType): CelType {
  return fits(a, b) && !isDyn(a) ? a : fits(b, a) && !isDyn(b) && !isDyn(a) ? b : DYN;
}
