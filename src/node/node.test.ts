import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Frozen, type Obj, startControllers } from '../kube/index.ts';
import { MemoryApi } from '../kube/testing/memory-client.ts';
import { seededIds, silentLogger, systemClock } from '../lib/index.ts';
import type { Pod } from './agent/pod.ts';
import { createNode } from './index.ts';
import { FakeRuntime } from './testing/fake-runtime.ts';
import { podOf } from './testing/observe.ts';

/** A node over an API in memory and a runtime that runs nothing. */
async function stage(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), 'skiff-node-'));
  const deviceFolder = join(home, 'dev');
  await mkdir(deviceFolder);
  await writeFile(join(deviceFolder, 'nvidia0'), '');
  const api = new MemoryApi();
  const runtime = new FakeRuntime();
  const client = api.client();
  const common = { client, clock: systemClock, log: silentLogger };
  const node = await createNode({
    ...common,
    home,
    nodeName: 'skiff',
    runtime,
    ids: seededIds(1),
    stageDir: async id => join(home, 'stages', id),
    hostEnv: { PIP_CERT: '/etc/ca.pem' },
    deviceFolder,
    durable: async () => {},
    apiServiceIP: '10.96.0.1',
  });
  await node.start();
  const runner = startControllers({ ...common, ...node });
  await runner.synced();
  t.after(async () => {
    await runner.stop();
    await node.close();
    await rm(home, { recursive: true, force: true });
  });
  const pod = () => api.list('v1/Pod')[0] as Frozen<Pod> | undefined;
  const until = async (what: string, holds: () => boolean) => {
    for (let i = 0; i < 2_000; i++) {
      if (holds()) return;
      await systemClock.sleep(1);
    }
    assert.fail(`never: ${what}; calls ${runtime.calls.join(', ')}; pod ${JSON.stringify(pod()?.status)}`);
  };
  return { home, api, runtime, pod, until };
}
const put = (api: MemoryApi, object: unknown) => api.put(object as Obj);

test('a Pod runs to its end in two status writes', async t => {
  const { api, runtime, pod, until } = await stage(t);
  put(api, podOf());
  await until('started', () => runtime.calls.length === 2);
  assert.deepEqual(runtime.calls, ['createSandbox u1', 'startContainer u1/main/0']);
  await until('Running', () => pod()?.status?.phase === 'Running');
  runtime.exit('u1', 'main', 0);
  await until('Succeeded', () => pod()?.status?.phase === 'Succeeded');
  await until('let go', () => runtime.calls.includes('removeSandbox u1'));
  const writes = api.calls.filter(c => c.includes('Pod'));
  assert.equal(writes.length, 2, writes.join(', '));
});

test('a GPU is capacity of the node and belongs to one Pod after the other', async t => {
  const { api, runtime, pod, until } = await stage(t);
  const node = api.list('v1/Node')[0] as Frozen<Obj<unknown, { allocatable: Record<string, string> }>>;
  assert.equal(node.status!.allocatable['nvidia.com/gpu'], '1');
  const container = { name: 'main', image: 'alpine', command: ['true'], resources: { limits: { 'nvidia.com/gpu': '1' } } };
  const visible = (uid: string) => runtime.specs.get(`${uid}/main`)?.env.find(e => e.name === 'NVIDIA_VISIBLE_DEVICES')?.value;
  put(api, podOf({ containers: [container] }));
  await until('started', () => visible('u1') === '0');
  runtime.exit('u1', 'main', 0);
  await until('Succeeded', () => pod()?.status?.phase === 'Succeeded');
  await until('let go', () => runtime.calls.includes('removeSandbox u1'));
  put(api, podOf({ containers: [container] }, undefined, { name: 'q', uid: 'u2' }));
  await until('the next one started', () => visible('u2') === '0');
});

