/**
 * Writes the compact tables of facts about built-in kinds: field names, types, list keys, patch strategies, required
 * fields (`schema/generated/definitions.json`) and protobuf field numbers (`protobuf/generated/messages.json`).
 *
 *     node tools/gen-builtin.ts [PROTO_FILE …]
 *
 * Reads `../shared/conformance/apimachinery`; sentences of upstream are never written. The committed tables were made with the
 * `generated.proto` of apiextensions/v1, flowcontrol/v1 and scheduling/v1alpha3 besides, which are not in that folder.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { gunzipSync } from 'node:zlib';
import { type ProtoField, type ProtoMessage, parseProto } from './proto-file.ts';

const DATA = new URL('../../shared/conformance/apimachinery/', import.meta.url);
const OUT = new URL('../src/apiserver/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, DATA));
const rows = (path: string) =>
  read(path)
    .toString()
    .trimEnd()
    .split('\n')
    .slice(1)
    .map(line => line.split('\t'));

/** Short name of a package and its full one, as in OpenAPI definitions. */
const PACKAGES: Record<string, string> = {
  ...Object.fromEntries(
    (
      'core/v1 apps/v1 batch/v1 autoscaling/v1 autoscaling/v2 networking/v1 rbac/v1 authentication/v1 authorization/v1 policy/v1 ' +
      'coordination/v1 discovery/v1 events/v1 admissionregistration/v1 storage/v1 scheduling/v1 certificates/v1 node/v1 flowcontrol/v1 scheduling/v1alpha3'
    )
      .split(' ')
      .map(p => [p.replace('/', '.'), `io.k8s.api.${p.replace('/', '.')}`]),
  ),
  'apiextensions.v1': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
  'apiregistration.v1': 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1',
  'meta.v1': 'io.k8s.apimachinery.pkg.apis.meta.v1',
  resource: 'io.k8s.apimachinery.pkg.api.resource',
  runtime: 'io.k8s.apimachinery.pkg.runtime',
  intstr: 'io.k8s.apimachinery.pkg.util.intstr',
};
const byFullName = Object.entries(PACKAGES).map(([short, full]) => [`${full}.`, `${short}.`] as const);
/** `io.k8s.api.core.v1.Pod` to `core.v1.Pod`; undefined outside the packages that are served. */
function shortName(full: string): string | undefined {
  for (const [long, short] of byFullName)
    if (full.startsWith(long) && !full.slice(long.length).includes('.')) return short + full.slice(long.length);
  return undefined;
}
/** `k8s.io.api.core.v1.Pod`, as protobuf spells it, to `io.k8s.api.core.v1.Pod`. */
const openApiName = (proto: string) => proto.replace(/^\.?k8s\.io\./, 'io.k8s.').replace('_', '-');
/** `pkg/apis/meta/v1` and `apps/v1`, as the tables of Go facts spell packages, to the short name. */
function packageOfGo(go: string): string {
  if (go === 'pkg/apis/meta/v1') return 'meta.v1';
  if (go === 'pkg/apis/apiextensions/v1') return 'apiextensions.v1';
  if (go === 'pkg/runtime') return 'runtime';
  if (go === 'pkg/util/intstr') return 'intstr';
  return go.replace('/', '.');
}

type Swagger = {
  type?: string;
  format?: string;
  $ref?: string;
  items?: Swagger;
  additionalProperties?: Swagger;
  properties?: Record<string, Swagger>;
  required?: string[];
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
};
type Definition = { fields?: Record<string, string>; required?: string[]; type?: string; atomic?: true };

