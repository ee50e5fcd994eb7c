import { jsonEqual } from '../equality.ts';
import type { Schema } from '../schema.ts';
import { isSameElement, orderElements } from './element-order.ts';
import { patchErrors } from './errors.ts';
import { isObject, type JsonObject, own } from './json.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const SET_ORDER = '$setElementOrder/';

type Strategy = { schema: Schema | undefined; strategy: 'merge' | 'replace' | ''; mergeKey: string | undefined };

/**
 * Applies a strategic merge patch: objects merge, lists merge by `x-kubernetes-patch-merge-key` where the schema's
 * `x-kubernetes-patch-strategy` says so and are replaced elsewhere. Understands `$patch`, `$retainKeys`,
 * `$deleteFromPrimitiveList` and `$setElementOrder`. Unknown fields merge as maps and replace as lists.
 *
 * @throws StatusError 400 for malformed directives, 422 for a patch that cannot be merged (missing merge key …)
 * @source apimachinery pkg/util/strategicpatch/patch.go@eed236ceee2c StrategicMergeMapPatch
 */
export function strategicMergePatch<T>(doc: T, patch: unknown, schema: Schema | undefined): T {
  if (!isObject(patch)) throw patchErrors.malformed('a strategic merge patch is an object');
  return mergeMap(isObject(doc) ? doc : {}, patch, schema) as T;
}

function mergeMap(original: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  if (Object.hasOwn(patch, DIRECTIVE)) return wholeMapDirective(patch);
  const result = retainKeys(original, patch);
  const done = new Set([RETAIN_KEYS]);
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(SET_ORDER)) continue;
    const field = key.slice(SET_ORDER.length);
    done.add(key);
    if (mergeOrderedList(result, field, patch, value, strategyOf(schema, field))) done.add(field);
  }
  for (const [key, value] of Object.entries(patch)) if (!done.has(key)) mergeMember(result, key, value, schema);
  return result;
}

function wholeMapDirective(patch: JsonObject): JsonObject {
  const { [DIRECTIVE]: directive, ...rest } = patch;
  if (directive === 'replace') return rest;
  if (directive === 'delete') return {};
  throw patchErrors.strategic(`unknown patch type: ${directive} in map: ${JSON.stringify(patch)}`);
}

/** A copy of `original`, without the members that `$retainKeys` does not name. */
function retainKeys(original: JsonObject, patch: JsonObject): Record<string, unknown> {
  const keys = patch[RETAIN_KEYS];
  if (keys === undefined) return { ...original };
  if (!Array.isArray(keys)) throw patchErrors.badFormat(RETAIN_KEYS);
  const isDirective = (key: string) => key === RETAIN_KEYS || key.startsWith(DELETE_FROM) || key.startsWith(SET_ORDER);
  for (const [key, value] of Object.entries(patch))
    if (value !== null && !isDirective(key) && !keys.includes(key)) throw patchErrors.badFormat(RETAIN_KEYS);
  return Object.fromEntries(Object.entries(original).filter(([key]) => keys.includes(key)));
}

function mergeMember(result: Record<string, unknown>, key: string, value: unknown, schema: Schema | undefined): void {
  if (key.startsWith(DELETE_FROM)) {
    const field = key.slice(DELETE_FROM.length);
    const live = own(result, field);
    if (!Array.isArray(value)) throw patchErrors.badFormat('$deleteFromPrimitiveList');
    if (Array.isArray(live)) result[field] = live.filter(item => !value.some(gone => jsonEqual(gone, item)));
  } else if (value === null) {
    delete result[key];
  } else {
    const live = own(result, key);
    const { schema: member, strategy, mergeKey } = strategyOf(schema, key);
    if (isObject(live) && isObject(value)) result[key] = strategy === 'replace' ? value : mergeMap(live, value, member);
    else if (Array.isArray(live) && Array.isArray(value))
      result[key] = strategy === 'merge' ? mergeList(live, value, member, mergeKey) : value;
    else result[key] = withoutDirectives(value);
  }
}

/** A list whose order the patch dictates. Says whether it dealt with `patch[field]` too. */
function mergeOrderedList(
  result: Record<string, unknown>,
  field: string,
  patch: JsonObject,
  order: unknown,
  how: Strategy,
): boolean {
  if (!Array.isArray(order)) throw patchErrors.badFormat('$setElementOrder list');
  const live = own(result, field);
  const change = own(patch, field);
  if ((live !== undefined && !Array.isArray(live)) || (change !== undefined && !Array.isArray(change))) return false;
  if (change && !isSubsequence(change, order, how.mergeKey)) throw patchErrors.badFormat('$setElementOrder list');
  if (!live && !change) return false;
  const deletions = patch[`${DELETE_FROM}${field}`];
  let merged: unknown[];
  let liveOrder: unknown[] = live ?? [];
  if (!change) merged = live!;
  else if (!live) merged = withoutDirectives(change) as unknown[];
  else if (how.strategy !== 'merge') merged = change;
  else {
    merged = mergeElements(live, change, how.schema, how.mergeKey).merged;
    // Upstream merges in place: elements added by the patch take the places of deleted ones, and count as live there.
    liveOrder = merged.slice(0, live.length);
  }
  if (Array.isArray(deletions)) merged = merged.filter(item => !deletions.some(gone => jsonEqual(gone, item)));
  result[field] = orderElements(merged, order, liveOrder, how.mergeKey);
  return true;
}

