import type { FieldError } from '../../../kube/index.ts';
import { fieldErrors } from '../errors.ts';
import { additionalOf, isSchema, itemsOf, junctorsOf, propertiesOf, type RawSchema } from './node.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
/** Parts of OpenAPI that no schema of a definition may use. */
const NOT_SUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'];
const META_FIELDS = ['apiVersion', 'kind', 'metadata'];

type Place = { isRoot: boolean; insideMeta: boolean; noDefaults?: string };

/**
 * What a schema may say in a definition.
 * @source apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go ValidateCustomResourceDefinitionOpenAPISchema@1aa2717a552e
 */
export function validateSchemaRules(
  schema: RawSchema,
  path: string,
  place: Place = { isRoot: true, insideMeta: false },
): FieldError[] {
  const inner: Place = { ...place, isRoot: false };
  const errors = [...keywords(schema, path, place), ...additional(schema, path, inner)];
  for (const [name, property] of propertiesOf(schema))
    errors.push(...validateSchemaRules(property, `${path}.properties[${name}]`, placeOf(name, schema, place)));
  for (const { at, schema: part } of junctorsOf(schema)) errors.push(...validateSchemaRules(part, `${path}.${at}`, inner));
  const items = itemsOf(schema);
  if (items) errors.push(...validateSchemaRules(items, `${path}.items`, inner));
  return [...errors, ...mapType(schema, path), ...listType(schema, path), ...rules(schema, path)];
}

function placeOf(name: string, schema: RawSchema, place: Place): Place {
  const inner: Place = { ...place, isRoot: false };
  if (!META_FIELDS.includes(name) || !(place.isRoot || schema['x-kubernetes-embedded-resource'])) return inner;
  return { ...inner, insideMeta: true, ...(place.isRoot ? { noDefaults: `in top-level ${name}` } : {}) };
}

