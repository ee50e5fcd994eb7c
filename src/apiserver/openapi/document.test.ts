import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OpenApiResource, openApiHash, openApiRoot, openApiV3 } from './index.ts';

type Json = { [key: string]: Json } & Json[] & string;
const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
const deployments: OpenApiResource = {
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
  verbs: VERBS,
  subresources: [{ name: 'scale', gvk: 'autoscaling/v1/Scale', verbs: ['get', 'update', 'patch'] }],
};
const foos: OpenApiResource = {
  plural: 'foos',
  kind: 'Foo',
  namespaced: false,
  verbs: VERBS,
  schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } },
};
const document = (groupVersion: string, resources: OpenApiResource[]) => openApiV3(groupVersion, resources) as Json;
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

test('every reference of a document leads to a schema of it', () => {
  const doc = document('apps/v1', [deployments]);
  const schemas = doc['components']!['schemas']!;
  const missing: string[] = [];
  JSON.stringify(doc, (key, value) => {
    if (key === '$ref' && !schemas[String(value).split('/').at(-1)!]) missing.push(value);
    return value;
  });
  assert.deepEqual(missing, []);
  assert.ok(Object.keys(schemas).length > 100);
});

test('writes carry the fieldValidation parameter and the kind, so that kubectl leaves validation to the server', () => {
  const doc = document('apps/v1', [deployments]);
  const item = doc['paths']!['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']!;
  assert.ok(item['patch']!['parameters']!.some(p => p['name'] === 'fieldValidation'));
  assert.deepEqual(item['patch']!['x-kubernetes-group-version-kind'], { group: 'apps', kind: 'Deployment', version: 'v1' });
  const scale = doc['paths']!['/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale']!;
  assert.equal(scale['get']!['x-kubernetes-group-version-kind']!['kind'], 'Scale');
  assert.ok(doc['paths']!['/apis/apps/v1/deployments']!['get']);
});

test('a path offers only the verbs that are served', () => {
  const doc = document('apps/v1', [{ ...deployments, verbs: ['get', 'list'], subresources: [] }]);
  const item = doc['paths']!['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']!;
  assert.deepEqual(Object.keys(item), ['parameters', 'get']);
});

test('built-in schemas carry merge keys, list types and the kind', () => {
  const schemas = document('apps/v1', [deployments])['components']!['schemas']!;
  const containers = schemas['io.k8s.api.core.v1.PodSpec']!['properties']!['containers']!;
  assert.equal(containers['x-kubernetes-patch-merge-key'], 'name');
  assert.deepEqual(containers['x-kubernetes-list-map-keys'], ['name']);
  assert.deepEqual(schemas['io.k8s.api.apps.v1.Deployment']!['x-kubernetes-group-version-kind'], [
    { group: 'apps', kind: 'Deployment', version: 'v1' },
  ]);
  const strategy = schemas['io.k8s.api.apps.v1.DeploymentSpec']!['properties']!['strategy']!;
  assert.deepEqual(strategy['allOf'], [ref('io.k8s.api.apps.v1.DeploymentStrategy')]);
  assert.equal(strategy['x-kubernetes-patch-strategy'], 'retainKeys');
});

test('custom kinds are named by their reversed group and know ObjectMeta and their list', () => {
  const doc = document('stable.example.com/v1', [foos]);
  const schemas = doc['components']!['schemas']!;
  const foo = schemas['com.example.stable.v1.Foo']!;
  assert.equal(foo['properties']!['spec']!['properties']!['size']!['type'], 'integer');
  assert.deepEqual(foo['properties']!['metadata']!['allOf'], [ref('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')]);
  assert.deepEqual(schemas['com.example.stable.v1.FooList']!['properties']!['items']!['items'], ref('com.example.stable.v1.Foo'));
  const patch = doc['paths']!['/apis/stable.example.com/v1/foos/{name}']!['patch']!;
  assert.ok(!('application/strategic-merge-patch+json' in patch['requestBody']!['content']!));
});

test('the root points at each group version with a hash that changes with its resources', () => {
  const root = openApiRoot(
    new Map([
      ['v1', []],
      ['apps/v1', [deployments]],
    ]),
  ) as Json;
  assert.deepEqual(Object.keys(root['paths']!), ['api/v1', 'apis/apps/v1']);
  assert.match(root['paths']!['apis/apps/v1']!['serverRelativeURL']!, /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{64}$/);
  assert.notEqual(openApiHash('apps/v1', [deployments]), openApiHash('apps/v1', [{ ...deployments, verbs: ['get'] }]));
});
