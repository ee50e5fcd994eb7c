import { EMPTY, type FieldSet, hasChildren, isMember, nodeOf } from './field-set.ts';
import { elementOf, type FieldType } from './field-type.ts';
import { isObject } from './json.ts';

/**
 * The fields that a value holds. As a configuration (`every` false) its leaves, list items and map elements; as something
 * new in an object (`every` true) every node on the way as well.
 *
 * @source structured-merge-diff typed/tofieldset.go, typed/compare.go@15d075473efe
 */
export function fieldsOf(value: unknown, type: FieldType, every = false): FieldSet {
  return isObject(value) && !type.isAtomicMap ? mapFields(value, type, every) : EMPTY;
}

/** The node of a value; undefined when it says nothing (a named struct without content). */
export function fieldNode(value: unknown, type: FieldType, isSelfMember: boolean, every: boolean): FieldSet | undefined {
  if (isObject(value) && !type.isAtomicMap) {
    const children = mapFields(value, type, every);
    return nodeOf(isSelfMember || every || isEmptyObject(value), children);
  }
  if (Array.isArray(value) && !type.isAtomicList) {
    return nodeOf(isSelfMember || every, listFields(value, type, every));
  }
  return EMPTY;
}

function isEmptyObject(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

function mapFields(value: Readonly<Record<string, unknown>>, type: FieldType, every: boolean): FieldSet {
  const children: Record<string, FieldSet> = {};
  for (const name in value) {
    if (value[name] === undefined) continue;
    const node = fieldNode(value[name], type.field(name), !type.hasField(name), every);
    if (node) children[`f:${name}`] = node;
  }
  return children;
}

function listFields(list: readonly unknown[], type: FieldType, every: boolean): FieldSet {
  const children: Record<string, FieldSet> = {};
  for (const item of list) {
    const at = elementOf(item, type);
    if ('error' in at) continue;
    // Items with the same key cannot be told apart: such a group has one owner.
    children[at.element] = at.element in children ? EMPTY : fieldNode(item, type.items, true, every)!;
  }
  return children;
}

/** The set, with every named field on the way to a member as a member too. */
export function withNamedFields(set: FieldSet, type: FieldType): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const element in set) {
    const node = set[element]!;
    if (element === '.' || !hasChildren(node)) {
      result[element] = node;
      continue;
    }
    const isField = element.startsWith('f:');
    const name = element.slice(2);
    const below = withNamedFields(node, isField ? type.field(name) : type.items);
    const { '.': _, ...children } = below;
    result[element] = nodeOf(isMember(node) || (isField && type.hasField(name)), children)!;
  }
  return result;
}

/** The set as the schema sees it now: what became atomic has one owner. Gives the same set when nothing changed. */
export function withSchema(set: FieldSet, type: FieldType): FieldSet {
  let result: Record<string, FieldSet> | undefined;
  for (const element in set) {
    const node = set[element]!;
    if (element === '.' || !hasChildren(node)) continue;
    const isField = element.startsWith('f:');
    const child = isField ? type.field(element.slice(2)) : type.items;
    if (child.kind === 'any') continue;
    const isAtomic = (child.kind === 'map' && child.isAtomicMap) || (child.kind === 'list' && child.isAtomicList);
    const now = isAtomic ? EMPTY : withSchema(node, child);
    if (now !== node) (result ??= { ...set })[element] = now;
  }
  return result ?? set;
}