function keywords(schema: RawSchema, path: string, place: Place): FieldError[] {
  const errors: FieldError[] = [];
  const forbid = (key: string, detail: string) => errors.push(fieldErrors.forbidden(`${path}.${key}`, detail));
  if (schema.type && !TYPES.includes(schema.type)) errors.push(fieldErrors.notSupported(`${path}.type`, schema.type, TYPES));
  if (schema.default !== undefined && place.noDefaults) forbid('default', `must not be set ${place.noDefaults}`);
  for (const key of NOT_SUPPORTED) if (schema[key] !== undefined && schema[key] !== '') forbid(key, `${key} is not supported`);
  if ((schema.type as string) === 'null') forbid('type', 'type cannot be set to null, use nullable as an alternative');
  if (Array.isArray(schema.items)) forbid('items', 'items must be a schema object and not an array');
  if (place.insideMeta && schema['x-kubernetes-embedded-resource']) {
    forbid('x-kubernetes-embedded-resource', 'must not be used inside of resource meta');
  }
  if (schema.uniqueItems)
    forbid('uniqueItems', 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic');
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(fieldErrors.invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  }
  return errors;
}

function additional(schema: RawSchema, path: string, inner: Place): FieldError[] {
  if (schema.additionalProperties === undefined) return [];
  const field = `${path}.additionalProperties`;
  const errors: FieldError[] = [];
  if (propertiesOf(schema).length > 0 && schema.additionalProperties !== true) {
    errors.push(fieldErrors.forbidden(field, 'additionalProperties and properties are mutual exclusive'));
  }
  const values = additionalOf(schema);
  const noDefaults = inner.insideMeta ? { noDefaults: 'inside additionalProperties applying to object metadata' } : {};
  return values ? [...errors, ...validateSchemaRules(values, field, { ...inner, ...noDefaults })] : errors;
}

function ofType(schema: RawSchema, path: string, type: string, key: string): FieldError[] {
  if (schema[key] === undefined || schema.type === type) return [];
  const detail = `must be ${type} if ${key} is specified`;
  return [schema.type ? fieldErrors.invalid(`${path}.type`, schema.type, detail) : fieldErrors.required(`${path}.type`, detail)];
}

function mapType(schema: RawSchema, path: string): FieldError[] {
  const key = 'x-kubernetes-map-type';
  const supported = ['atomic', 'granular'];
  const errors = ofType(schema, path, 'object', key);
  if (schema[key] && !supported.includes(schema[key]))
    errors.push(fieldErrors.notSupported(`${path}.${key}`, schema[key], supported));
  return errors;
}

function listType(schema: RawSchema, path: string): FieldError[] {
  const key = 'x-kubernetes-list-type';
  const supported = ['atomic', 'set', 'map'];
  const type = schema[key];
  const items = itemsOf(schema);
  const errors = ofType(schema, path, 'array', key);
  if (errors.length === 0 && type === 'set' && items) errors.push(...setItems(items, `${path}.items`));
  if (type && !supported.includes(type)) errors.push(fieldErrors.notSupported(`${path}.${key}`, type, supported));
  if ((schema['x-kubernetes-list-map-keys'] ?? []).length > 0 && type !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(type ? fieldErrors.invalid(`${path}.${key}`, type, detail) : fieldErrors.required(`${path}.${key}`, detail));
  }
  if (type === 'map') errors.push(...mapItems(schema, path));
  if ((type === 'map' || type === 'set') && items?.nullable) {
    errors.push(fieldErrors.forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${type}`));
  }
  return errors;
}

function setItems(items: RawSchema, path: string): FieldError[] {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items['x-kubernetes-list-type'];
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic') {
    return [fieldErrors.invalid(`${path}.x-kubernetes-list-type`, listType, detail)];
  }
  if (items.type !== 'object' || items['x-kubernetes-map-type'] === 'atomic') return [];
  // Upstream shows the list type here, which is absent.
  return [fieldErrors.invalid(`${path}.x-kubernetes-map-type`, listType ?? null, detail)];
}

function mapItems(schema: RawSchema, path: string): FieldError[] {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const items = itemsOf(schema);
  const errors: FieldError[] = [];
  const keysField = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) errors.push(fieldErrors.required(keysField, 'must not be empty if x-kubernetes-list-type is map'));
  if (schema.items === undefined)
    errors.push(fieldErrors.required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'));
  if (!items) return errors;
  if (items.type !== 'object') {
    errors.push(
      fieldErrors.invalid(
        `${path}.items.type`,
        items.type ?? '',
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    );
    return errors;
  }
  for (const [i, key] of keys.entries()) {
    const property = items.properties?.[key];
    const at = `${path}.items.properties[${key}]`;
    if (!isSchema(property)) errors.push(fieldErrors.invalid(keysField, keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object') {
      errors.push(
        fieldErrors.invalid(`${at}.type`, items.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"),
      );
    }
    if (keys.indexOf(key) !== i) errors.push(fieldErrors.invalid(keysField, keys, 'must not contain duplicate entries'));
    if (property && !items.required?.includes(key) && property.default === undefined) {
      const detail = 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
      errors.push(fieldErrors.required(`${at}.default`, detail));
    }
    if (property?.nullable) {
      errors.push(
        fieldErrors.forbidden(`${at}.nullable`, 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'),
      );
    }
  }
  return errors;
}

/** The text around CEL rules; the rules themselves are compiled elsewhere. */
function rules(schema: RawSchema, path: string): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, i) => {
    const at = `${path}.x-kubernetes-validations[${i}]`;
    const errors: FieldError[] = [];
    const isBlank = (text: string | undefined) => text !== undefined && text !== '' && text.trim() === '';
    const hasBreak = (text: string | undefined) => /[\n\r]/.test(text ?? '');
    const message = rule.message?.trim() ?? '';
    if (!rule.rule?.trim()) errors.push(fieldErrors.required(`${at}.rule`, 'rule is not specified'));
    else if (isBlank(rule.message))
      errors.push(fieldErrors.invalid(`${at}.message`, rule.message, 'must be non-empty if specified'));
    else if (hasBreak(message)) errors.push(fieldErrors.invalid(`${at}.message`, rule.message, 'must not contain line breaks'));
    else if (hasBreak(rule.rule.trim()) && !message) {
      errors.push(fieldErrors.required(`${at}.message`, 'message must be specified if rule contains line breaks'));
    }
    if (isBlank(rule.messageExpression)) {
      errors.push(fieldErrors.required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'));
    }
    if (rule.reason !== undefined && !REASONS.includes(rule.reason))
      errors.push(fieldErrors.notSupported(`${at}.reason`, rule.reason, REASONS));
    if (isBlank(rule.fieldPath))
      errors.push(fieldErrors.invalid(`${at}.fieldPath`, rule.fieldPath, 'must be non-empty if specified'));
    if (hasBreak(rule.fieldPath))
      errors.push(fieldErrors.invalid(`${at}.fieldPath`, rule.fieldPath, 'must not contain line breaks'));
    return errors;
  });
}