/** What the patch sets must appear in the order list, in the same order; deletions need not. */
function isSubsequence(change: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): boolean {
  let at = 0;
  for (const item of change) {
    if (isObject(item) && item[DIRECTIVE] === 'delete') continue;
    while (at < order.length && !isSameElement(order[at], item, mergeKey)) at++;
    if (at++ >= order.length) return false;
  }
  return true;
}

function mergeList(
  live: readonly unknown[],
  change: readonly unknown[],
  items: Schema | undefined,
  mergeKey: string | undefined,
): unknown[] {
  const { merged, base, changes } = mergeElements(live, change, items, mergeKey);
  return orderElements(merged, changes, base, mergeKey);
}

/** The merged list before ordering: `base` is what the patch left of the live list, `changes` what it sets. */
function mergeElements(
  live: readonly unknown[],
  change: readonly unknown[],
  items: Schema | undefined,
  mergeKey: string | undefined,
) {
  const all = [...live, ...change];
  if (!all.every(isObject)) {
    if (all.some(item => typeof item === 'object'))
      throw patchErrors.strategic('lists of lists or of mixed types cannot be merged');
    return { merged: [...new Set(all)], base: live, changes: change };
  }
  if (all.length === 0) return { merged: [], base: live, changes: change };
  if (mergeKey === undefined) throw patchErrors.strategic('cannot merge lists without merge key');
  const { base, changes } = applyElementDirectives(live as JsonObject[], change as JsonObject[], mergeKey);
  const merged = [...base];
  for (const element of changes) {
    const at = merged.findIndex(other => isSameElement(other, element, mergeKey));
    if (at < 0) merged.push(withoutDirectives(element) as JsonObject);
    else merged[at] = mergeMap(merged[at]!, element, items);
  }
  return { merged, base, changes };
}

function applyElementDirectives(live: readonly JsonObject[], change: readonly JsonObject[], mergeKey: string) {
  let base = live;
  let isReplace = false;
  const changes: JsonObject[] = [];
  for (const element of change) {
    const directive = element[DIRECTIVE];
    if (directive === 'replace') {
      isReplace = true;
      continue;
    }
    if (directive === 'merge') throw patchErrors.strategic('merging lists cannot yet be specified in the patch');
    if (directive !== undefined && directive !== 'delete')
      throw patchErrors.strategic(`unknown patch type: ${directive} in map: ${JSON.stringify(element)}`);
    if (element[mergeKey] === undefined)
      throw patchErrors.strategic(`map: ${JSON.stringify(element)} does not contain declared merge key: ${mergeKey}`);
    if (directive === 'delete') base = base.filter(other => !isSameElement(other, element, mergeKey));
    else changes.push(element);
  }
  return isReplace ? { base: changes, changes: [] } : { base, changes };
}

/** A value that is new to the document: nulls and directives in it have nothing to act on. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    const isDirective = (item: unknown) => isObject(item) && (item[DIRECTIVE] === 'delete' || item[DIRECTIVE] === 'replace');
    return value.filter(item => !isDirective(item)).map(withoutDirectives);
  }
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(
    ([key, member]) =>
      member !== null && key !== DIRECTIVE && key !== RETAIN_KEYS && !key.startsWith(DELETE_FROM) && !key.startsWith(SET_ORDER),
  );
  return value[DIRECTIVE] === 'delete' ? {} : Object.fromEntries(kept.map(([key, member]) => [key, withoutDirectives(member)]));
}

function strategyOf(schema: Schema | undefined, field: string): Strategy {
  const extra = schema?.additionalProperties;
  const named = schema?.properties && (own(schema.properties, field) as Schema | undefined);
  const member = named ?? (typeof extra === 'object' ? extra : undefined);
  // OpenAPI v3 cannot put keys beside a $ref, so upstream wraps it in an allOf of one.
  const node = member?.allOf?.length === 1 ? { ...member.allOf[0], ...member } : member;
  const strategies = node?.['x-kubernetes-patch-strategy']?.split(',') ?? [];
  const strategy = strategies.includes('merge') ? 'merge' : strategies.includes('replace') ? 'replace' : '';
  const items = node?.items?.allOf?.length === 1 ? { ...node.items.allOf[0], ...node.items } : node?.items;
  return { schema: items ?? node, strategy, mergeKey: node?.['x-kubernetes-patch-merge-key'] };
}
