import type { Schema } from '../../kube/index.ts';

/** How ownership sees a value: which parts of it have owners of their own. */
export interface FieldType {
  readonly kind: 'map' | 'list' | 'scalar' | 'any';
  readonly isAtomicMap: boolean;
  readonly isAtomicList: boolean;
  /** Fields with a name in the schema; other members of a map are its elements. */
  hasField(name: string): boolean;
  field(name: string): FieldType;
  readonly items: FieldType;
  /** Keys of a list of type map; undefined for a set of scalars. */
  readonly keys: readonly string[] | undefined;
  keyDefault(key: string): unknown;
}

/** Unknown content: objects are granular, lists have one owner. @source structured-merge-diff DeducedParseableType@15d075473efe */
export const DEDUCED: FieldType = {
  kind: 'any',
  isAtomicMap: false,
  isAtomicList: true,
  hasField: () => false,
  field: () => DEDUCED,
  get items() {
    return DEDUCED;
  },
  keys: undefined,
  keyDefault: () => undefined,
};
/** Content without schema and without permission to be anything: one owner. */
const ATOMIC: FieldType = { ...DEDUCED, isAtomicMap: true, field: () => ATOMIC, items: DEDUCED };

const known = new WeakMap<Schema, FieldType>();

/**
 * The field type of a schema node, made once a node. Undefined schemas are deduced from values.
 *
 * @source kube-openapi pkg/schemaconv@d427ff9ee9ad
 */
export function fieldTypeOf(schema: Schema | undefined): FieldType {
  if (!schema) return DEDUCED;
  let type = known.get(schema);
  if (!type) {
    type = makeType(schema);
    known.set(schema, type);
  }
  return type;
}

function makeType(schema: Schema): FieldType {
  // OpenAPI v3 cannot put keys beside a $ref, so upstream wraps it in an allOf of one.
  const node: Schema = schema.allOf?.length === 1 ? { ...schema.allOf[0], ...schema } : schema;
  const kind = kindOf(node);
  if (kind === 'any') return node['x-kubernetes-preserve-unknown-fields'] ? DEDUCED : ATOMIC;
  const { isAssociative, keys } = listRelation(node);
  const extra = node.additionalProperties;
  const properties = node.properties ?? {};
  const elementType = (): FieldType => {
    if (typeof extra === 'object') return fieldTypeOf(extra);
    // An object of which nothing is said may hold anything, each member with an owner of its own.
    return node['x-kubernetes-preserve-unknown-fields'] || !node.properties ? DEDUCED : ATOMIC;
  };
  const itemSchema = (): Schema | undefined =>
    node.items?.allOf?.length === 1 ? { ...node.items.allOf[0], ...node.items } : node.items;
  return {
    kind,
    isAtomicMap: node['x-kubernetes-map-type'] === 'atomic',
    isAtomicList: !isAssociative,
    hasField: name => Object.hasOwn(properties, name),
    field: name => (Object.hasOwn(properties, name) ? fieldTypeOf(properties[name]) : elementType()),
    get items() {
      return fieldTypeOf(node.items);
    },
    keys,
    keyDefault: key => {
      const member = itemSchema()?.properties?.[key];
      return member?.default;
    },
  };
}

function kindOf(node: Schema): FieldType['kind'] {
  if (node['x-kubernetes-int-or-string']) return 'scalar';
  if (node.type === 'object' || node.properties || node.additionalProperties) return 'map';
  if (node.type === 'array') return 'list';
  return node.type ? 'scalar' : 'any';
}

function listRelation(node: Schema): { isAssociative: boolean; keys: readonly string[] | undefined } {
  switch (node['x-kubernetes-list-type']) {
    case 'map':
      return { isAssociative: true, keys: node['x-kubernetes-list-map-keys'] ?? [] };
    case 'set':
      return { isAssociative: true, keys: undefined };
    case 'atomic':
      return { isAssociative: false, keys: undefined };
  }
  if (!node['x-kubernetes-patch-strategy']?.split(',').includes('merge')) return { isAssociative: false, keys: undefined };
  const key = node['x-kubernetes-patch-merge-key'];
  return { isAssociative: true, keys: key === undefined ? undefined : [key] };
}

/** The path element of a list item, or an error text. Keys stand in alphabetical order. */
export function elementOf(item: unknown, list: FieldType): { element: string } | { error: string } {
  if (!list.keys) {
    if (item === null || typeof item === 'object') return { error: 'a set may hold only scalars' };
    return { element: `v:${JSON.stringify(item)}` };
  }
  if (item === null || typeof item !== 'object' || Array.isArray(item))
    return { error: 'associative list with keys may not have non-map elements' };
  const found: string[] = [];
  for (const key of list.keys.length > 1 ? list.keys.toSorted() : list.keys) {
    const own = (item as Record<string, unknown>)[key];
    const value = own === undefined ? list.keyDefault(key) : own;
    if (value !== undefined) found.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`);
  }
  if (found.length === 0) {
    const keys = list.keys.map(key => JSON.stringify(key)).join(' ');
    return {
      error: `associative list with keys has an element that omits all key fields [${keys}] (and doesn't have default values for any key fields)`,
    };
  }
  return { element: `k:{${found.join(',')}}` };
}
