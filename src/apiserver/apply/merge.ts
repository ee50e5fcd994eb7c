import { applyErrors } from './errors.ts';
import { type FieldSet, hasChildren, isMember } from './field-set.ts';
import { elementOf, type FieldType } from './field-type.ts';
import { isObject } from './json.ts';

/**
 * The live object with a configuration laid over it: maps and associative lists merge, everything else is replaced.
 *
 * @throws StatusError 500 as upstream when the configuration has items without keys or twice the same key
 * @source structured-merge-diff typed/merge.go@15d075473efe
 */
export function mergeConfiguration(live: unknown, config: unknown, type: FieldType, path = ''): unknown {
  if (config === undefined || config === live) return live;
  if (live === undefined || live === null) return checked(config, type, path);
  if (isObject(live) && (isObject(config) || config === null) && !type.isAtomicMap) {
    if (isBlank(live)) return checked(config, type, path);
    const merged: Record<string, unknown> = { ...live };
    for (const [name, value] of Object.entries(config ?? {}))
      merged[name] = mergeConfiguration(own(live, name), value, type.field(name), `${path}.${name}`);
    return merged;
  }
  if (Array.isArray(live) && (Array.isArray(config) || config === null) && !type.isAtomicList) {
    return live.length === 0 ? checked(config, type, path) : mergeItems(live, config ?? [], type, path);
  }
  return config;
}

function own(value: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
function isBlank(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

/** A part of the configuration that meets nothing live: only its lists need a look. */
function checked(config: unknown, type: FieldType, path: string): unknown {
  if (isObject(config) && !type.isAtomicMap)
    for (const name in config) checked(config[name], type.field(name), `${path}.${name}`);
  else if (Array.isArray(config) && !type.isAtomicList) {
    const elements = elementsOf(config, type, path);
    assertDistinct(elements, path);
    config.forEach((item, i) => {
      checked(item, type.items, `${path}${elements[i]}`);
    });
  }
  return config;
}

function elementsOf(list: readonly unknown[], type: FieldType, path: string): string[] {
  return list.map((item, i) => {
    const at = elementOf(item, type);
    if ('error' in at) throw applyErrors.unmergeable(`${path}: element ${i}: ${at.error}`);
    return at.element;
  });
}
function assertDistinct(elements: readonly string[], path: string): void {
  const twice = elements.find((element, i) => elements.indexOf(element) !== i);
  if (twice !== undefined) throw applyErrors.unmergeable(`${path}: duplicate entries for key ${twice.slice(2)}`);
}

/**
 * Items of both lists in one order: the configuration's order rules among its items; live items keep their place before the
 * next shared item.
 */
function mergeItems(live: readonly unknown[], config: readonly unknown[], type: FieldType, path: string): unknown[] {
  const leftElements = elementsOf(live, type, path);
  const rightElements = elementsOf(config, type, path);
  assertDistinct(rightElements, path);
  const right = new Map(rightElements.map((element, i) => [element, config[i]]));
  // Live items with the same key are not merged with: null, as upstream.
  const left = new Map<string, unknown>();
  leftElements.forEach((element, i) => {
    left.set(element, left.has(element) ? null : live[i]);
  });
  const shared = rightElements.filter(element => left.has(element));
  const out: unknown[] = [];
  const merged = new Set<string>();
  const take = (element: string) => {
    merged.add(element);
    out.push(mergeConfiguration(left.get(element), right.get(element), type.items, `${path}${element}`));
    if (shared[0] === element) shared.shift();
  };
  let l = 0;
  let r = 0;
  while (l < live.length || r < config.length) {
    const onLeft = leftElements[l];
    const onRight = rightElements[r];
    if (onLeft !== undefined && onLeft === onRight) {
      take(onLeft);
      l++;
      r++;
    } else if (
      onLeft !== undefined &&
      onRight !== undefined &&
      right.has(onLeft) &&
      shared[0] !== undefined &&
      shared[0] !== onLeft
    ) {
      l++; // a shared item whose turn has not come
    } else if (onLeft !== undefined && !right.has(onLeft)) {
      out.push(live[l++]);
    } else {
      if (onLeft !== undefined && merged.has(onLeft)) l++;
      if (onRight !== undefined) {
        take(onRight);
        r++;
      }
    }
  }
  return out;
}

/**
 * The value without the members of `set`. A map or list that loses all its content becomes null, as upstream.
 *
 * @source structured-merge-diff typed/remove.go@15d075473efe
 */
export function removeFields(value: unknown, set: FieldSet, type: FieldType): unknown {
  if (!hasChildren(set)) return value;
  if (isObject(value)) {
    if (type.isAtomicMap) return null;
    const left: Record<string, unknown> = {};
    let isChanged = false;
    for (const name in value) {
      const node = set[`f:${name}`];
      if (node && isMember(node)) isChanged = true;
      else {
        left[name] = node ? removeFields(value[name], node, type.field(name)) : value[name];
        if (left[name] !== value[name]) isChanged = true;
      }
    }
    if (!isChanged) return value;
    return isBlank(left) ? null : left;
  }
  if (!Array.isArray(value)) return value;
  if (type.isAtomicList) return null;
  const left: unknown[] = [];
  for (const item of value) {
    const at = elementOf(item, type);
    const node = 'element' in at ? set[at.element] : undefined;
    if (!node) left.push(item);
    else if (!isMember(node)) left.push(removeFields(item, node, type.items));
  }
  return left.length === 0 ? null : left;
}
