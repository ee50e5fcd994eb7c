import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ApiServer, createApiServer } from '../src/apiserver/index.ts';
import {
  type Client,
  type ControllerDef,
  createClient,
  type Frozen,
  type Gvk,
  isReason,
  type Obj,
  type Runner,
  refOf,
  rolesOf,
  startControllers,
} from '../src/kube/index.ts';
import { seededIds, silentLogger, systemClock } from '../src/lib/index.ts';
import { workloads } from '../src/workloads/index.ts';

type Container = { name: string };
type AnyPod = Obj<{ nodeName?: string; containers: Container[] }, { phase?: string; conditions?: { type: string }[] }>;

/** A node in a few lines: Pods run at once, end at once when annotated with an exit code, and go at once. */
const node: ControllerDef<AnyPod> = {
  name: 'test-node',
  for: 'v1/Pod',
  writes: [{ gvk: 'v1/Pod', verbs: ['delete'] }],
  plan({ object: pod }, now) {
    const at = `${now.toISOString().slice(0, 19)}Z`;
    const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    const statuses = (state: object, ready: boolean) =>
      pod.spec!.containers.map(c => ({ name: c.name, ready, restartCount: 0, image: 'x', imageID: '', state }));
    const end = (exitCode: number) => ({
      ...pod.status,
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: statuses({ terminated: { exitCode, startedAt: at, finishedAt: at } }, false),
    });
    if (!pod.spec?.nodeName) return {};
    if (pod.metadata.deletionTimestamp) {
      const { uid, ...ref } = refOf(pod);
      return { ...(ended ? {} : { status: end(143) }), writes: [{ verb: 'delete', ref, uid: uid!, graceSeconds: 0 }] };
    }
    const exitCode = pod.metadata.annotations?.['exit'];
    if (ended || (exitCode === undefined && pod.status?.phase === 'Running')) return {};
    if (exitCode !== undefined) return { status: end(Number(exitCode)) };
    const others = (pod.status?.conditions ?? []).filter(c => c.type !== 'Ready');
    const conditions = [...others, { type: 'Ready', status: 'True', lastTransitionTime: at }];
    const podIP = `10.1.0.${pod.metadata.name.charCodeAt(pod.metadata.name.length - 1)}`;
    return {
      status: {
        ...pod.status,
        phase: 'Running',
        podIP,
        conditions,
        containerStatuses: statuses({ running: { startedAt: at } }, true),
      },
    };
  },
};

const home = mkdtempSync(join(tmpdir(), 'skiff-workloads-'));
let server: ApiServer;
let client: Client;
let runner: Runner;
before(async () => {
  const work = workloads({ volumesFolder: join(home, 'volumes'), jobPodBackoffMs: 20 });
  server = await createApiServer({
    home,
    clock: systemClock,
    ids: seededIds(7),
    log: silentLogger,
    admissions: [],
    crds: [],
    bootstrap: work.bootstrap,
    serverNames: [],
  });
  client = createClient({
    transport: server.transport,
    mapper: server.mapper,
    user: { username: 'admin', groups: ['system:masters'] },
  });
  const controllers = [...work.controllers, node];
  for (const o of (await Promise.all(controllers.map(c => rolesOf(c, server.mapper)))).flat()) await make(o);
  await make({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } });
  const made = await client.get({ apiVersion: 'v1', kind: 'Node', name: 'n' });
  await client.write({
    verb: 'update',
    subresource: 'status',
    object: { ...(made as Obj), status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' } } },
  });
  runner = startControllers({
    client,
    controllers,
    sources: work.sources,
    performers: work.performers,
    clock: systemClock,
    log: silentLogger,
  });
  await runner.synced();
  await make({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } });
});
after(async () => {
  await runner.stop();
  await server.close();
  rmSync(home, { recursive: true });
});

async function make(object: object): Promise<void> {
  try {
    await client.write({ verb: 'create', object: object as Obj });
  } catch (e) {
    if (!isReason(e, 'AlreadyExists')) throw e;
  }
}
async function get(apiVersion: string, kind: string, name: string, namespace?: string): Promise<Frozen<Obj> | undefined> {
  try {
    return await client.get({ apiVersion, kind, name, ...(namespace ? { namespace } : {}) });
  } catch (e) {
    if (isReason(e, 'NotFound')) return undefined;
    throw e;
  }
}
async function list(gvk: Gvk): Promise<Frozen<Obj>[]> {
  return (await Array.fromAsync(client.list(gvk, { namespace: 'a' }))).flatMap(page => [...page.items]);
}
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 2_000; i++) {
    if (await isSo()) return;
    await systemClock.sleep(5);
  }
  assert.fail(`waited in vain until ${what}`);
}
const status = async (apiVersion: string, kind: string, name: string) =>
  ((await get(apiVersion, kind, name, 'a'))?.status ?? {}) as Record<string, unknown> & {
    conditions?: { type: string; reason: string }[];
  };
const says = async (name: string, type: string) =>
  (await status('batch/v1', 'Job', name)).conditions?.find(c => c.type === type)?.reason;
