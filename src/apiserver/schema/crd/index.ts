import { type FieldError, type Frozen, jsonEqual, type Obj, type Schema } from '../../../kube/index.ts';
import { schemaNamed } from '../builtin.ts';
import { fieldErrors } from '../errors.ts';
import { TYPE_META } from '../unknown-fields.ts';
import { validateDefaultValues } from './default-rules.ts';
import { isSchema, type RawSchema } from './node.ts';
import { validateSchemaRules } from './schema-rules.ts';
import { validateStructural } from './structural.ts';

type Version = { name: string; schema?: { openAPIV3Schema?: unknown }; subresources?: { status?: object } };
type CrdSpec = { versions?: readonly Version[] };

/**
 * The schemas of a definition and where errors place them: upstream hoists a schema that all versions share.
 * @source apiextensions-apiserver pkg/apis/apiextensions/v1/conversion.go@1aa2717a552e
 */
export function schemasOf(crd: Frozen<Obj>): { version: Version; path: string; schema: unknown }[] {
  const versions = ((crd.spec ?? {}) as CrdSpec).versions ?? [];
  const schemas = versions.map(v => v.schema?.openAPIV3Schema);
  const isShared = schemas.every(s => jsonEqual(s, schemas[0]));
  return versions.map((version, i) => ({
    version,
    path: isShared ? 'spec.validation.openAPIV3Schema' : `spec.versions[${i}].schema.openAPIV3Schema`,
    schema: schemas[i],
  }));
}

/**
 * Checks the schemas of a CustomResourceDefinition and gives that of each version, with apiVersion, kind and ObjectMeta filled in,
 * ready for `prune`, `applyDefaults` and `validate`. CEL rules stay in the nodes as they are. With errors the map is empty.
 * @source apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go@1aa2717a552e
 */
export function compileCrd(crd: Frozen<Obj>): { errors: FieldError[]; versions: Map<string, Schema> } {
  const errors: FieldError[] = [];
  const versions = new Map<string, Schema>();
  const reported = new Set<string>();
  for (const { version, path, schema } of schemasOf(crd)) {
    if (!isSchema(schema)) {
      errors.push(fieldErrors.required(path));
      continue;
    }
    // A shared schema is one place: its errors are told once.
    if (!reported.has(path)) errors.push(...validateSchema(schema, path, version.subresources?.status !== undefined));
    reported.add(path);
    versions.set(version.name, wholeObject(schema));
  }
  return errors.length > 0 ? { errors, versions: new Map() } : { errors, versions };
}

function validateSchema(schema: RawSchema, path: string, hasStatus: boolean): FieldError[] {
  const errors = rootRules(schema, path, hasStatus);
  const structural = validateStructural(schema, path);
  // A default can be judged only by a schema that is sound.
  errors.push(...(structural.length > 0 ? structural : validateDefaultValues(schema, path)));
  errors.push(...validateSchemaRules(schema, path));
  return errors;
}

const ROOT_ALLOWED = [
  'Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum', 'MaxLength', 'MinLength',
  'Pattern', 'MaxItems', 'MinItems', 'UniqueItems', 'MultipleOf', 'Required', 'Items', 'Properties', 'ExternalDocs', 'Example',
  'XPreserveUnknownFields', 'XValidations',
]; // biome-ignore format: a list of words

/** With a status subresource the schema of the status is used alone: nothing at the root may speak across it. */
function rootRules(schema: RawSchema, path: string, hasStatus: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (hasStatus) {
    if (schema.type && schema.type !== 'object') {
      const detail = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
      errors.push(fieldErrors.invalid(`${path}.type`, schema.type, detail));
    } else if (Object.keys(schema).some(key => !ROOT_ALLOWED.includes(goName(key)))) {
      const detail = `only [${ROOT_ALLOWED.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`;
      errors.push(fieldErrors.invalid(path, schema, detail));
    }
  }
  if (schema.nullable) errors.push(fieldErrors.forbidden(`${path}.nullable`, 'nullable cannot be true at the root'));
  return errors;
}
/** `x-kubernetes-list-type` as `XListType`. */
function goName(key: string): string {
  const words = key.replace(/^x-kubernetes-/, 'x-').split('-');
  return words.map(w => w.charAt(0).toUpperCase() + w.slice(1)).join('');
}

/** The schema of whole objects: what every object has, beside what the version's schema says. */
function wholeObject(schema: RawSchema): Schema {
  const meta = schemaNamed('meta.v1.ObjectMeta');
  const restricted = schema.properties?.['metadata']?.properties;
  const metadata = restricted ? { ...meta, properties: { ...meta.properties, ...restricted } } : meta;
  return { ...schema, type: 'object', properties: { ...schema.properties, ...TYPE_META, metadata } };
}