/** A type in the table's own notation; see `src/apiserver/schema/notation.ts`. */
function notate(s: Swagger): string {
  if (s.$ref) return shortName(s.$ref.split('/').at(-1)!) ?? 'any';
  if (s.type === 'array') return `[]${notate(s.items!)}`;
  if (s.type === 'object') return s.additionalProperties ? `{}${notate(s.additionalProperties)}` : 'object';
  if (s.format && s.type) return s.type === 'string' ? s.format : s.type === 'number' ? 'number' : s.format;
  return s.type ?? 'any';
}
function attributes(s: Swagger): string {
  const out: string[] = [];
  const keys = s['x-kubernetes-list-map-keys'];
  if (s['x-kubernetes-list-type']) out.push(`list=${s['x-kubernetes-list-type']}${keys ? `:${keys.join(',')}` : ''}`);
  if (s['x-kubernetes-map-type'] === 'atomic') out.push('atomic');
  if (s['x-kubernetes-patch-strategy']) out.push(`patch=${s['x-kubernetes-patch-strategy']}`);
  if (s['x-kubernetes-patch-merge-key']) out.push(`key=${s['x-kubernetes-patch-merge-key']}`);
  return out.map(a => ` ${a}`).join('');
}

// ---- facts about Go fields
const pointers = new Set(
  rows('roundtrip/pointer-fields.tsv').map(([pkg, type, field]) => `${packageOfGo(pkg!)}.${type}.${field}`),
);
// What the table does not cover. @source apiextensions-apiserver pkg/apis/apiextensions/v1/types*.go@1aa2717a552e, api scheduling/v1alpha3/types.go
const MORE_POINTERS: Record<string, string> = {
  'apiextensions.v1.CustomResourceDefinitionSpec': 'conversion',
  'apiextensions.v1.CustomResourceConversion': 'webhook',
  'apiextensions.v1.WebhookConversion': 'clientConfig',
  'apiextensions.v1.WebhookClientConfig': 'url service',
  'apiextensions.v1.ServiceReference': 'path port',
  'apiextensions.v1.CustomResourceDefinitionVersion': 'deprecationWarning schema subresources',
  'apiextensions.v1.CustomResourceValidation': 'openAPIV3Schema',
  'apiextensions.v1.CustomResourceSubresources': 'status scale',
  'apiextensions.v1.CustomResourceSubresourceScale': 'labelSelectorPath',
  'apiextensions.v1.JSONSchemaProps':
    '$ref default maximum minimum maxLength minLength maxItems minItems multipleOf maxProperties minProperties items not ' +
    'additionalProperties additionalItems externalDocs example x-kubernetes-preserve-unknown-fields x-kubernetes-list-type x-kubernetes-map-type',
  'apiextensions.v1.ValidationRule': 'reason optionalOldSelf',
  'scheduling.v1alpha3.WorkloadPodGroupDisruptionMode': 'single all',
  'scheduling.v1alpha3.WorkloadPodGroupSchedulingPolicy': 'basic gang',
  'scheduling.v1alpha3.WorkloadPodGroupResourceClaim': 'resourceClaimName resourceClaimTemplateName',
};
for (const [type, fields] of Object.entries(MORE_POINTERS)) for (const f of fields.split(' ')) pointers.add(`${type}.${f}`);
const jsonNames = new Map(
  rows('roundtrip/protobuf-json-names.tsv').map(([pkg, type, field, json]) => [`${packageOfGo(pkg!)}.${type}.${field}`, json!]),
);

// ---- protobuf messages
function protoFiles(): string[] {
  const root = new URL('proto/', DATA);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(f => f.endsWith('.proto'));
  return [...files.map(f => readFileSync(new URL(f, root), 'utf8')), ...argv.slice(2).map(f => readFileSync(f, 'utf8'))];
}
const messages = new Map<string, ProtoMessage>();
for (const file of protoFiles()) {
  const parsed = parseProto(file);
  for (const message of parsed.messages) {
    const name = shortName(openApiName(`${parsed.package}.${message.name}`));
    if (name) messages.set(name, message);
  }
}
const isScalar = (type: string) => /^(string|bytes|bool|int32|int64|double)$/.test(type);
/** The type of a field in short form: a scalar, or a message's short name; undefined when it is not served. */
function fieldType(type: string, scope: string): string | undefined {
  if (isScalar(type)) return type;
  if (type.startsWith('.')) return shortName(openApiName(type));
  return `${scope}.${type}`;
}
/** How Go's JSON spells the field, or `(inline)`. Kubernetes' protobuf names are the JSON ones but for the table's. */
const jsonName = (message: string, field: ProtoField) => jsonNames.get(`${message}.${field.name}`) ?? field.name;

