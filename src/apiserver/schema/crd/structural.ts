import { type FieldError, jsonEqual } from '../../../kube/index.ts';
import { fieldErrors } from '../errors.ts';
import { compilePattern } from '../pattern.ts';
import { additionalOf, itemsOf, junctorsOf, propertiesOf, type RawSchema } from './node.ts';

/** Where a schema stands: at the root, as an item of a list, as a member of an object. */
type Level = 'root' | 'item' | 'field';

const EMPTY_TYPE: Record<Level, string> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};
const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];

/**
 * Whether a schema is structural: the shape of every value is known outside of value validation.
 * @source apiextensions-apiserver pkg/apiserver/schema/validation.go, complete.go@1aa2717a552e
 */
export function validateStructural(schema: RawSchema, path: string): FieldError[] {
  const errors = [
    ...invariants(schema, 'root', path),
    ...junctorsOf(schema).flatMap(p => completeness(p.schema, schema, path, `${path}.${p.at}`)),
  ];
  const line = (e: FieldError) => `${e.field}: ${e.message}`;
  return errors.sort((a, b) => (line(a) < line(b) ? -1 : 1));
}

function invariants(schema: RawSchema, level: Level, path: string): FieldError[] {
  const items = itemsOf(schema);
  const additional = additionalOf(schema);
  const errors: FieldError[] = [];
  if (schema.type === 'array' && schema.items === undefined)
    errors.push(fieldErrors.required(`${path}.items`, 'must be specified'));
  if (items) errors.push(...invariants(items, 'item', `${path}.items`));
  for (const [name, property] of propertiesOf(schema))
    errors.push(...invariants(property, 'field', `${path}.properties[${name}]`));
  if (schema.additionalProperties !== undefined && level === 'root') {
    errors.push(fieldErrors.forbidden(`${path}.additionalProperties`, 'must not be used at the root'));
  }
  if (additional) errors.push(...invariants(additional, 'field', `${path}.additionalProperties`));
  return [
    ...errors,
    ...extensions(schema, path),
    ...valueValidation(schema, path, jsonEqual(schema.anyOf, INT_OR_STRING), jsonEqual(schema.allOf?.[0]?.anyOf, INT_OR_STRING)),
    ...typeRules(schema, level, path),
    ...metadataRules(schema, level, path),
  ];
}

function extensions(schema: RawSchema, path: string): FieldError[] {
  if (!schema['x-kubernetes-int-or-string']) return [];
  const others = ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'].filter(x => schema[x] === true);
  return others.map(x => fieldErrors.invalid(`${path}.${x}`, true, 'must be false if x-kubernetes-int-or-string is true'));
}

function typeRules(schema: RawSchema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const field = `${path}.type`;
  const { type } = schema;
  if (schema['x-kubernetes-embedded-resource']) {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    if (!type) errors.push(fieldErrors.required(field, detail));
    else if (type !== 'object') errors.push(fieldErrors.invalid(field, type, detail));
    if (schema.additionalProperties !== undefined) {
      errors.push(
        fieldErrors.forbidden(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'),
      );
    }
    if (!schema['x-kubernetes-preserve-unknown-fields'] && propertiesOf(schema).length === 0) {
      const needed = 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
      errors.push(fieldErrors.required(`${path}.properties`, needed));
    }
  } else if (!type && !schema['x-kubernetes-int-or-string'] && !schema['x-kubernetes-preserve-unknown-fields']) {
    errors.push(fieldErrors.required(field, EMPTY_TYPE[level]));
  }
  if (level === 'root' && type && type !== 'object') errors.push(fieldErrors.invalid(field, type, 'must be object at the root'));
  return errors;
}

function metadataRules(schema: RawSchema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const isResource = level === 'root' || schema['x-kubernetes-embedded-resource'] === true;
  for (const name of ['apiVersion', 'kind']) {
    const type = schema.properties?.[name]?.type;
    if (isResource && schema.properties?.[name] && type !== 'string') {
      errors.push(fieldErrors.invalid(`${path}.properties[${name}].type`, type ?? '', 'must be string'));
    }
  }
  const metadata = schema.properties?.['metadata'];
  if (!metadata || !isResource) return errors;
  const field = `${path}.properties[metadata]`;
  if (metadata.type !== 'object') errors.push(fieldErrors.invalid(`${field}.type`, metadata.type ?? '', 'must be object'));
  const allowed = Object.keys(metadata.properties ?? {}).every(p => p === 'name' || p === 'generateName');
  const others = Object.keys(metadata).filter(k => !['type', 'properties', 'description', 'default'].includes(k));
  if (level === 'root' && (!allowed || others.length > 0)) {
    const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
    errors.push(fieldErrors.forbidden(field, detail));
  }
  return errors;
}

/** `skipAnyOf` and `skipFirstAllOf` let the two patterns of int-or-string pass. */
function valueValidation(schema: RawSchema, path: string, skipAnyOf: boolean, skipFirstAllOf = false): FieldError[] {
  const errors: FieldError[] = [];
  for (const { junctor, at, schema: part } of junctorsOf(schema)) {
    if (junctor === 'anyOf' && skipAnyOf) continue;
    errors.push(...nested(part, `${path}.${at}`, skipFirstAllOf && at === 'allOf[0]'));
  }
  const pattern = schema.pattern ? compilePattern(schema.pattern) : undefined;
  if (pattern && 'problem' in pattern) {
    errors.push(
      fieldErrors.invalid(`${path}.pattern`, schema.pattern, `must be a valid regular expression, but isn't: ${pattern.problem}`),
    );
  }
  return errors;
}

/** What a schema inside a junctor may not say, and in which words. */
const FORBIDDEN_INSIDE: readonly [string, string][] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

function nested(schema: RawSchema, path: string, skipAnyOf = false): FieldError[] {
  const items = itemsOf(schema);
  const errors = valueValidation(schema, path, skipAnyOf);
  if (items) errors.push(...nested(items, `${path}.items`));
  for (const [name, property] of propertiesOf(schema)) errors.push(...nested(property, `${path}.properties[${name}]`));
  for (const [key, detail] of FORBIDDEN_INSIDE) {
    if (schema[key] !== undefined && schema[key] !== '' && schema[key] !== false)
      errors.push(fieldErrors.forbidden(`${path}.${key}`, detail));
  }
  if (schema.properties?.['metadata']) {
    errors.push(fieldErrors.forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'));
  }
  return errors;
}

/** Whatever value validation names must also be named by the structure. */
function completeness(validation: RawSchema, structure: RawSchema | undefined, path: string, from: string): FieldError[] {
  if (!structure) return [fieldErrors.required(path, `because it is defined in ${from}`)];
  const items = itemsOf(validation);
  const errors = junctorsOf(validation).flatMap(p => completeness(p.schema, structure, path, `${from}.${p.at}`));
  if (items) errors.push(...completeness(items, itemsOf(structure), `${path}.items`, `${from}.items`));
  for (const [name, property] of propertiesOf(validation)) {
    const counterpart = propertiesOf(structure).find(([n]) => n === name)?.[1];
    errors.push(...completeness(property, counterpart, `${path}.properties[${name}]`, `${from}.properties[${name}]`));
  }
  return errors;
}
