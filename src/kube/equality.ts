/** Whether two JSON values are equal; an absent member equals an undefined one. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a)) return a.length === (b as unknown[]).length && a.every((v, i) => jsonEqual(v, (b as unknown[])[i]));
  const x = a as Record<string, unknown>;
  const y = b as Record<string, unknown>;
  for (const k of Object.keys(x)) if (!jsonEqual(x[k], y[k])) return false;
  for (const k of Object.keys(y)) if (y[k] !== undefined && !(k in x)) return false;
  return true;
}

/** Whether a JSON merge patch would change nothing. */
export function patchChangesNothing(target: unknown, patch: unknown): boolean {
  if (patch === null) return target === undefined;
  if (typeof patch !== 'object' || Array.isArray(patch)) return jsonEqual(target, patch);
  if (typeof target !== 'object' || target === null || Array.isArray(target)) return false;
  return Object.entries(patch).every(
    ([k, v]) => v === undefined || patchChangesNothing((target as Record<string, unknown>)[k], v),
  );
}
