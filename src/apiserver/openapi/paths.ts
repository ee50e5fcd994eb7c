import { type Gvk, parseGvk, type Schema } from '../../kube/index.ts';
import { type Components, type DocumentSchema, gvkExtension } from './components.ts';

/** A served resource, as the documents need it. */
export type OpenApiResource = {
  plural: string;
  kind: string;
  namespaced: boolean;
  /** `get list watch create update patch delete deletecollection`. */
  verbs: readonly string[];
  subresources?: readonly { name: string; gvk: Gvk; verbs: readonly string[] }[];
  /** For custom resources: the schema of the version. Built-in kinds have theirs from the table. */
  schema?: Schema;
};
export type Paths = Record<string, Record<string, unknown>>;

type Parameter = { name: string; in: 'query' | 'path'; required?: true; schema: DocumentSchema };
const query = (name: string, type: string): Parameter => ({ name, in: 'query', schema: { type, uniqueItems: true } });
const inPath = (name: string): Parameter => ({ name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } });

const PRETTY = query('pretty', 'string');
const WRITE = [query('dryRun', 'string'), query('fieldManager', 'string'), query('fieldValidation', 'string')];
const PATCH = [...WRITE, query('force', 'boolean')];
const LIST = [
  query('allowWatchBookmarks', 'boolean'),
  query('continue', 'string'),
  query('fieldSelector', 'string'),
  query('labelSelector', 'string'),
  query('limit', 'integer'),
  query('resourceVersion', 'string'),
  query('resourceVersionMatch', 'string'),
  query('sendInitialEvents', 'boolean'),
  query('timeoutSeconds', 'integer'),
  query('watch', 'boolean'),
];
const DELETE = [
  query('dryRun', 'string'),
  query('gracePeriodSeconds', 'integer'),
  query('orphanDependents', 'boolean'),
  query('propagationPolicy', 'string'),
];
const PATCH_TYPES = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];

/** One operation of a path: its method, Kubernetes' word for it, and what it takes and gives. */
type Operation = {
  method: string;
  action: string;
  verb: string;
  parameters?: Parameter[];
  body?: DocumentSchema;
  bodyTypes?: string[];
  answer: DocumentSchema;
  codes?: number[];
};

/** Adds the paths of one resource. `root` is `/api/v1` or `/apis/group/version`. */
export function addPaths(
  paths: Paths,
  components: Components,
  root: string,
  apiVersion: string,
  resource: OpenApiResource,
): void {
  const gvk: Gvk = `${apiVersion}/${resource.kind}`;
  const object = components.refKind(gvk, resource.schema);
  const list = components.refList(gvk, resource.schema);
  const collection = resource.namespaced ? `${root}/namespaces/{namespace}/${resource.plural}` : `${root}/${resource.plural}`;
  const scope = resource.namespaced ? [inPath('namespace'), PRETTY] : [PRETTY];
  const onItem = [inPath('name'), ...scope];
  const operations = itemOperations(components, object, resource.schema === undefined);
  const collections: Operation[] = [
    { method: 'get', action: 'list', verb: 'list', parameters: LIST, answer: list },
    { method: 'post', action: 'post', verb: 'create', parameters: WRITE, body: object, answer: object, codes: [200, 201, 202] },
    {
      method: 'delete',
      action: 'deletecollection',
      verb: 'deletecollection',
      parameters: [...DELETE, ...LIST],
      answer: status(components),
    },
  ];
  if (resource.namespaced)
    addPath(paths, `${root}/${resource.plural}`, gvk, [PRETTY], pick([collections[0]!], resource.verbs), 'ForAllNamespaces');
  addPath(paths, collection, gvk, scope, pick(collections, resource.verbs));
  addPath(paths, `${collection}/{name}`, gvk, onItem, pick(operations, resource.verbs));
  for (const sub of resource.subresources ?? []) {
    const isSelf = sub.gvk === gvk;
    const subject = isSelf ? object : components.refKind(sub.gvk);
    const all = [
      ...itemOperations(components, subject, resource.schema === undefined),
      {
        method: 'post',
        action: 'post',
        verb: 'create',
        parameters: WRITE,
        body: subject,
        answer: subject,
        codes: [200, 201, 202],
      },
    ];
    addPath(paths, `${collection}/{name}/${sub.name}`, sub.gvk, onItem, pick(all, sub.verbs), titleCase(sub.name));
  }
}

const pick = (operations: Operation[], verbs: readonly string[]) => operations.filter(o => verbs.includes(o.verb));
const titleCase = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const status = (components: Components) => components.refDefinition('meta.v1.Status');

function itemOperations(components: Components, object: DocumentSchema, builtin: boolean): Operation[] {
  const bodyTypes = builtin ? [...PATCH_TYPES, 'application/strategic-merge-patch+json'] : PATCH_TYPES;
  return [
    { method: 'get', action: 'get', verb: 'get', answer: object },
    { method: 'put', action: 'put', verb: 'update', parameters: WRITE, body: object, answer: object, codes: [200, 201] },
    {
      method: 'patch',
      action: 'patch',
      verb: 'patch',
      parameters: PATCH,
      body: components.refDefinition('meta.v1.Patch'),
      bodyTypes,
      answer: object,
      codes: [200, 201],
    },
    {
      method: 'delete',
      action: 'delete',
      verb: 'delete',
      parameters: DELETE,
      body: components.refDefinition('meta.v1.DeleteOptions'),
      answer: status(components),
      codes: [200, 202],
    },
  ];
}

function addPath(paths: Paths, path: string, gvk: Gvk, parameters: Parameter[], operations: Operation[], suffix = ''): void {
  if (operations.length === 0) return;
  const item: Record<string, unknown> = { parameters };
  for (const operation of operations) item[operation.method] = render(operation, path, gvk, suffix);
  paths[path] = item;
}

function render(o: Operation, path: string, gvk: Gvk, suffix: string): unknown {
  const { group, version, kind } = parseGvk(gvk);
  const groupName = titleCase((group.split('.')[0] ?? '') || 'core');
  const scope = path.includes('{namespace}') ? 'Namespaced' : '';
  const content = (types: string[], schema: DocumentSchema) => Object.fromEntries(types.map(t => [t, { schema }]));
  const answer = { description: 'OK', content: content(['application/json', 'application/yaml'], o.answer) };
  return {
    operationId: `${o.action}${groupName}${titleCase(version)}${scope}${kind}${suffix}`,
    tags: [`${groupName.toLowerCase()}_${version}`],
    ...(o.parameters ? { parameters: o.parameters } : {}),
    ...(o.body ? { requestBody: { content: content(o.bodyTypes ?? ['*/*'], o.body) } } : {}),
    responses: { ...Object.fromEntries((o.codes ?? [200]).map(code => [code, answer])), 401: { description: 'Unauthorized' } },
    'x-kubernetes-action': o.action,
    'x-kubernetes-group-version-kind': gvkExtension(gvk),
  };
}
