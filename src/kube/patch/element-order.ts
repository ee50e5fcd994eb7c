import { jsonEqual } from '../equality.ts';
import { isObject } from './json.ts';

/** Whether two list elements are the same one: by merge key for objects, by value for scalars. */
export function isSameElement(a: unknown, b: unknown, mergeKey: string | undefined): boolean {
  return mergeKey !== undefined && isObject(a) && isObject(b) ? jsonEqual(a[mergeKey], b[mergeKey]) : jsonEqual(a, b);
}

/**
 * Orders a merged list: elements named in `order` stand in that order; the others keep their live order and are woven in
 * before the first named element that follows them in `liveOrder`.
 *
 * @source apimachinery pkg/util/strategicpatch/patch.go@eed236ceee2c normalizeElementOrder, mergeSortedSlice
 */
export function orderElements(
  merged: readonly unknown[],
  order: readonly unknown[],
  liveOrder: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const position = (list: readonly unknown[], item: unknown) => list.findIndex(other => isSameElement(other, item, mergeKey));
  const byPosition = (list: readonly unknown[], items: unknown[]) =>
    items.map(item => ({ item, at: position(list, item) })).sort((a, b) => (a.at < 0 || b.at < 0 ? 0 : a.at - b.at));

  const named = byPosition(
    order,
    merged.filter(item => position(order, item) >= 0),
  ).map(({ item }) => ({ item, at: position(liveOrder, item) }));
  const others = byPosition(
    liveOrder,
    merged.filter(item => position(order, item) < 0),
  );

  const result: unknown[] = [];
  let i = 0;
  for (const right of named) {
    while (i < others.length && others[i]!.at >= 0 && right.at >= 0 && others[i]!.at < right.at) result.push(others[i++]!.item);
    result.push(right.item);
  }
  return [...result, ...others.slice(i).map(({ item }) => item)];
}
