import { jsonEqual } from '../equality.ts';
import { isObject, type JsonObject, own } from './json.ts';

/**
 * Applies a JSON Merge Patch (RFC 7386): null removes, objects merge, everything else replaces.
 * Unchanged parts are shared; a patch that changes nothing gives `doc` itself.
 */
export function mergePatch<T>(doc: T, patch: unknown): T {
  return merge(doc, patch) as T;
}

function merge(doc: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return jsonEqual(doc, patch) ? doc : patch;
  const base: JsonObject = isObject(doc) ? doc : {};
  const result: Record<string, unknown> = { ...base };
  let isChanged = base !== doc;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      if (!Object.hasOwn(result, key)) continue;
      delete result[key];
      isChanged = true;
    } else {
      const merged = merge(own(base, key), value);
      if (Object.hasOwn(base, key) && merged === base[key]) continue;
      result[key] = merged;
      isChanged = true;
    }
  }
  return isChanged ? result : doc;
}

/** The merge patch that turns `a` into `b`; `{}` when they are equal. Lists are replaced whole. */
export function createMergePatch(a: unknown, b: unknown): unknown {
  if (!isObject(a) || !isObject(b)) return b;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(a)) if (own(b, key) === undefined) patch[key] = null;
  for (const [key, value] of Object.entries(b)) {
    if (value === undefined || jsonEqual(own(a, key), value)) continue;
    patch[key] = isObject(own(a, key)) ? createMergePatch(a[key], value) : value;
  }
  return patch;
}
