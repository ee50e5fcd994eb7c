import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EndpointSlice, lookupName, serviceTable } from './table.ts';

const service = (name: string, clusterIP: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'ns' },
  spec: { clusterIP, ports: [{ name: 'http', port: 80 }] },
});
const slice = (name: string): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${name}-1`, namespace: 'ns', labels: { 'kubernetes.io/service-name': name } },
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints: [
    { addresses: ['10.244.0.5'], hostname: 'w-0' },
    { addresses: ['10.244.0.6'], conditions: { ready: false } },
  ],
});
const table = serviceTable([service('web', '10.96.0.7'), service('w', 'None')], [slice('web'), slice('w')], 'cluster.local');
const lookup = (name: string) => lookupName(table.names, 'cluster.local', name);

test('maps a virtual address to ready endpoints', () => {
  assert.deepEqual(table.rules, [{ ip: '10.96.0.7', port: 80, protocol: 'TCP', endpoints: [{ ip: '10.244.0.5', port: 8080 }] }]);
});
const NAMES: [string, string[] | undefined][] = [
  ['web.ns.svc.cluster.local', ['10.96.0.7']],
  ['WEB.ns.svc.cluster.local.', ['10.96.0.7']],
  ['w.ns.svc.cluster.local', ['10.244.0.5']],
  ['w-0.w.ns.svc.cluster.local', ['10.244.0.5']],
  ['10-244-0-5.ns.pod.cluster.local', ['10.244.0.5']],
  ['w-1.w.ns.svc.cluster.local', undefined],
  ['example.com', undefined],
  ['constructor', undefined],
];
for (const [name, expected] of NAMES) test(`answers ${name}`, () => assert.deepEqual(lookup(name), expected));
