import type { Schema } from '../../../kube/index.ts';

/** A schema as a definition brings it: it may hold what is not allowed. */
export type RawSchema = Schema & { readonly [key: string]: unknown };

export function isSchema(value: unknown): value is RawSchema {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
/** The single schema of list items; undefined for none or for a list of schemas. */
export function itemsOf(schema: RawSchema): RawSchema | undefined {
  return isSchema(schema.items) ? schema.items : undefined;
}
/** The schema of unnamed members; undefined for none or for a boolean. */
export function additionalOf(schema: RawSchema): RawSchema | undefined {
  return isSchema(schema.additionalProperties) ? schema.additionalProperties : undefined;
}
/** Named members, in the order of their names. */
export function propertiesOf(schema: RawSchema): [string, RawSchema][] {
  const entries = Object.entries(schema.properties ?? {}).filter(([, s]) => isSchema(s)) as [string, RawSchema][];
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}
/** The parts of `not`, `allOf`, `anyOf` and `oneOf`, with where they stand below the schema. */
export function junctorsOf(schema: RawSchema): { junctor: 'not' | 'allOf' | 'anyOf' | 'oneOf'; at: string; schema: RawSchema }[] {
  const parts: { junctor: 'not' | 'allOf' | 'anyOf' | 'oneOf'; at: string; schema: RawSchema }[] = [];
  if (isSchema(schema.not)) parts.push({ junctor: 'not', at: 'not', schema: schema.not });
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [i, part] of (schema[junctor] ?? []).entries())
      if (isSchema(part)) parts.push({ junctor, at: `${junctor}[${i}]`, schema: part });
  }
  return parts;
}
