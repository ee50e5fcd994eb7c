import type { Schema } from '../../kube/index.ts';
import { BOOL, type CelType, INT, list, map, scalar } from './types.ts';

/** Bytes of the largest request: what is unbounded in a schema is bounded by it. */
const MAX_REQUEST_BYTES = 3 * 1024 * 1024;
const KEYWORDS = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** A property's name as an expression writes it; undefined when none can. @source apiserver pkg/cel/escaping.go@24a394e516bf */
export function escapeName(name: string): string | undefined {
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined;
  if (KEYWORDS.has(name)) return `__${name}__`;
  return name.replace(/__|[./-]/g, c => ({ __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' })[c]!);
}
/** How a property may be written: rules in the wild say `self.namespace` as well as `self.__namespace__`. */
export function namesOf(name: string): string[] {
  const escaped = escapeName(name);
  if (escaped === undefined) return [];
  return KEYWORDS.has(name) ? [escaped, name] : [escaped];
}

const METADATA: CelType = {
  kind: 'object',
  name: 'object',
  fields: new Map([
    ['name', scalar('string', MAX_REQUEST_BYTES - 2)],
    ['generateName', scalar('string', MAX_REQUEST_BYTES - 2)],
  ]),
};
const TYPE_META: readonly [string, CelType][] = [
  ['apiVersion', scalar('string', MAX_REQUEST_BYTES - 2)],
  ['kind', scalar('string', MAX_REQUEST_BYTES - 2)],
  ['metadata', METADATA],
];
const types = new WeakMap<Schema, CelType | null>();

/**
 * The type of the values of a schema; undefined for what expressions cannot see. `isResource`: it has apiVersion, kind and
 * metadata, of which only the name is seen.
 * @source apiserver pkg/cel/common/schemas.go@24a394e516bf
 */
export function typeOfSchema(
  schema: Schema,
  isResource = schema['x-kubernetes-embedded-resource'] === true,
): CelType | undefined {
  const known = types.get(schema);
  if (known !== undefined) return known ?? undefined;
  const type = declare(schema, isResource);
  types.set(schema, type ?? null);
  return type;
}

function declare(schema: Schema, isResource: boolean): CelType | undefined {
  if (schema['x-kubernetes-int-or-string']) return scalar('dyn', maxLength(schema));
  switch (schema.type) {
    case 'boolean':
      return BOOL;
    case 'integer':
      return INT;
    case 'number':
      return scalar('double');
    case 'string':
      return text(schema);
    case 'array':
      return array(schema);
    case 'object':
      return object(schema, isResource);
  }
  return undefined;
}

function text(schema: Schema): CelType {
  if (schema.format === 'byte') return scalar('bytes', maxLength(schema));
  if (schema.format === 'duration') return scalar('duration');
  if (schema.format === 'date' || schema.format === 'date-time') return scalar('timestamp');
  return scalar('string', maxLength(schema));
}
function maxLength(schema: Schema): number {
  if (schema.maxLength !== undefined) return schema.maxLength;
  const longest = schema.enum?.reduce<number>((n, v) => Math.max(n, String(v).length), 0);
  return longest ?? MAX_REQUEST_BYTES - 2;
}

function array(schema: Schema): CelType | undefined {
  const of = schema.items && typeOfSchema(schema.items);
  if (!of) return undefined;
  const kind = schema['x-kubernetes-list-type'];
  const keys = (schema['x-kubernetes-list-map-keys'] ?? []).map(k => escapeName(k) ?? k);
  const keyed = kind === 'set' || kind === 'map' ? { keyed: { type: kind, keys } } : {};
  return { ...list(of, maxItems(schema)), ...keyed } as CelType;
}

function object(schema: Schema, isResource: boolean): CelType | undefined {
  const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  if (values) {
    const of = typeOfSchema(values);
    // Upstream's type of keys has no size: they cost nothing to read.
    return of && map(scalar('string', 0), of, maxEntries(schema));
  }
  const fields = new Map<string, CelType>();
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const type = escapeName(name) && typeOfSchema(property);
    if (type) for (const written of namesOf(name)) fields.set(written, type);
  }
  if (isResource) for (const [name, type] of TYPE_META) fields.set(name, type);
  return { kind: 'object', name: 'object', fields };
}

/** The most items that a list may have. */
export function maxItems(schema: Schema): number {
  return schema.maxItems ?? Math.floor((MAX_REQUEST_BYTES - 2) / (minBytes(schema.items) + 1));
}
/** The most entries that a map may have. */
export function maxEntries(schema: Schema): number {
  const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  return schema.maxProperties ?? Math.floor((MAX_REQUEST_BYTES - 2) / (minBytes(values) + 6));
}
/** The fewest bytes that a value takes as JSON. */
function minBytes(schema: Schema | undefined): number {
  if (schema?.type === 'object') {
    const required = (schema.required ?? []).filter(name => schema.properties?.[name]?.default === undefined);
    return required.reduce((sum, name) => sum + name.length + 4 + minBytes(schema.properties?.[name]), 2);
  }
  if (schema?.type === 'boolean') return 4;
  return schema?.type === 'string' || schema?.type === 'array' ? 2 : 1;
}
