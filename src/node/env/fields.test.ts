import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NotStartable } from '../errors.ts';
import { podOf } from '../testing/observe.ts';
import { fieldValue, resourceValue } from './fields.ts';
import { serviceVars } from './service-vars.ts';

const node = { nodeName: 'skiff', hostIP: '192.0.2.1', podIP: '10.244.0.9', allocatable: { cpu: 2, memory: 2 ** 30 } };
const pod = podOf({ serviceAccountName: 'runner' }, undefined, {
  labels: { b: '2', a: '1' },
  annotations: { 'x.y/z': 'say "hi"' },
});

const FIELDS: [string, string][] = [
  ['metadata.name', 'p'],
  ['metadata.namespace', 'ns'],
  ['metadata.uid', 'u1'],
  ['metadata.labels', 'a="1"\nb="2"'],
  ["metadata.labels['a']", '1'],
  ["metadata.labels['none']", ''],
  ["metadata.annotations['x.y/z']", 'say "hi"'],
  ['metadata.annotations', 'x.y/z="say \\"hi\\""'],
  ['spec.nodeName', 'skiff'],
  ['spec.serviceAccountName', 'runner'],
  ['status.hostIP', '192.0.2.1'],
  ['status.podIP', '10.244.0.9'],
];
for (const [path, value] of FIELDS) test(`knows ${path}`, () => assert.equal(fieldValue(pod, path, node), value));
test('refuses other fields', () =>
  assert.throws(
    () => fieldValue(pod, 'spec.containers', node),
    (e: NotStartable) => e.reason === 'CreateContainerConfigError',
  ));

const container = { name: 'main', resources: { limits: { cpu: '1500m', memory: '64Mi' }, requests: { cpu: '250m' } } };
const RESOURCES: [string, string | undefined, string][] = [
  ['limits.cpu', undefined, '2'],
  ['limits.cpu', '1m', '1500'],
  ['requests.cpu', '1m', '250'],
  ['limits.memory', undefined, '67108864'],
  ['limits.memory', '1Mi', '64'],
  ['requests.memory', '1Mi', '64'],
  ['limits.ephemeral-storage', undefined, '0'],
];
for (const [resource, divisor, value] of RESOURCES) {
  test(`knows ${resource} in ${divisor ?? 'units'}`, () =>
    assert.equal(resourceValue(pod, container, { resource, ...(divisor ? { divisor } : {}) }, node), value));
}
test('without a limit it is the node’s', () => {
  assert.equal(resourceValue(pod, { name: 'main' }, { resource: 'limits.cpu' }, node), '2');
  assert.equal(resourceValue(pod, { name: 'main' }, { resource: 'requests.cpu' }, node), '0');
});

test('Services with an address become variables', () => {
  const service = (name: string, clusterIP: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { clusterIP, ports: [{ name: 'grpc-x', port: 9000 }] },
  });
  assert.deepEqual(serviceVars([service('my-db', '10.96.0.9'), service('headless', 'None')]), {
    MY_DB_SERVICE_HOST: '10.96.0.9',
    MY_DB_SERVICE_PORT: '9000',
    MY_DB_SERVICE_PORT_GRPC_X: '9000',
    MY_DB_PORT: 'tcp://10.96.0.9:9000',
    MY_DB_PORT_9000_TCP: 'tcp://10.96.0.9:9000',
    MY_DB_PORT_9000_TCP_PROTO: 'tcp',
    MY_DB_PORT_9000_TCP_PORT: '9000',
    MY_DB_PORT_9000_TCP_ADDR: '10.96.0.9',
  });
});