// Fields of an embedded struct are pointers in the outer type too.
for (const [name, message] of messages) {
  for (const field of message.fields.filter(f => jsonName(name, f) === '(inline)')) {
    const inner = fieldType(field.type, name.slice(0, name.lastIndexOf('.')));
    for (const pointer of [...pointers])
      if (pointer.startsWith(`${inner}.`)) pointers.add(`${name}${pointer.slice(inner!.length)}`);
  }
}

function messageLine(name: string, message: ProtoMessage): string {
  const scope = name.slice(0, name.lastIndexOf('.'));
  const parts: string[] = [];
  for (const field of message.fields) {
    const type = fieldType(field.type, scope);
    if (!type) continue;
    const json = jsonName(name, field);
    const shape = field.map ? '{}' : field.repeated ? '[]' : '';
    const pointer = pointers.has(`${name}.${json}`) ? '*' : '';
    parts.push(`${field.number} ${json === '(inline)' ? '^' : json} ${shape}${type}${pointer}`);
  }
  return parts.join(';');
}

// ---- OpenAPI definitions
const swagger = JSON.parse(gunzipSync(read('openapi/swagger.json.gz')).toString()) as { definitions: Record<string, Swagger> };
const definitions: Record<string, Definition> = {};
const kinds: Record<string, string> = {};
for (const [full, schema] of Object.entries(swagger.definitions)) {
  const name = shortName(full);
  if (!name) continue;
  const definition: Definition = {};
  if (schema.properties) {
    definition.fields = Object.fromEntries(
      Object.entries(schema.properties).map(([field, s]) => [
        field,
        notate(s) + (pointers.has(`${name}.${field}`) ? '*' : '') + attributes(s),
      ]),
    );
  } else definition.type = notate(schema);
  if (schema.required?.length) definition.required = schema.required;
  if (schema['x-kubernetes-map-type'] === 'atomic') definition.atomic = true;
  definitions[name] = definition;
  const gvks = schema['x-kubernetes-group-version-kind'] ?? [];
  // Options kinds are registered in every group; they are named by their own group alone.
  const own = gvks.length > 1 ? gvks.filter(g => g.group === '' && g.version === 'v1') : gvks;
  for (const g of own) kinds[g.group ? `${g.group}/${g.version}/${g.kind}` : `${g.version}/${g.kind}`] = name;
}

