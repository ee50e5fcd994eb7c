import type { Schema } from '../../kube/index.ts';
import { isMembers, own } from './unknown-fields.ts';

/**
 * The value with the schema's defaults: missing members, and nulls where null is not allowed, get the default; other such nulls
 * vanish. The same reference where nothing changes; the schema's own default values are never shared.
 * @source apiextensions-apiserver pkg/apiserver/schema/defaulting@1aa2717a552e
 */
export function applyDefaults<T>(schema: Schema, value: T): T {
  return defaulted(schema, value) as T;
}

const isForbiddenNull = (value: unknown, schema: Schema | undefined) =>
  value === null && schema !== undefined && !schema.nullable;

function defaulted(schema: Schema | undefined, value: unknown): unknown {
  if (!schema) return value;
  if (Array.isArray(value)) {
    const items = value.map(item =>
      isForbiddenNull(item, schema.items) && schema.items!.default !== undefined
        ? defaulted(schema.items, structuredClone(schema.items!.default))
        : defaulted(schema.items, item),
    );
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  if (!isMembers(value)) return value;
  const out: Record<string, unknown> = {};
  let changed = false;
  const additional = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  for (const [key, member] of Object.entries(value)) {
    const inner = own(schema.properties, key) ?? additional;
    if (isForbiddenNull(member, inner)) {
      changed = true;
      if (inner!.default !== undefined) out[key] = defaulted(inner, structuredClone(inner!.default));
      continue;
    }
    out[key] = defaulted(inner, member);
    if (out[key] !== member) changed = true;
  }
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    if (inner.default === undefined || Object.hasOwn(value, key)) continue;
    out[key] = defaulted(inner, structuredClone(inner.default));
    changed = true;
  }
  return changed ? out : value;
}