const spec = { containers: [{ name: 'c', image: 'x' }] };
const job = (name: string, exit: string, more: object) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, namespace: 'a' },
  spec: { template: { metadata: { annotations: { exit } }, spec: { ...spec, restartPolicy: 'Never' } }, ...more },
});
const drop = (apiVersion: string, kind: string, name: string, propagation: 'Foreground' | 'Background' | 'Orphan') =>
  client.write({ verb: 'delete', ref: { apiVersion, kind, name, namespace: 'a' }, propagation });

test('a namespace has its service account and the CA', async () => {
  await until('both are there', async () =>
    Boolean((await get('v1', 'ServiceAccount', 'default', 'a')) && (await get('v1', 'ConfigMap', 'kube-root-ca.crt', 'a'))),
  );
});

test('Jobs complete and fail with upstream reasons, and hold no Pod back', async () => {
  await make(job('good', '0', { completions: 5, parallelism: 2 }));
  await make(job('indexed', '0', { completions: 4, parallelism: 4, completionMode: 'Indexed' }));
  await make(job('bad', '1', { backoffLimit: 1 }));
  await until('good is complete', async () => (await says('good', 'Complete')) === 'CompletionsReached');
  assert.equal((await status('batch/v1', 'Job', 'good'))['succeeded'], 5);
  await until('indexed is complete', async () => (await says('indexed', 'Complete')) === 'CompletionsReached');
  assert.equal((await status('batch/v1', 'Job', 'indexed'))['completedIndexes'], '0-3');
  await until('bad has failed', async () => (await says('bad', 'Failed')) === 'BackoffLimitExceeded');
  await until('no finalizer is left', async () => (await list('v1/Pod')).every(p => !p.metadata.finalizers?.length));
  await drop('batch/v1', 'Job', 'good', 'Background');
  await until('its Pods are gone', async () => !(await list('v1/Pod')).some(p => p.metadata.labels?.['job-name'] === 'good'));
});

test('a Deployment rolls out behind its Service, and goes in the foreground', async () => {
  const template = (image: string) => ({
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image, ports: [{ name: 'http', containerPort: 8080 }] }] },
  });
  await make({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'a' },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: template('one') },
  });
  await make({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'a' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] },
  });
  const isRolledOut = async (generation: number) => {
    const s = await status('apps/v1', 'Deployment', 'web');
    return (
      s['observedGeneration'] === generation && s['updatedReplicas'] === 3 && s['replicas'] === 3 && s['availableReplicas'] === 3
    );
  };
  await until('it is up', () => isRolledOut(1));
  const patch = { spec: { template: template('two') } };
  await client.write({
    verb: 'patch',
    type: 'merge',
    ref: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'a' },
    patch,
  });
  await until('the new template is up', () => isRolledOut(2));
  type Slice = Frozen<Obj> & { endpoints?: readonly { conditions: { ready: boolean } }[] };
  await until('three endpoints are ready', async () =>
    ((await list('discovery.k8s.io/v1/EndpointSlice')) as Slice[]).some(
      s => s.endpoints?.filter(e => e.conditions.ready).length === 3,
    ),
  );
  await drop('apps/v1', 'Deployment', 'web', 'Foreground');
  await until('it is gone', async () => (await get('apps/v1', 'Deployment', 'web', 'a')) === undefined);
  assert.deepEqual(await list('apps/v1/ReplicaSet'), []);
});

test('a StatefulSet gets its claims bound, and leaves orphans behind when asked to', async () => {
  await make({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'a' },
    spec: {
      replicas: 2,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: { metadata: { labels: { app: 'db' } }, spec },
      volumeClaimTemplates: [
        { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
      ],
    },
  });
  await until('both members are ready', async () => (await status('apps/v1', 'StatefulSet', 'db'))['readyReplicas'] === 2);
  assert.deepEqual(
    (await list('v1/PersistentVolumeClaim')).map(c => [c.metadata.name, (c.status as { phase?: string }).phase]),
    [
      ['data-db-0', 'Bound'],
      ['data-db-1', 'Bound'],
    ],
  );
  await drop('apps/v1', 'StatefulSet', 'db', 'Orphan');
  await until('it is gone', async () => (await get('apps/v1', 'StatefulSet', 'db', 'a')) === undefined);
  const members = (await list('v1/Pod')).filter(p => p.metadata.labels?.['app'] === 'db');
  assert.deepEqual(
    members.map(p => p.metadata.ownerReferences ?? []),
    [[], []],
  );
});

test('a Pod that does not fit says why', async () => {
  const large = { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '100' } } }] };
  await make({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'large', namespace: 'a' }, spec: large });
  type Said = { conditions?: { type: string; message?: string }[] };
  await until('it is said', async () =>
    Boolean(
      ((await status('v1', 'Pod', 'large')) as Said).conditions?.some(
        c => c.message === '0/1 nodes are available: 1 Insufficient cpu.',
      ),
    ),
  );
});

test('a deleted namespace is emptied and ends, its volumes with it', async () => {
  await client.write({ verb: 'delete', ref: { apiVersion: 'v1', kind: 'Namespace', name: 'a' } });
  await until('it is gone', async () => (await get('v1', 'Namespace', 'a')) === undefined);
  assert.deepEqual(await list('v1/Pod'), []);
  await until('volumes are gone', async () =>
    (await Array.fromAsync(client.list('v1/PersistentVolume'))).every(p => p.items.length === 0),
  );
  assert.ok(
    runner.stats().every(s => s.errors === 0),
    JSON.stringify(runner.stats()),
  );
});