// ---- what the newer protobuf files know and the OpenAPI document does not yet
const scalarNotation: Record<string, string> = {
  string: 'string',
  bytes: 'byte',
  bool: 'boolean',
  int32: 'int32',
  int64: 'int64',
  double: 'number',
};
const mergeKeys = new Map(
  rows('strategicpatch/patch-merge-keys.tsv').map(([file, type, field, patch, key]) => [
    `${packageOfGo(file!.replace(/\/[^/]*$/, ''))}.${type}.${field}`,
    { patch, key },
  ]),
);
function notateProto(name: string, field: ProtoField): string | undefined {
  const type = fieldType(field.type, name.slice(0, name.lastIndexOf('.')));
  if (!type) return 'any';
  if (!scalarNotation[type] && !definitions[type]) defineFromProto(type);
  const merge = mergeKeys.get(`${name}.${jsonName(name, field)}`);
  const shape = field.map ? '{}' : field.repeated ? '[]' : '';
  const pointer = pointers.has(`${name}.${jsonName(name, field)}`) ? '*' : '';
  return `${shape}${scalarNotation[type] ?? type}${pointer}${merge?.patch ? ` patch=${merge.patch}` : ''}${merge?.key ? ` key=${merge.key}` : ''}`;
}
function fieldsFromProto(name: string): Record<string, string> {
  const fields: Record<string, string> = {};
  const message = messages.get(name);
  for (const field of message?.fields ?? []) {
    const json = jsonName(name, field);
    if (json === '(inline)') Object.assign(fields, fieldsFromProto(fieldType(field.type, name.slice(0, name.lastIndexOf('.')))!));
    else if (json !== '-') fields[json] = notateProto(name, field)!;
  }
  return fields;
}
function defineFromProto(name: string): void {
  definitions[name] = {};
  definitions[name] = { fields: fieldsFromProto(name) };
}
for (const [name, definition] of Object.entries(definitions)) {
  if (!definition.fields || !messages.has(name)) continue;
  for (const [field, notation] of Object.entries(fieldsFromProto(name))) definition.fields[field] ??= notation;
}
// Options and reviews that have no OpenAPI definition of their own.
for (const [kind, name] of Object.entries({
  'v1/CreateOptions': 'meta.v1.CreateOptions',
  'v1/UpdateOptions': 'meta.v1.UpdateOptions',
  'v1/PatchOptions': 'meta.v1.PatchOptions',
  'v1/GetOptions': 'meta.v1.GetOptions',
  'v1/ListOptions': 'meta.v1.ListOptions',
  'v1/PodLogOptions': 'core.v1.PodLogOptions',
  'v1/PodExecOptions': 'core.v1.PodExecOptions',
  'v1/PodAttachOptions': 'core.v1.PodAttachOptions',
  'v1/PodPortForwardOptions': 'core.v1.PodPortForwardOptions',
  'v1/PodProxyOptions': 'core.v1.PodProxyOptions',
  'v1/ServiceProxyOptions': 'core.v1.ServiceProxyOptions',
  'v1/NodeProxyOptions': 'core.v1.NodeProxyOptions',
  'v1/SerializedReference': 'core.v1.SerializedReference',
  'v1/RangeAllocation': 'core.v1.RangeAllocation',
})) {
  if (!definitions[name]) defineFromProto(name);
  const fields = definitions[name]!.fields!;
  fields['apiVersion'] ??= 'string';
  fields['kind'] ??= 'string';
  kinds[kind] ??= name;
}
// Named lists (`extra` values) are plain lists in JSON, wrapped in a message in protobuf.
for (const [name, { fields }] of Object.entries(definitions)) {
  if (fields && Object.keys(fields).join() === 'items' && fields['items'] === '[]string')
    definitions[name] = { type: fields['items']! };
}
// Kinds that only the newer protobuf files know.
const groups = new Map(
  Object.entries(kinds).map(([gvk, name]) => [name.slice(0, name.lastIndexOf('.')), gvk.slice(0, gvk.lastIndexOf('/'))]),
);
for (const [name, message] of messages) {
  const group = groups.get(name.slice(0, name.lastIndexOf('.')));
  const isKind =
    message.fields.some(f => f.name === 'metadata' && f.type.endsWith('.ObjectMeta')) && !/(Template|TemplateSpec)$/.test(name);
  if (!group || !isKind || definitions[name]) continue;
  defineFromProto(name);
  definitions[name]!.fields = { apiVersion: 'string', kind: 'string', ...definitions[name]!.fields };
  kinds[`${group}/${name.split('.').at(-1)}`] = name;
}
// Port keys have a default, without which two entries of one port cannot be told apart.
for (const [name, field] of [
  ['core.v1.ContainerPort', 'protocol'],
  ['core.v1.ServicePort', 'protocol'],
] as const)
  definitions[name]!.fields![field] += ' default=TCP';

const lines = (table: Record<string, unknown>) =>
  Object.keys(table)
    .sort()
    .map(k => `${JSON.stringify(k)}:${JSON.stringify(table[k])}`)
    .join(',\n');
writeFileSync(
  new URL('schema/generated/definitions.json', OUT),
  `{"packages":${JSON.stringify(PACKAGES)},\n"kinds":{\n${lines(kinds)}},\n"definitions":{\n${lines(definitions)}}}\n`,
);
const wire = Object.fromEntries([...messages].map(([name, message]) => [name, messageLine(name, message)]));
writeFileSync(new URL('protobuf/generated/messages.json', OUT), `{\n${lines(wire)}}\n`);
