import { errors, type Obj, type Schema } from '../../kube/index.ts';
import { gvkOfDef, type ResourceDef } from '../registry/resource.ts';
import type { WriteOptions } from '../request/options.ts';
import { applyDefaults, builtinSchema, prune, schemaNamed, unknownFields, validate } from '../schema/index.ts';
import { defaultBuiltin } from '../validation/index.ts';

/** What decoding must know of a resource. */
type Type = Pick<ResourceDef, 'group' | 'version' | 'kind' | 'custom'>;

const META = schemaNamed('meta.v1.ObjectMeta');

export function schemaOf(def: Type): Schema | undefined {
  return def.custom?.schema ?? builtinSchema(gvkOfDef(def));
}

/** In built-in types null means absent. */
function dropNulls<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    for (const item of value) dropNulls(item);
    return value;
  }
  const members = value as Record<string, unknown>;
  for (const [k, v] of Object.entries(members)) {
    if (v === null) delete members[k];
    else dropNulls(v);
  }
  return value;
}

/**
 * The object as the type sees it: unknown fields reported and dropped, defaults filled in. Takes over `o`.
 * @throws StatusError 400 for unknown fields under Strict, and for members of the wrong type in built-in kinds
 */
export function decode(def: Type, o: Obj, fieldValidation: WriteOptions['fieldValidation'], warnings: string[]): Obj {
  dropNulls(o.metadata);
  if (!def.custom) dropNulls(o);
  const schema = schemaOf(def);
  const unknown = schema ? unknownFields(schema, o) : [];
  if (unknown.length > 0) {
    if (fieldValidation === 'Strict') throw strictError(def, unknown);
    if (fieldValidation === 'Warn') warnings.push(...unknown);
    o = { ...prune(schema!, o), apiVersion: o.apiVersion, kind: o.kind };
  }
  if (def.custom) {
    checkTypes(def, META, o.metadata, 'metadata');
    return applyDefaults(schema!, o);
  }
  if (schema) checkTypes(def, schema, o, '');
  return defaultBuiltin(gvkOfDef(def), o);
}

function strictError(def: Type, unknown: readonly string[]): Error {
  const detail = `strict decoding error: ${unknown.join(', ')}`;
  return errors.badRequest(
    def.custom ? detail : `${def.kind} in version "${def.version}" cannot be handled as a ${def.kind}: ${detail}`,
  );
}

function checkTypes(def: Type, schema: Schema, value: unknown, path: string): void {
  const wrong = validate(schema, value).find(e => e.reason === 'FieldValueTypeInvalid');
  if (!wrong) return;
  const [, type, got] = /must be of type ([\w,]+): "(\w+)"/.exec(wrong.message) ?? [];
  const field = path ? `${path}.${wrong.field}` : wrong.field;
  throw errors.badRequest(
    `${def.kind} in version "${def.version}" cannot be handled as a ${def.kind}: json: cannot unmarshal ${got ?? 'value'} into Go struct field ${def.kind}.${field} of type ${type ?? 'another type'}`,
  );
}
