import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { type OpenApiResource, openApiV2, openApiV2Protobuf } from './index.ts';

const verbs = ['get', 'list', 'create', 'patch'];
const groupVersions = new Map<string, OpenApiResource[]>([
  ['apps/v1', [{ plural: 'deployments', kind: 'Deployment', namespaced: true, verbs }]],
  [
    'example.com/v1',
    [
      {
        plural: 'foos',
        kind: 'Foo',
        namespaced: true,
        verbs,
        schema: {
          type: 'object',
          properties: {
            port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
            free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'string' } } },
            list: { type: 'array', items: { type: 'string', pattern: 'a+' } },
          },
        },
      },
    ],
  ],
]);

test('says what OpenAPI v2 can say, and lets pass the rest', () => {
  const { definitions } = openApiV2(groupVersions);
  const foo = definitions['com.example.v1.Foo']! as { properties: Record<string, object> };
  assert.deepEqual(foo.properties['port'], {});
  assert.deepEqual(foo.properties['free'], {});
  assert.deepEqual(foo.properties['list'], { type: 'array', items: { type: 'string', pattern: 'a+' } });
  const spec = definitions['io.k8s.api.apps.v1.DeploymentSpec']! as { properties: Record<string, object> };
  assert.deepEqual(spec.properties['strategy'], {
    'x-kubernetes-patch-strategy': 'retainKeys',
    description: 'How old Pods are replaced by new ones.',
    $ref: '#/definitions/io.k8s.api.apps.v1.DeploymentStrategy',
  });
  assert.deepEqual(definitions['io.k8s.apimachinery.pkg.api.resource.Quantity'], { type: 'string' });
  assert.ok(!JSON.stringify(definitions).includes('#/components/'));
});

/** The nested messages (or texts) under a field number. */
function fields(bytes: Uint8Array, number: number): Uint8Array[] {
  const reader = new BinaryReader(bytes);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [no, type] = reader.tag();
    if (no === number && type === 2) found.push(reader.bytes());
    else reader.skip(type);
  }
  return found;
}
const field = (bytes: Uint8Array, ...path: number[]) =>
  path.reduce((inner, number) => fields(inner, number)[0] ?? new Uint8Array(), bytes);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const namedIn = (bytes: Uint8Array, number: number, name: string) =>
  field(fields(bytes, number).find(b => text(field(b, 1)) === name)!, 2);

test('writes the document as gnostic reads it', () => {
  const bytes = openApiV2Protobuf(groupVersions);
  assert.equal(text(field(bytes, 1)), '2.0');
  const item = namedIn(field(bytes, 8), 2, '/apis/apps/v1/namespaces/{namespace}/deployments/{name}');
  const patch = field(item, 8);
  const parameters = fields(patch, 8).map(p => text(field(p, 1, 2, 3, 4)));
  assert.ok(parameters.includes('fieldValidation'));
  assert.deepEqual(JSON.parse(text(field(namedIn(patch, 13, 'x-kubernetes-group-version-kind'), 2))), {
    group: 'apps',
    kind: 'Deployment',
    version: 'v1',
  });
  const podSpec = namedIn(field(bytes, 9), 1, 'io.k8s.api.core.v1.PodSpec');
  assert.deepEqual(fields(podSpec, 19).map(text), ['containers']);
  const containers = namedIn(field(podSpec, 25), 1, 'containers');
  assert.equal(text(field(containers, 22, 1)), 'array');
  assert.equal(text(field(containers, 23, 1, 1)), '#/definitions/io.k8s.api.core.v1.Container');
  assert.equal(JSON.parse(text(field(namedIn(containers, 31, 'x-kubernetes-patch-merge-key'), 2))), 'name');
});
