/** A JSON object whose members are looked at one by one. */
export type Tree = Record<string, unknown>;
export type FrozenTree = Readonly<Record<string, unknown>>;

export function isTree(value: unknown): value is Tree {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
/** A member that is an object. */
export function sub<T extends FrozenTree>(tree: T | undefined, key: string): T | undefined {
  const value = tree?.[key];
  return isTree(value) ? (value as unknown as T) : undefined;
}
/** The objects of a list member; empty when it is absent. */
export function items<T extends FrozenTree>(tree: T | undefined, key: string): T[] {
  const value = tree?.[key];
  return Array.isArray(value) ? value.filter(isTree).map(v => v as unknown as T) : [];
}
/** A member that is text; empty when it is absent, as in Go. */
export function text(tree: FrozenTree | undefined, key: string): string {
  const value = tree?.[key];
  return typeof value === 'string' ? value : '';
}
/** A member that is a number. */
export function number(tree: FrozenTree | undefined, key: string): number | undefined {
  const value = tree?.[key];
  return typeof value === 'number' ? value : undefined;
}
/** The texts of a list member. */
export function texts(tree: FrozenTree | undefined, key: string): string[] {
  const value = tree?.[key];
  return Array.isArray(value) ? value.filter(v => typeof v === 'string') : [];
}
/** A member that is a map of texts. */
export function textMap(tree: FrozenTree | undefined, key: string): Record<string, string> {
  return (sub(tree, key) ?? {}) as Record<string, string>;
}

/** Sets the members that are absent. The defaults must be fresh values. */
export function fill(tree: Tree | undefined, defaults: Tree): void {
  if (!tree) return;
  for (const [key, value] of Object.entries(defaults)) if (tree[key] === undefined) tree[key] = value;
}
/** A member that is an object, made when absent. */
export function ensure(tree: Tree, key: string): Tree {
  const value = tree[key];
  if (isTree(value)) return value;
  const made: Tree = {};
  tree[key] = made;
  return made;
}
