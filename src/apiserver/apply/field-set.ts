/**
 * A set of field paths in the wire form of managedFields: a tree whose keys are path elements (`f:name`, `k:{"name":"x"}`,
 * `v:"x"`). A node is a member when it is empty or holds `.`; a root is only a container. Never mutated once handed out, so
 * sets share their parts.
 */
export type FieldSet = { readonly [element: string]: FieldSet };

export const EMPTY: FieldSet = Object.freeze({});
const SELF = '.';

export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}
export function isMember(node: FieldSet): boolean {
  return SELF in node || isEmpty(node);
}
export function hasChildren(node: FieldSet): boolean {
  for (const element in node) if (element !== SELF) return true;
  return false;
}

/** A node of these children; undefined when it would say nothing. */
export function nodeOf(isSelfMember: boolean, children: FieldSet): FieldSet | undefined {
  if (isEmpty(children)) return isSelfMember ? EMPTY : undefined;
  return isSelfMember ? { [SELF]: EMPTY, ...children } : children;
}

/** Combines two nodes, or two roots: `isRoot` says that the top is only a container. */
type Combine = (a: FieldSet, b: FieldSet) => FieldSet | undefined;
const asSet = (node: FieldSet | undefined): FieldSet => {
  if (!node || !(SELF in node)) return node ?? EMPTY;
  const { [SELF]: _, ...children } = node;
  return children;
};

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  return asSet(unionChildren(a, b, false));
}
function unionNode(a: FieldSet, b: FieldSet): FieldSet {
  return a === b ? a : unionChildren(a, b, isMember(a) || isMember(b));
}
function unionChildren(a: FieldSet, b: FieldSet, isSelfMember: boolean): FieldSet {
  const children: Record<string, FieldSet> = {};
  let isChanged = isSelfMember !== isMember(a);
  for (const element in a) if (element !== SELF) children[element] = a[element]!;
  for (const element in b) {
    if (element === SELF) continue;
    const old = children[element];
    const merged = old ? unionNode(old, b[element]!) : b[element]!;
    if (merged !== old) isChanged = true;
    children[element] = merged;
  }
  return isChanged ? (nodeOf(isSelfMember, children) ?? EMPTY) : a;
}

/** The members of `a` that are not members of `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmpty(b) ? a : subtract(a, b, differenceNode);
}
const differenceNode: Combine = (a, b) => nodeOf(isMember(a) && !isMember(b), asSet(subtract(a, b, differenceNode)));

/** The members of `a` that are neither members of `b` nor below one. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmpty(b) ? a : subtract(a, b, recursiveNode);
}
const recursiveNode: Combine = (a, b) => (isMember(b) ? undefined : nodeOf(isMember(a), asSet(subtract(a, b, recursiveNode))));

function subtract(a: FieldSet, b: FieldSet, combine: Combine): FieldSet {
  let result: Record<string, FieldSet> | undefined;
  for (const element in a) {
    const other = element === SELF ? undefined : b[element];
    if (!other) continue;
    const left = combine(a[element]!, other);
    if (left === a[element]) continue;
    result ??= { ...a };
    if (left) result[element] = left;
    else delete result[element];
  }
  return result ?? a;
}

/** The members of both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const element in a) {
    const other = element === SELF ? undefined : b[element];
    const both = other && intersectNode(a[element]!, other);
    if (both) result[element] = both;
  }
  return result;
}
const intersectNode: Combine = (a, b) => nodeOf(isMember(a) && isMember(b), intersection(a, b));

/** The same set: the order of elements does not count. */
export function isSameSet(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every(key => key in b && isSameSet(a[key]!, b[key]!));
}

/** The members as messages show them (`.spec.containers[name="x"].image`), in upstream's order. */
export function pathsOf(set: FieldSet): string[] {
  const paths: string[] = [];
  const visit = (node: FieldSet, prefix: string) => {
    const elements = Object.keys(node)
      .filter(element => element !== SELF)
      .sort();
    for (const element of elements) if (isMember(node[element]!)) paths.push(prefix + elementText(element));
    for (const element of elements) visit(node[element]!, prefix + elementText(element));
  };
  visit(set, '');
  return paths;
}

/** `.replicas`, `[name="x"]`, `[="v"]`: how messages show a path element. */
function elementText(element: string): string {
  const content = element.slice(2);
  if (element.startsWith('f:')) return `.${content}`;
  if (element.startsWith('v:')) return `[=${content}]`;
  if (!element.startsWith('k:')) return `[${content}]`;
  const keys = Object.entries(JSON.parse(content) as Record<string, unknown>);
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}
