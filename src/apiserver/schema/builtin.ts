import type { Gvk, Schema } from '../../kube/index.ts';
import { type Definition, definitionName, definitionOf } from './definitions.ts';
import { type Notation, parseNotation } from './notation.ts';

const ANY: Schema = { 'x-kubernetes-preserve-unknown-fields': true };
const SCALARS: Record<string, Schema> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  integer: { type: 'integer' },
  number: { type: 'number' },
  byte: { type: 'string', format: 'byte' },
  'date-time': { type: 'string', format: 'date-time' },
  // A quantity is written as text or as a number; it stays an untyped scalar for merging.
  quantity: { format: 'quantity' },
  'int-or-string': { 'x-kubernetes-int-or-string': true },
  object: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  any: ANY,
};

const nodes = new Map<string, Schema>();

/**
 * The schema of a built-in kind, `$ref`s resolved: a graph of shared nodes (cyclic for JSONSchemaProps). Free-form members are
 * marked `x-kubernetes-preserve-unknown-fields`. Undefined when the kind is not built in.
 */
export function builtinSchema(gvk: Gvk): Schema | undefined {
  const name = definitionName(gvk);
  return name === undefined ? undefined : schemaNamed(name);
}

/** The shared schema of a definition by its short name: `core.v1.PodSpec`, or of a scalar of the notation. */
export function schemaNamed(name: string): Schema {
  const known = SCALARS[name] ?? nodes.get(name);
  if (known) return known;
  const definition = definitionOf(name);
  if (!definition) return ANY;
  const schema: Schema = {};
  // Before its members: a definition may contain itself.
  nodes.set(name, schema);
  return Object.assign(schema, name === 'resource.Quantity' ? SCALARS['quantity'] : fromDefinition(definition));
}

function fromDefinition(definition: Definition): Schema {
  if (!definition.fields) return fromNotation(parseNotation(definition.type ?? 'any'));
  const properties: Record<string, Schema> = {};
  for (const [field, notation] of Object.entries(definition.fields)) properties[field] = fromNotation(parseNotation(notation));
  return {
    type: 'object',
    properties,
    ...(definition.required ? { required: definition.required } : {}),
    ...(definition.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  };
}

function fromNotation(n: Notation): Schema {
  const inner = n.shape.reduceRight<Schema>(
    (schema, shape) => (shape === '[]' ? { type: 'array', items: schema } : { type: 'object', additionalProperties: schema }),
    schemaNamed(n.base),
  );
  const extra: Partial<Schema> = {
    ...(n.list ? { 'x-kubernetes-list-type': n.list } : {}),
    ...(n.listKeys ? { 'x-kubernetes-list-map-keys': n.listKeys } : {}),
    ...(n.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    ...(n.patchStrategy ? { 'x-kubernetes-patch-strategy': n.patchStrategy } : {}),
    ...(n.patchMergeKey ? { 'x-kubernetes-patch-merge-key': n.patchMergeKey } : {}),
    ...(n.default ? { default: n.default } : {}),
  };
  if (Object.keys(extra).length === 0) return inner;
  // A member of a named type keeps that type's (possibly still growing) nodes by prototype-free delegation.
  return n.shape.length > 0 || SCALARS[n.base] ? { ...inner, ...extra } : overlay(inner, extra);
}

/** A node with the members of `base`, read when asked (a cyclic definition may not be complete yet), and its own `extra` ones. */
function overlay(base: Schema, extra: Partial<Schema>): Schema {
  const node: Schema = { ...extra };
  for (const key of ['type', 'properties', 'required', 'format'] as const) {
    Object.defineProperty(node, key, { get: () => base[key], enumerable: true });
  }
  return node;
}
