import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { deepFreeze, type Gvk, type Obj, type Schema } from '../../kube/index.ts';
import { applyDefaults, builtinSchema, prune, unknownFields, validate } from './index.ts';

const schema: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        name: { type: 'string', default: 'n' },
        note: { type: 'string', nullable: true, default: 'x' },
        plain: { type: 'string' },
        free: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: { known: { type: 'object', properties: {} } },
        },
        list: { type: 'array', items: { type: 'object', properties: { a: { type: 'integer', default: 1 } } } },
        map: { type: 'object', additionalProperties: { type: 'object', properties: { b: { type: 'string', default: 'b' } } } },
        pod: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object', properties: {} } } },
        box: { type: 'object', default: {}, properties: { c: { type: 'integer', default: 3 } } },
      },
    },
  },
};

test('names the fields that a schema does not know', () => {
  const value = {
    spec: {
      nope: 1,
      constructor: 1,
      free: { any: 1, known: { not: 1 } },
      list: [{ a: 1 }, { z: 1 }],
      map: { 'k.l': { z: 1 } },
      pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', nome: 'q' }, status: {}, spec: {} },
    },
  };
  assert.deepEqual(unknownFields(schema, value), [
    'unknown field "spec.constructor"',
    'unknown field "spec.free.known.not"',
    'unknown field "spec.list[1].z"',
    'unknown field "spec.map.k.l.z"',
    'unknown field "spec.nope"',
    'unknown field "spec.pod.metadata.nome"',
    'unknown field "spec.pod.status"',
  ]);
  const pruned = prune(schema, deepFreeze(structuredClone(value)));
  assert.deepEqual(unknownFields(schema, pruned), []);
  assert.deepEqual(pruned.spec.free as unknown, { any: 1, known: {} });
});

test('gives the same reference where nothing is pruned or defaulted', () => {
  const value = { spec: { name: 'a', note: null, box: { c: 1 }, list: [{ a: 2 }], map: { k: { b: 'c' } } } };
  assert.equal(prune(schema, value), value);
  assert.equal(applyDefaults(schema, value), value);
});

test('fills in defaults, below others too, and treats null as its schema says', () => {
  const value = deepFreeze({ spec: { name: null, note: null, plain: null, list: [{}], map: { k: {} } } });
  assert.deepEqual(applyDefaults(schema, value), {
    spec: { name: 'n', note: null, list: [{ a: 1 }], map: { k: { b: 'b' } }, box: { c: 3 } },
  });
});

test('a default is not shared between objects', () => {
  const [a, b] = [applyDefaults(schema, { spec: {} }), applyDefaults(schema, { spec: {} })] as { spec: { box: object } }[];
  assert.notEqual(a!.spec.box, b!.spec.box);
});

test('knows the lists, keys and patch strategies of built-in kinds', () => {
  const spec = builtinSchema('v1/Pod')!.properties!['spec']!;
  const containers = spec.properties!['containers']!;
  assert.equal(containers['x-kubernetes-list-type'], 'map');
  assert.deepEqual(containers['x-kubernetes-list-map-keys'], ['name']);
  assert.equal(containers['x-kubernetes-patch-merge-key'], 'name');
  assert.equal(spec.properties!['volumes']!['x-kubernetes-patch-strategy'], 'merge,retainKeys');
  assert.equal(containers.items!.properties!['ports']!.items!.properties!['protocol']!.default, 'TCP');
  assert.equal(builtinSchema('apps/v1/Deployment')!.properties!['spec']!.properties!['template']!.properties!['spec'], spec);
  assert.equal(builtinSchema('example.com/v1/Foo'), undefined);
});

test('a schema may contain itself', () => {
  const props = builtinSchema('apiextensions.k8s.io/v1/CustomResourceDefinition')!.properties!['spec']!.properties!['versions']!
    .items!;
  const schemaProps = props.properties!['schema']!.properties!['openAPIV3Schema']!;
  assert.equal(schemaProps.properties!['not'], schemaProps);
});

test('finds typing errors in built-in objects', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', resources: { limits: { cpu: 1, memory: '1Gi' } }, stdin: 'yes' }] },
  };
  assert.deepEqual(
    validate(builtinSchema('v1/Pod')!, pod).map(e => e.field),
    ['spec.containers[0].stdin'],
  );
});

const roundtrip = new URL('../../../../shared/conformance/apimachinery/roundtrip/', import.meta.url);
test('knows every field of every upstream sample of a built-in kind', { skip: !existsSync(roundtrip) }, () => {
  let known = 0;
  for (const file of readdirSync(roundtrip).filter(f => f.endsWith('.json'))) {
    const object = JSON.parse(readFileSync(new URL(file, roundtrip), 'utf8')) as Obj;
    const schema = builtinSchema(`${object.apiVersion}/${object.kind}` as Gvk);
    if (!schema) continue;
    known++;
    assert.deepEqual(unknownFields(schema, object), [], file);
  }
  assert.ok(known >= 66, `${known} kinds`);
});
