import type { Schema } from '../../kube/index.ts';

const known = new WeakMap<Schema, boolean>();
const search = (schema: Schema): boolean => {
  if (schema['x-kubernetes-validations']?.length) return true;
  const { additionalProperties, items, properties } = schema;
  if (items && hasRules(items)) return true;
  if (typeof additionalProperties === 'object' && hasRules(additionalProperties)) return true;
  return Object.values(properties ?? {}).some(hasRules);
};
/** Whether a schema has CEL rules anywhere; looked up once for each node. */
export function hasRules(schema: Schema): boolean {
  let found = known.get(schema);
  if (found === undefined) {
    // A built-in schema may contain itself, and has no rules.
    known.set(schema, false);
    known.set(schema, (found = search(schema)));
  }
  return found;
}
