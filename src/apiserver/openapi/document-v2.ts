import { Components, type DocumentSchema } from './components.ts';
import { groupVersionPath } from './document.ts';
import { encodeGnostic, type GnosticDocument } from './gnostic.ts';
import { addPaths, type OpenApiResource, type Paths } from './paths.ts';

/** OpenAPI v2 has these schemas under simpler types. */
const ONE_OF: Record<string, DocumentSchema> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: 'string' },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: 'string', format: 'int-or-string' },
};
/** What OpenAPI v2 does not know. */
const NOT_IN_V2 = new Set([
  'nullable',
  'oneOf',
  'anyOf',
  'not',
  'allOf',
  'x-kubernetes-int-or-string',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
]);

/**
 * The one OpenAPI v2 document of all group versions, as far as old kubectl reads it: every schema, and of the paths those that are
 * patched, which tell whether the server validates fields.
 */
export function openApiV2(groupVersions: ReadonlyMap<string, readonly OpenApiResource[]>): GnosticDocument {
  const components = new Components();
  const paths: Paths = {};
  for (const [groupVersion, resources] of groupVersions) {
    for (const resource of resources) addPaths(paths, components, `/${groupVersionPath(groupVersion)}`, groupVersion, resource);
  }
  const definitions = Object.fromEntries(
    Object.entries(components.schemas).map(([name, schema]) => [name, ONE_OF[name] ?? toV2(schema)]),
  );
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: 'unversioned' },
    paths: Object.fromEntries(
      Object.entries(paths).flatMap(([path, item]) => (item['patch'] ? [[path, { patch: patchOf(item['patch']) }]] : [])),
    ),
    definitions,
  };
}

/**
 * The same as gnostic's protobuf, for `application/com.github.proto-openapi.spec.v2.v1.0+protobuf`. Takes tens of milliseconds: keep it.
 * @source gnostic-models openapiv2/OpenAPIv2.proto
 */
export function openApiV2Protobuf(groupVersions: ReadonlyMap<string, readonly OpenApiResource[]>): Uint8Array {
  return encodeGnostic(openApiV2(groupVersions));
}

function patchOf(operation: unknown): GnosticDocument['paths'][string]['patch'] {
  const { operationId, parameters, ...rest } = operation as {
    operationId: string;
    parameters: { name: string; schema: { type: string } }[];
    [key: string]: unknown;
  };
  return {
    operationId,
    parameters: parameters.map(p => ({ name: p.name, in: 'query', type: p.schema.type })),
    'x-kubernetes-action': rest['x-kubernetes-action'],
    'x-kubernetes-group-version-kind': rest['x-kubernetes-group-version-kind'],
  };
}

function toV2(schema: DocumentSchema): DocumentSchema {
  const [wrapped] = (schema['allOf'] as DocumentSchema[] | undefined) ?? [];
  if (wrapped && '$ref' in wrapped) {
    const { allOf: _, ...beside } = schema;
    return { ...beside, ...toV2(wrapped) };
  }
  if (typeof schema['$ref'] === 'string') return { $ref: schema['$ref'].replace('#/components/schemas/', '#/definitions/') };
  const out: DocumentSchema = {};
  for (const [key, value] of Object.entries(schema)) if (!NOT_IN_V2.has(key)) out[key] = value;
  // What may be null, or more than it says, is anything there.
  if (schema['nullable'] || schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields']) {
    for (const key of ['type', 'items', 'properties', 'additionalProperties', 'required']) delete out[key];
    return out;
  }
  if (schema['properties']) {
    out['properties'] = Object.fromEntries(
      Object.entries(schema['properties'] as Record<string, DocumentSchema>).map(([k, v]) => [k, toV2(v)]),
    );
  }
  if (schema['items']) out['items'] = toV2(schema['items'] as DocumentSchema);
  if (typeof schema['additionalProperties'] === 'object')
    out['additionalProperties'] = toV2(schema['additionalProperties'] as DocumentSchema);
  return out;
}
