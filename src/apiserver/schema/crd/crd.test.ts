import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadAll } from 'js-yaml';
import { deepFreeze, type Frozen, type Obj } from '../../../kube/index.ts';
import { applyDefaults, compileCrd, unknownFields, validate } from '../index.ts';

const crd = (schema: unknown, subresources?: object) =>
  deepFreeze({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'foos.example.com' },
    spec: {
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          ...(subresources ? { subresources } : {}),
        },
      ],
    },
  }) as Frozen<Obj>;
const ROOT = 'spec.validation.openAPIV3Schema';
const lines = (schema: unknown, subresources?: object) =>
  compileCrd(crd(schema, subresources)).errors.map(e => `${e.field.replace(ROOT, '$')}: ${e.message}`);
/** Errors about one property `a`. */
const property = (a: unknown) => lines({ type: 'object', properties: { a } }).map(l => l.replace('$.properties[a]', '@'));

const cases: [string, unknown, string[]][] = [
  ['no type', {}, ['@.type: Required value: must not be empty for specified object fields']],
  [
    'an unknown type',
    { type: 'text' },
    ['@.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"'],
  ],
  ['a list without items', { type: 'array' }, ['@.items: Required value: must be specified']],
  [
    'items without a type',
    { type: 'array', items: {} },
    ['@.items.type: Required value: must not be empty for specified array items'],
  ],
  [
    'a type inside anyOf',
    { type: 'object', anyOf: [{ type: 'object' }] },
    ['@.anyOf[0].type: Forbidden: must be empty to be structural'],
  ],
  [
    'int-or-string in its usual form',
    { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    [],
  ],
  ['a bad pattern', { type: 'string', pattern: '(' }, ['@.pattern']],
  ['a $ref', { type: 'object', $ref: '#/x' }, ['@.$ref: Forbidden: $ref is not supported']],
  [
    'uniqueItems',
    { type: 'array', items: { type: 'string' }, uniqueItems: true },
    ['@.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic'],
  ],
  [
    'named and unnamed properties',
    { type: 'object', properties: { b: { type: 'string' } }, additionalProperties: { type: 'string' } },
    ['@.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive'],
  ],
  [
    'a map type on text',
    { type: 'string', 'x-kubernetes-map-type': 'atomic' },
    ['@.type: Invalid value: "string": must be object if x-kubernetes-map-type is specified'],
  ],
  [
    'an unknown list type',
    { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'bag' },
    ['@.x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"'],
  ],
  [
    'a map list without keys',
    { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map' },
    ['@.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map'],
  ],
  [
    'a key that may be absent',
    {
      type: 'array',
      items: { type: 'object', properties: { k: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
    },
    [
      '@.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
    ],
  ],
  [
    'a key that is no property',
    { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] },
    ['@.x-kubernetes-list-map-keys: Invalid value: ["k"]: entries must all be names of item properties'],
  ],
  [
    'a default of another type',
    { type: 'integer', default: 'x' },
    ['@.default: Invalid value: "string":  in body must be of type integer: "string"'],
  ],
  [
    'a default with unknown fields',
    { type: 'object', properties: {}, default: { b: 1 } },
    ['@.default: Invalid value: {"b":1}: must not have unknown fields'],
  ],
  [
    'preserve-unknown-fields false',
    { type: 'object', 'x-kubernetes-preserve-unknown-fields': false },
    ['@.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined'],
  ],
  [
    'an empty embedded resource',
    { type: 'object', 'x-kubernetes-embedded-resource': true },
    [
      '@.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    ],
  ],
  [
    'a rule over two lines without a message',
    { type: 'string', 'x-kubernetes-validations': [{ rule: 'self\n== "a"' }] },
    ['@.x-kubernetes-validations[0].message: Required value: message must be specified if rule contains line breaks'],
  ],
];
for (const [what, schema, expected] of cases) {
  test(`judges ${what}`, () => {
    const actual = property(schema).map(l => l.replaceAll(`${ROOT}.properties[a]`, '@'));
    if (what === 'a bad pattern')
      assert.match(actual[0]!, /^@\.pattern: Invalid value: "\(": must be a valid regular expression, but isn't: /);
    else assert.deepEqual(actual, expected);
  });
}

test('judges the root', () => {
  assert.deepEqual(lines({ type: 'object', allOf: [{ properties: { b: { minimum: 1 } } }] }), [
    `$.properties[b]: Required value: because it is defined in ${ROOT}.allOf[0].properties[b]`,
  ]);
  assert.deepEqual(
    compileCrd(crd(undefined)).errors.map(e => e.field),
    [ROOT],
  );
  assert.deepEqual(lines({ type: 'string' }), ['$.type: Invalid value: "string": must be object at the root']);
  assert.deepEqual(lines({ type: 'object', additionalProperties: { type: 'string' } }), [
    '$.additionalProperties: Forbidden: must not be used at the root',
  ]);
  assert.deepEqual(lines({ type: 'object', nullable: true }), ['$.nullable: Forbidden: nullable cannot be true at the root']);
  assert.match(
    lines({ type: 'object', oneOf: [] }, { status: {} })[0]!,
    /^\$: Invalid value: .* fields are allowed at the root of the schema if the status/,
  );
  const metadata = { type: 'object', properties: { labels: { type: 'object' } } };
  assert.deepEqual(lines({ type: 'object', properties: { metadata } }), [
    '$.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
  ]);
  assert.deepEqual(lines({ type: 'object', properties: { metadata: { type: 'object', default: {} } } }), [
    '$.properties[metadata].default: Forbidden: must not be set in top-level metadata',
  ]);
});

test('gives the schema of whole objects, with metadata and the rules as they are', () => {
  const rule = { rule: 'self.size > 0' };
  const { versions } = compileCrd(
    crd({
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { size: { type: 'integer', default: 1 } }, 'x-kubernetes-validations': [rule] },
      },
    }),
  );
  const schema = versions.get('v1')!;
  assert.deepEqual(schema.properties!['spec']!['x-kubernetes-validations'], [rule]);
  const object = {
    apiVersion: 'example.com/v1',
    kind: 'Foo',
    metadata: { name: 'f', labels: { a: 'b' }, laybels: {}, creationTimestamp: null },
    spec: {},
  };
  assert.deepEqual(unknownFields(schema, object), ['unknown field "metadata.laybels"']);
  assert.deepEqual(applyDefaults(schema, object).spec, { size: 1 });
  assert.deepEqual(validate(schema, applyDefaults(schema, object)), []);
});

const shared = new URL('../../../../../shared/conformance/', import.meta.url);
test('accepts the definitions of upstream projects', { skip: !existsSync(shared) }, () => {
  const files = readdirSync(shared, { recursive: true, encoding: 'utf8' }).filter(f => f.endsWith('.yaml'));
  let definitions = 0;
  for (const file of files) {
    const text = readFileSync(new URL(file, shared), 'utf8');
    if (!/^kind: CustomResourceDefinition$/m.test(text)) continue;
    for (const document of loadAll(text) as Obj[]) {
      if (document?.kind !== 'CustomResourceDefinition' || document.apiVersion !== 'apiextensions.k8s.io/v1') continue;
      definitions++;
      assert.deepEqual(compileCrd(deepFreeze(document)).errors, [], document.metadata.name);
    }
  }
  assert.ok(definitions > 10);
});
