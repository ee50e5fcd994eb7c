import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Obj, Write } from '../../kube/index.ts';
import type { Pod } from '../objects.ts';
import { planOf, writesOf } from '../testing.ts';
import { endpoints, type Service } from './endpoints.ts';

const now = new Date('2026-01-01T00:00:00Z');
const service = (spec: Service['spec'] & object = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's', namespace: 'a', uid: 's-uid' },
  spec: { selector: { app: 'x' }, ports: [{ name: 'web', port: 80, targetPort: 'http' }], ...spec },
});
const pod = (name: string, ip: string, o: { ready?: boolean; port?: number; phase?: string; deleting?: boolean } = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'a',
    uid: name,
    labels: { app: 'x' },
    ...(o.deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
  },
  spec: { nodeName: 'n', containers: [{ name: 'c', ports: [{ name: 'http', containerPort: o.port ?? 8080 }] }] },
  status: {
    phase: o.phase ?? 'Running',
    podIP: ip,
    conditions: [{ type: 'Ready', status: o.ready === false ? 'False' : 'True' }],
  },
});
const plan = (objects: Obj[], of = service()) => planOf(endpoints, of, { objects }, now);
const made = (writes: Write[] | undefined, kind: string) =>
  (writes ?? []).flatMap(w => ('object' in w && w.object.kind === kind ? [w.object as unknown as Record<string, unknown>] : []));

test('lists ready and not ready addresses under resolved ports', () => {
  const { writes } = plan([
    pod('p', '10.0.0.1'),
    pod('q', '10.0.0.2', { ready: false }),
    pod('done', '10.0.0.3', { phase: 'Succeeded' }),
  ]);
  const [plain] = made(writes, 'Endpoints');
  const subsets = plain!['subsets'] as { addresses: { ip: string }[]; notReadyAddresses: { ip: string }[]; ports: object[] }[];
  assert.deepEqual(
    subsets[0]!.addresses.map(a => a.ip),
    ['10.0.0.1'],
  );
  assert.deepEqual(
    subsets[0]!.notReadyAddresses.map(a => a.ip),
    ['10.0.0.2'],
  );
  assert.deepEqual(subsets[0]!.ports, [{ name: 'web', port: 8080, protocol: 'TCP' }]);
  const [slice] = made(writes, 'EndpointSlice');
  const conditions = (slice!['endpoints'] as { conditions: object }[]).map(e => e.conditions);
  assert.deepEqual(conditions, [
    { ready: true, serving: true, terminating: false },
    { ready: false, serving: false, terminating: false },
  ]);
  assert.equal((slice!['metadata'] as { labels: Record<string, string> }).labels['kubernetes.io/service-name'], 's');
});

test('writes nothing when all stands there already', () => {
  const stored = (plan([pod('p', '10.0.0.1')]).writes ?? []).map(w => (w as { object: Obj }).object);
  assert.deepEqual(plan([pod('p', '10.0.0.1'), ...stored]).writes, []);
  assert.deepEqual(
    writesOf(plan([pod('p', '10.0.0.9'), ...stored])).map(w => w.split(' ')[0]),
    ['update', 'update'],
  );
});

test('keeps Pods with different numbers for one port name apart', () => {
  const { writes } = plan([pod('p', '10.0.0.1'), pod('q', '10.0.0.2', { port: 9090 })]);
  assert.equal(made(writes, 'EndpointSlice').length, 2);
  assert.equal((made(writes, 'Endpoints')[0]!['subsets'] as unknown[]).length, 2);
});

test('splits more than a hundred endpoints', () => {
  const pods = Array.from({ length: 120 }, (_, i) => pod(`p${String(i).padStart(3, '0')}`, `10.0.1.${i}`));
  const sizes = made(plan(pods).writes, 'EndpointSlice').map(s => (s['endpoints'] as unknown[]).length);
  assert.deepEqual(sizes, [100, 20]);
});

test('says that a Pod on its way out still serves', () => {
  const [slice] = made(plan([pod('p', '10.0.0.1', { deleting: true })]).writes, 'EndpointSlice');
  assert.deepEqual((slice!['endpoints'] as { conditions: object }[])[0]!.conditions, {
    ready: false,
    serving: true,
    terminating: true,
  });
});

test('leaves Services without selector to their makers', () => {
  const { selector: _, ...spec } = service().spec!;
  assert.deepEqual(plan([pod('p', '10.0.0.1')], { ...service(), spec }).writes, []);
});
