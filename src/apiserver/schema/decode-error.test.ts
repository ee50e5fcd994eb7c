import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeError } from './decode-error.ts';

const deployment = (spec: unknown, metadata: unknown = { name: 'x' }) =>
  decodeError('apps/v1/Deployment', { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec });
const container = (members: object) => deployment({ template: { spec: { containers: [{ name: 'c', ...members }] } } });

const cases: [string, string | undefined, string | undefined][] = [
  ['a good object', deployment({ replicas: 1, template: { spec: { containers: [{ name: 'c', image: null }] } } }), undefined],
  [
    'text for a number',
    deployment({ replicas: '2' }),
    'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    'a fraction',
    deployment({ replicas: 1.5 }),
    'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    'a number too large',
    deployment({ replicas: 2 ** 31 }),
    'json: cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32',
  ],
  [
    'text for a struct',
    deployment('x'),
    'json: cannot unmarshal string into Go struct field Deployment.spec of type v1.DeploymentSpec',
  ],
  [
    'a number for the value of a variable',
    container({ env: [{ name: 'A', value: 1 }] }),
    'json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
  ],
  [
    'text for a list',
    container({ args: 'x' }),
    'json: cannot unmarshal string into Go struct field Container.spec.template.spec.containers.args of type []string',
  ],
  [
    'a number for a label',
    deployment({}, { name: 'x', labels: { a: 1 } }),
    'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
  ],
  [
    'text for a boolean',
    container({ stdin: 'yes' }),
    'json: cannot unmarshal string into Go struct field Container.spec.template.spec.containers.stdin of type bool',
  ],
  [
    'a wrong quantity',
    container({ resources: { limits: { cpu: '1 core' } } }),
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  ['a quantity as number', container({ resources: { limits: { cpu: 0.5 } } }), undefined],
  [
    'a wrong time',
    deployment({}, { name: 'x', creationTimestamp: 'today' }),
    'parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"',
  ],
  ['data that is not base64', decodeError('v1/Secret', { data: { a: 'hello!' } }), 'illegal base64 data at input byte 5'],
  ['an object of a kind that is not built in', decodeError('example.com/v1/Foo', { spec: 1 }), undefined],
  [
    'a schema in a definition',
    decodeError('apiextensions.k8s.io/v1/CustomResourceDefinition', {
      spec: { versions: [{ schema: { openAPIV3Schema: { items: [], default: 1 } } }] },
    }),
    undefined,
  ],
];
for (const [what, actual, expected] of cases) test(`tells how Go decodes ${what}`, () => assert.equal(actual, expected));
