import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Client, createClient, type Obj, type StatusError } from '../../kube/index.ts';
import { seededIds, silentLogger, systemClock } from '../../lib/index.ts';
import { type ApiServer, createApiServer } from '../index.ts';

const home = mkdtempSync(join(tmpdir(), 'skiff-quota-'));
let api: ApiServer;
let client: Client;
before(async () => {
  const options = { home, clock: systemClock, ids: seededIds(1), log: silentLogger };
  api = await createApiServer({ ...options, admissions: [], crds: [], bootstrap: [], serverNames: [] });
  const user = { username: 'admin', groups: ['system:masters'] };
  client = createClient({ transport: api.transport, mapper: api.mapper, user });
});
after(async () => {
  await api.close();
  rmSync(home, { recursive: true });
});

async function namespace(name: string): Promise<void> {
  await client.write({ verb: 'create', object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } });
}
const create = (object: unknown) => client.write({ verb: 'create', object: object as Obj });
const quota = (ns: string, hard: object, more: object = {}) =>
  create({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q', namespace: ns }, spec: { hard, ...more } });
const pod = (ns: string, name: string, resources: object = {}, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: ns },
  spec: { containers: [{ name: 'c', image: 'busybox', resources }], ...more },
});
const used = async (ns: string) =>
  ((await client.get({ apiVersion: 'v1', kind: 'ResourceQuota', name: 'q', namespace: ns })).status as { used: object }).used;
const refused = (text: string) => (e: StatusError) => {
  assert.deepEqual([e.code, e.message], [403, text]);
  return true;
};

test('counts what is there, what comes and what goes, and refuses what is over', async () => {
  await namespace('counted');
  await create(pod('counted', 'before', { requests: { cpu: '250m', memory: '64Mi' } }));
  await quota('counted', { pods: '2', 'requests.cpu': '1', 'requests.memory': '1Gi' });
  assert.deepEqual(await used('counted'), { pods: '1', 'requests.cpu': '250m', 'requests.memory': '64Mi' });
  await assert.rejects(
    create(pod('counted', 'greedy', { requests: { cpu: '800m', memory: '1Mi' } })),
    refused(
      'pods "greedy" is forbidden: exceeded quota: q, requested: requests.cpu=800m, used: requests.cpu=250m, limited: requests.cpu=1',
    ),
  );
  await create(pod('counted', 'second', { requests: { cpu: '500m', memory: '64Mi' } }));
  assert.deepEqual(await used('counted'), { pods: '2', 'requests.cpu': '750m', 'requests.memory': '128Mi' });
  await assert.rejects(
    create(pod('counted', 'third', { requests: { cpu: '1m', memory: '1Mi' } })),
    /exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2$/,
  );
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'counted', name: 'before' };
  await client.write({ verb: 'patch', ref, type: 'merge', patch: { status: { phase: 'Succeeded' } }, subresource: 'status' });
  assert.deepEqual(await used('counted'), { pods: '1', 'requests.cpu': '500m', 'requests.memory': '64Mi' });
  await client.write({ verb: 'delete', ref: { ...ref, name: 'second' }, graceSeconds: 0 });
  assert.deepEqual(await used('counted'), { pods: '0', 'requests.cpu': '0', 'requests.memory': '0' });
});

test('a Pod must say what a quota limits', async () => {
  await namespace('stated');
  await quota('stated', { 'limits.cpu': '1', memory: '1Gi' });
  await assert.rejects(
    create(pod('stated', 'vague')),
    refused('pods "vague" is forbidden: failed quota: q: must specify limits.cpu for: c; memory for: c'),
  );
});

test('scopes choose Pods; a dry run counts nothing', async () => {
  await namespace('scoped');
  await quota('scoped', { pods: '1' }, { scopes: ['Terminating'] });
  await create(pod('scoped', 'endless'));
  await create(pod('scoped', 'ending', {}, { activeDeadlineSeconds: 5 }));
  await assert.rejects(create(pod('scoped', 'more', {}, { activeDeadlineSeconds: 5 })), /exceeded quota/);
  assert.deepEqual(await used('scoped'), { pods: '1' });
  await client.write({
    verb: 'delete',
    ref: { apiVersion: 'v1', kind: 'Pod', namespace: 'scoped', name: 'ending' },
    graceSeconds: 0,
  });
  await client.write(
    { verb: 'create', object: pod('scoped', 'dry', {}, { activeDeadlineSeconds: 5 }) as unknown as Obj },
    { dryRun: true },
  );
  assert.deepEqual(await used('scoped'), { pods: '0' });
});

test('counts objects of any kind, Services and claims by their nature', async () => {
  await namespace('kinds');
  await quota('kinds', {
    'count/deployments.apps': '1',
    configmaps: '5',
    'services.nodeports': '1',
    'requests.storage': '5Gi',
    'fast.storageclass.storage.k8s.io/requests.storage': '2Gi',
  });
  const template = { metadata: { labels: { a: 'b' } }, spec: pod('kinds', 'x').spec };
  const deployment = (name: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'kinds' },
    spec: { selector: { matchLabels: { a: 'b' } }, template },
  });
  await create(deployment('one'));
  await assert.rejects(
    create(deployment('two')),
    /deployments.apps "two" is forbidden: exceeded quota: q, requested: count\/deployments.apps=1, used: count\/deployments.apps=1, limited: count\/deployments.apps=1/,
  );
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's', namespace: 'kinds' },
    spec: {
      type: 'NodePort',
      ports: [
        { name: 'a', port: 1 },
        { name: 'b', port: 2 },
      ],
    },
  };
  await assert.rejects(
    create(service),
    /requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1/,
  );
  const claim = (name: string, storage: string) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'kinds' },
    spec: { storageClassName: 'fast', accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
  });
  await create(claim('a', '1Gi'));
  await assert.rejects(
    create(claim('b', '2Gi')),
    /requested: fast.storageclass.storage.k8s.io\/requests.storage=2Gi, used: fast.storageclass.storage.k8s.io\/requests.storage=1Gi/,
  );
  await create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', namespace: 'kinds' } });
  assert.deepEqual(await used('kinds'), {
    'count/deployments.apps': '1',
    configmaps: '1',
    'services.nodeports': '0',
    'requests.storage': '1Gi',
    'fast.storageclass.storage.k8s.io/requests.storage': '1Gi',
  });
});

test('many at once do not go over', async () => {
  await namespace('raced');
  await quota('raced', { configmaps: '3' });
  const settled = await Promise.allSettled(
    Array.from({ length: 8 }, (_, i) =>
      create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `m${i}`, namespace: 'raced' } }),
    ),
  );
  assert.equal(settled.filter(s => s.status === 'fulfilled').length, 3);
  assert.deepEqual(await used('raced'), { configmaps: '3' });
});
