import { jsonEqual } from '../../kube/index.ts';
import { EMPTY, type FieldSet, nodeOf } from './field-set.ts';
import { elementOf, type FieldType } from './field-type.ts';
import { fieldNode } from './fields-of.ts';
import { isObject } from './json.ts';

export type Comparison = { added: FieldSet; modified: FieldSet; removed: FieldSet };
type Nodes = { added?: FieldSet | undefined; modified?: FieldSet | undefined; removed?: FieldSet | undefined };
type Children = { added: Record<string, FieldSet>; modified: Record<string, FieldSet>; removed: Record<string, FieldSet> };

/**
 * What differs between two objects, as sets of fields. Shared parts cost nothing.
 *
 * @source structured-merge-diff typed/compare.go@15d075473efe
 */
export function compare(before: unknown, after: unknown, type: FieldType): Comparison {
  const children: Children = { added: {}, modified: {}, removed: {} };
  if (before !== after) compareMembers(isObject(before) ? before : {}, isObject(after) ? after : {}, type, children);
  return children;
}

function compareNode(before: unknown, after: unknown, type: FieldType): Nodes | undefined {
  if (before === after) return undefined;
  if (before === undefined) return { added: fieldNode(after, type, true, true) };
  if (after === undefined) return { removed: fieldNode(before, type, true, true) };
  const children: Children = { added: {}, modified: {}, removed: {} };
  if (isGranularMap(before, type) || isGranularMap(after, type)) {
    if (!isMapLike(before) || !isMapLike(after)) return { modified: EMPTY };
    if (isBlank(before) && isBlank(after)) return jsonEqual(before, after) ? undefined : { modified: EMPTY };
    compareMembers(before ?? {}, after ?? {}, type, children);
  } else if (isGranularList(before, type) || isGranularList(after, type)) {
    if (!isListLike(before) || !isListLike(after)) return { modified: EMPTY };
    if (isBlank(before) && isBlank(after)) return jsonEqual(before, after) ? undefined : { modified: EMPTY };
    compareItems(before ?? [], after ?? [], type, children);
  } else {
    return jsonEqual(before, after) ? undefined : { modified: EMPTY };
  }
  return {
    added: nodeOf(false, children.added),
    modified: nodeOf(false, children.modified),
    removed: nodeOf(false, children.removed),
  };
}

const isGranularMap = (value: unknown, type: FieldType) => isObject(value) && !type.isAtomicMap;
const isGranularList = (value: unknown, type: FieldType) => Array.isArray(value) && !type.isAtomicList;
/** Null stands for the empty map or list. */
const isMapLike = (value: unknown): value is Readonly<Record<string, unknown>> | null => value === null || isObject(value);
const isListLike = (value: unknown): value is readonly unknown[] | null => value === null || Array.isArray(value);

function isBlank(value: object | null): boolean {
  for (const _ in value) return false;
  return true;
}

function collect(children: Children, element: string, nodes: Nodes | undefined): void {
  if (nodes?.added) children.added[element] = nodes.added;
  if (nodes?.modified) children.modified[element] = nodes.modified;
  if (nodes?.removed) children.removed[element] = nodes.removed;
}

function compareMembers(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  type: FieldType,
  children: Children,
): void {
  for (const name in before)
    if (before[name] !== after[name]) collect(children, `f:${name}`, compareNode(before[name], after[name], type.field(name)));
  for (const name in after)
    if (before[name] === undefined) collect(children, `f:${name}`, compareNode(undefined, after[name], type.field(name)));
}

function compareItems(before: readonly unknown[], after: readonly unknown[], type: FieldType, children: Children): void {
  const old = itemsByElement(before, type);
  const now = itemsByElement(after, type);
  for (const element of new Set([...old.keys(), ...now.keys()])) {
    const left = old.get(element) ?? [];
    const right = now.get(element) ?? [];
    if (left.length <= 1 && right.length <= 1) collect(children, element, compareNode(left[0], right[0], type.items));
    else if (left.length > 1 && right.length > 1) {
      if (!jsonEqual(left, right)) children.modified[element] = EMPTY;
    } else if (left.length > 1) {
      if (right.length === 1) collect(children, element, compareNode(undefined, right[0], type.items));
      children.removed[element] = EMPTY;
    } else {
      if (left.length === 1) collect(children, element, compareNode(left[0], undefined, type.items));
      children.added[element] = EMPTY;
    }
  }
}

function itemsByElement(list: readonly unknown[], type: FieldType): Map<string, unknown[]> {
  const items = new Map<string, unknown[]>();
  for (const item of list) {
    const at = elementOf(item, type);
    if ('error' in at) continue;
    const same = items.get(at.element);
    if (same) same.push(item);
    else items.set(at.element, [item]);
  }
  return items;
}
