import { type Gvk, parseGvk, type Schema } from '../../kube/index.ts';
import { definitionName, definitionOf, kindOfDefinition, type Notation, openApiName, parseNotation } from '../schema/index.ts';
import { describe } from './descriptions.ts';

/** A schema as a document writes it: `$ref`s and vendor extensions beside the usual members. */
export type DocumentSchema = { [key: string]: unknown };

const SCALARS: Record<string, DocumentSchema> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  integer: { type: 'integer' },
  number: { type: 'number', format: 'double' },
  byte: { type: 'string', format: 'byte' },
  'date-time': { type: 'string', format: 'date-time' },
  object: { type: 'object' },
  any: {},
};
/** Definitions whose JSON form is one of several. */
const EITHER: Record<string, DocumentSchema> = {
  'resource.Quantity': { oneOf: [{ type: 'string' }, { type: 'number' }] },
  'intstr.IntOrString': { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
};

/** How a document marks the kind of a schema or an operation. */
export function gvkExtension(gvk: Gvk): { group: string; kind: string; version: string } {
  const { group, kind, version } = parseGvk(gvk);
  return { group, kind, version };
}

/** The schemas of one document, gathered as they are referred to. */
export class Components {
  readonly schemas: Record<string, DocumentSchema> = {};

  /** Refers to a built-in definition by its short name, adding it and all it refers to. */
  refDefinition(name: string): DocumentSchema {
    const full = openApiName(name);
    if (!this.schemas[full]) {
      const schema: DocumentSchema = (this.schemas[full] = {});
      Object.assign(schema, this.#definition(name));
    }
    return { $ref: `#/components/schemas/${full}` };
  }

  /** Refers to a kind: a built-in one, or a custom one by its schema. */
  refKind(gvk: Gvk, schema?: Schema): DocumentSchema {
    const builtin = schema ? undefined : definitionName(gvk);
    if (builtin) return this.refDefinition(builtin);
    const full = customName(gvk);
    this.schemas[full] ??= this.#custom(gvk, schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
    return { $ref: `#/components/schemas/${full}` };
  }

  /** Refers to the list of a kind. */
  refList(gvk: Gvk, schema?: Schema): DocumentSchema {
    const list: Gvk = `${gvk}List`;
    const builtin = schema ? undefined : definitionName(list);
    if (builtin) return this.refDefinition(builtin);
    const full = customName(list);
    this.schemas[full] ??= {
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: SCALARS['string'],
        items: { type: 'array', items: this.refKind(gvk, schema) },
        kind: SCALARS['string'],
        metadata: this.refDefinition('meta.v1.ListMeta'),
      },
      'x-kubernetes-group-version-kind': [gvkExtension(list)],
    };
    return { $ref: `#/components/schemas/${full}` };
  }

  #definition(name: string): DocumentSchema {
    if (EITHER[name]) return EITHER[name];
    const definition = definitionOf(name);
    const gvk = kindOfDefinition(name);
    const schema: DocumentSchema = describe(name) ? { description: describe(name) } : {};
    if (!definition?.fields) return { ...schema, ...this.#notation(parseNotation(definition?.type ?? 'any')) };
    schema['type'] = 'object';
    if (definition.required) schema['required'] = definition.required;
    const properties: Record<string, DocumentSchema> = {};
    for (const [field, notation] of Object.entries(definition.fields)) {
      properties[field] = this.#described(this.#notation(parseNotation(notation)), describe(name, field));
    }
    schema['properties'] = properties;
    if (definition.atomic) schema['x-kubernetes-map-type'] = 'atomic';
    if (gvk) schema['x-kubernetes-group-version-kind'] = [gvkExtension(gvk)];
    return schema;
  }

  #described(schema: DocumentSchema, description: string | undefined): DocumentSchema {
    return description ? beside(schema, { description }) : schema;
  }

  #notation(n: Notation): DocumentSchema {
    const base = SCALARS[n.base] ?? this.refDefinition(n.base);
    const schema = n.shape.reduceRight<DocumentSchema>(
      (inner, shape) => (shape === '[]' ? { type: 'array', items: inner } : { type: 'object', additionalProperties: inner }),
      base,
    );
    return beside(schema, {
      ...(n.list ? { 'x-kubernetes-list-type': n.list } : {}),
      ...(n.listKeys ? { 'x-kubernetes-list-map-keys': n.listKeys } : {}),
      ...(n.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
      ...(n.patchStrategy ? { 'x-kubernetes-patch-strategy': n.patchStrategy } : {}),
      ...(n.patchMergeKey ? { 'x-kubernetes-patch-merge-key': n.patchMergeKey } : {}),
      ...(n.default ? { default: n.default } : {}),
    });
  }

  #custom(gvk: Gvk, schema: Schema): DocumentSchema {
    const own = schema.properties ?? {};
    return {
      ...schema,
      type: 'object',
      properties: {
        ...own,
        apiVersion: this.#described({ type: 'string' }, describe('object', 'apiVersion')),
        kind: this.#described({ type: 'string' }, describe('object', 'kind')),
        metadata: this.#described(this.refDefinition('meta.v1.ObjectMeta'), describe('object', 'metadata')),
      },
      'x-kubernetes-group-version-kind': [gvkExtension(gvk)],
    };
  }
}

/** A `$ref` may have no siblings, so it goes into an `allOf` when something stands beside it. */
function beside(schema: DocumentSchema, extra: DocumentSchema): DocumentSchema {
  if (Object.keys(extra).length === 0) return schema;
  return '$ref' in schema ? { allOf: [schema], ...extra } : { ...schema, ...extra };
}

/** `com.example.stable.v1.CronTab`: how documents name a custom kind. */
function customName(gvk: Gvk): string {
  const { group, version, kind } = parseGvk(gvk);
  return [...group.split('.').reverse(), version, kind].join('.');
}
