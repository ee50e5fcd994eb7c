import type { Schema } from '../../kube/index.ts';
import { schemaNamed } from './builtin.ts';

type Members = Record<string, unknown>;
/** Whether a value is a JSON object. */
export function isMembers(value: unknown): value is Members {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Fields that every embedded object has without its schema saying so. */
export const TYPE_META: Readonly<Record<string, Schema>> = { apiVersion: { type: 'string' }, kind: { type: 'string' } };

/** The schema of one member of an object, or undefined when the schema does not name it. */
export function memberSchema(schema: Schema, key: string): Schema | undefined {
  const property = own(schema.properties, key);
  if (schema['x-kubernetes-embedded-resource']) {
    if (Object.hasOwn(TYPE_META, key)) return property ?? TYPE_META[key];
    if (key === 'metadata') return schemaNamed('meta.v1.ObjectMeta');
  }
  if (property) return property;
  if (schema.additionalProperties === true) return { 'x-kubernetes-preserve-unknown-fields': true };
  return schema.additionalProperties || undefined;
}
/** A member by name, never an inherited one: user's keys may be `constructor`. */
export function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}

/**
 * The fields of a value that its schema does not know, as strict decoding reports them: `unknown field "spec.foo"`,
 * sorted by path. Below `x-kubernetes-preserve-unknown-fields` only what the schema does name is looked into.
 * @source apiextensions-apiserver pkg/apiserver/schema/pruning@1aa2717a552e
 */
export function unknownFields(schema: Schema, value: unknown): string[] {
  const paths: string[] = [];
  collect(schema, value, '', paths);
  return paths.sort().map(path => `unknown field "${path}"`);
}

function collect(schema: Schema, value: unknown, path: string, out: string[]): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) if (schema.items) collect(schema.items, item, `${path}[${i}]`, out);
    return;
  }
  if (!isMembers(value)) return;
  for (const [key, member] of Object.entries(value)) {
    const at = path ? `${path}.${key}` : key;
    const inner = memberSchema(schema, key);
    if (inner) collect(inner, member, at, out);
    else if (!schema['x-kubernetes-preserve-unknown-fields']) out.push(at);
  }
}

/**
 * The value without fields that its schema does not know; the same reference where nothing is dropped.
 * @source apiextensions-apiserver pkg/apiserver/schema/pruning@1aa2717a552e
 */
export function prune<T>(schema: Schema, value: T): T {
  return pruned(schema, value) as T;
}

function pruned(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    if (!schema.items) return value;
    const items = value.map(item => pruned(schema.items!, item));
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  if (!isMembers(value)) return value;
  const out: Members = {};
  let changed = false;
  for (const [key, member] of Object.entries(value)) {
    const inner = memberSchema(schema, key);
    if (inner) out[key] = pruned(inner, member);
    else if (schema['x-kubernetes-preserve-unknown-fields']) out[key] = member;
    if (!(key in out) || out[key] !== member) changed = true;
  }
  return changed ? out : value;
}