test('env, volumes and log path reach the runtime', async t => {
  const { home, api, runtime, until } = await stage(t);
  put(api, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', namespace: 'ns' },
    data: { greeting: 'hello', file: 'text' },
  });
  const pod = podOf({
    containers: [
      {
        name: 'main',
        image: 'alpine',
        command: ['sh', '-c', 'echo $(GREETING) $$HOME'],
        env: [
          { name: 'GREETING', valueFrom: { configMapKeyRef: { name: 'c', key: 'greeting' } } },
          { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        ],
        volumeMounts: [
          { name: 'v', mountPath: '/etc/c' },
          { name: 'scratch', mountPath: '/scratch', subPath: 'a/b' },
        ],
      },
    ],
    volumes: [
      { name: 'v', configMap: { name: 'c', items: [{ key: 'file', path: 'sub/f' }] } },
      { name: 'scratch', emptyDir: {} },
    ],
  });
  put(api, pod);
  await until('started', () => runtime.specs.has('u1/main'));
  const spec = runtime.specs.get('u1/main')!;
  const env = new Map(spec.env.map(e => [e.name, e.value]));
  assert.deepEqual(spec.argv, ['sh', '-c', 'echo hello $HOME']);
  assert.equal(env.get('IP'), '10.244.0.2');
  assert.equal(env.get('KUBERNETES_SERVICE_HOST'), '10.96.0.1');
  assert.equal(env.get('KUBERNETES_SERVICE_PORT'), '443');
  assert.equal(env.get('PIP_CERT'), '/etc/ca.pem');
  assert.equal(env.get('HOSTNAME'), 'p');
  const volumes = join(home, 'pods', 'u1', 'volumes');
  assert.deepEqual(spec.mounts, [
    { kind: 'bind', source: join(volumes, 'v'), target: '/etc/c', readOnly: true, idmap: true },
    { kind: 'bind', source: join(volumes, 'scratch'), target: '/scratch', readOnly: false, idmap: true, subPath: 'a/b' },
  ]);
  assert.equal(await readFile(join(volumes, 'v', 'sub', 'f'), 'utf8'), 'text');
  assert.equal(spec.logPath, join(home, 'logs', 'pods', 'ns_p_u1', 'main', '0.log'));
});

test('a missing ConfigMap keeps the container waiting until it appears', async t => {
  const { api, runtime, pod, until } = await stage(t);
  const envFrom = [{ configMapRef: { name: 'late' } }];
  put(api, podOf({ containers: [{ name: 'main', image: 'alpine', command: ['true'], envFrom }] }));
  const waiting = () => pod()?.status?.containerStatuses?.[0]?.state.waiting;
  await until('waits', () => waiting()?.reason === 'CreateContainerConfigError');
  assert.equal(waiting()?.message, 'configmap "late" not found');
  put(api, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late', namespace: 'ns' }, data: { A: '1' } });
  await until('runs', () => pod()?.status?.phase === 'Running');
  assert.equal(runtime.specs.get('u1/main')!.env.find(e => e.name === 'A')?.value, '1');
});

test('a changed ConfigMap changes its volume, all at once', async t => {
  const { home, api, runtime, until } = await stage(t);
  const config = (value: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', namespace: 'ns' },
    data: { k: value },
  });
  put(api, config('one'));
  put(
    api,
    podOf({
      containers: [{ name: 'main', image: 'alpine', command: ['true'] }],
      volumes: [{ name: 'v', configMap: { name: 'c' } }],
    }),
  );
  await until('started', () => runtime.specs.has('u1/main'));
  const file = join(home, 'pods', 'u1', 'volumes', 'v', 'k');
  assert.equal(await readFile(file, 'utf8'), 'one');
  put(api, config('two'));
  for (let i = 0; i < 2_000 && (await readFile(file, 'utf8')) !== 'two'; i++) await systemClock.sleep(1);
  assert.equal(await readFile(file, 'utf8'), 'two');
});

test('an unknown image waits with the remedy', async t => {
  const { api, pod, until } = await stage(t);
  put(api, podOf({ containers: [{ name: 'main', image: 'gcr.io/my-image' }] }));
  const waiting = () => pod()?.status?.containerStatuses?.[0]?.state.waiting;
  await until('backs off', () => waiting()?.reason === 'ImagePullBackOff');
  assert.match(waiting()!.message!, /images\.yaml/);
  assert.equal(pod()?.status?.phase, 'Pending');
});

test('a deleted Pod is stopped, then gone, and leaves nothing behind', async t => {
  const { api, runtime, pod, until } = await stage(t);
  put(api, podOf());
  await until('Running', () => pod()?.status?.phase === 'Running');
  const { metadata, ...rest } = pod()! as Pod;
  put(api, { ...rest, metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 3 } });
  await until('stopped', () => runtime.calls.includes('stopContainer u1/main 3000 SIGTERM'));
  runtime.exit('u1', 'main', 143, { signal: 15 });
  await until('gone', () => pod() === undefined);
  await until('removed', () => runtime.calls.includes('removeSandbox u1'));
});

test('the Node is ready and has its Lease', async t => {
  const { api } = await stage(t);
  const node = api.list('v1/Node')[0] as Frozen<
    Obj<unknown, { conditions: { type: string; status: string }[]; capacity: Record<string, string> }>
  >;
  assert.equal(node.status!.conditions.find(c => c.type === 'Ready')?.status, 'True');
  assert.equal(node.status!.conditions.find(c => c.type === 'PodIsolation')?.status, 'False');
  assert.ok(Number(node.status!.capacity['cpu']) > 0);
  assert.equal(api.list('coordination.k8s.io/v1/Lease').length, 1);
});
