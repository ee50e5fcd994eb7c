import type { Frozen, Obj } from '../../kube/index.ts';

export type Row = Frozen<Obj>;
type Part = Readonly<Record<string, unknown>>;

/** The member at a path, whatever the shape: printers meet objects of every kind. */
export function get(o: unknown, ...path: readonly string[]): unknown {
  let value = o;
  for (const name of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Part)[name];
  }
  return value;
}
export function text(o: unknown, path: readonly string[], otherwise = ''): string {
  const value = get(o, ...path);
  return value === undefined || value === null || value === '' ? otherwise : String(value);
}
export function count(o: unknown, ...path: readonly string[]): number {
  const value = get(o, ...path);
  return typeof value === 'number' ? value : 0;
}
export function list(o: unknown, ...path: readonly string[]): readonly Part[] {
  const value = get(o, ...path);
  return Array.isArray(value) ? (value as Part[]) : [];
}
export function texts(o: unknown, ...path: readonly string[]): readonly string[] {
  const value = get(o, ...path);
  return Array.isArray(value) ? value.map(String) : [];
}
export function map(o: unknown, ...path: readonly string[]): Part {
  const value = get(o, ...path);
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Part) : {};
}
export function condition(o: unknown, type: string): Part | undefined {
  return list(o, 'status', 'conditions').find(c => c['type'] === type);
}
export function isTrue(o: unknown, type: string): boolean {
  return condition(o, type)?.['status'] === 'True';
}
/** `a=b,c=d`, or `<none>`. */
export function labelText(labels: Part): string {
  const pairs = Object.keys(labels)
    .sort()
    .map(key => `${key}=${labels[key]}`);
  return pairs.join(',') || '<none>';
}
/** A LabelSelector as text, `<none>` when empty. */
export function selectorText(selector: unknown): string {
  const terms = Object.entries(map(selector, 'matchLabels'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  for (const e of list(selector, 'matchExpressions')) {
    const values = texts(e, 'values').join(',');
    if (e['operator'] === 'In') terms.push(`${e['key']} in (${values})`);
    else if (e['operator'] === 'NotIn') terms.push(`${e['key']} notin (${values})`);
    else terms.push(e['operator'] === 'Exists' ? `${e['key']}` : `!${e['key']}`);
  }
  return terms.join(',') || '<none>';
}
