import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Obj } from '../../kube/index.ts';
import { MemoryApi } from '../../kube/testing/memory-client.ts';
import { systemClock } from '../../lib/index.ts';
import type { Volume } from '../agent/pod.ts';
import type { NotStartable } from '../errors.ts';
import { ObjectReader } from '../objects.ts';
import { podOf } from '../testing/observe.ts';
import { volumeMounts } from './mounts.ts';
import { Volumes } from './volumes.ts';

async function stage(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), 'skiff-volumes-'));
  t.after(() => rm(home, { recursive: true }));
  const api = new MemoryApi();
  const volumes = new Volumes({ home, clock: systemClock, stageDir: async id => join(home, 'stages', id) });
  const prepare = (v: Omit<Volume, 'name'>) =>
    volumes
      .prepare({
        pod: podOf({ volumes: [{ name: 'v', ...v }] }),
        reader: new ObjectReader(api.client(), 'ns'),
        node: { nodeName: 'skiff', hostIP: '192.0.2.1', podIP: '', allocatable: { cpu: 2, memory: 2 ** 30 } },
        token: async r => `for ${r.audience ?? 'the API'}`,
      })
      .then(sources => sources.get('v')!);
  return { home, api, prepare };
}
const put = (api: MemoryApi, o: unknown) => api.put(o as Obj);
const says = (text: RegExp) => (e: NotStartable) => e.reason === 'FailedMount' && text.test(e.message);

test('a claim bound to a hostPath volume is that folder', async t => {
  const { home, api, prepare } = await stage(t);
  const path = join(home, 'claims', 'c');
  put(api, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'c', namespace: 'ns' },
    spec: { volumeName: 'pv' },
  });
  put(api, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'pv' }, spec: { hostPath: { path } } });
  const source = await prepare({ persistentVolumeClaim: { claimName: 'c', readOnly: true } });
  assert.deepEqual(source, { kind: 'folder', path, own: true, readOnly: true });
  assert.equal((await stat(path)).mode & 0o777, 0o777);
});
test('artifact stages are mounted by their id', async t => {
  const { home, prepare } = await stage(t);
  const csi = (driver: string) => ({ csi: { driver, volumeAttributes: { stage: 'abc' } } });
  assert.deepEqual(await prepare(csi('artifacts.skiff.dev')), {
    kind: 'folder',
    path: join(home, 'stages', 'abc'),
    own: true,
    readOnly: false,
  });
  await assert.rejects(prepare(csi('other')), says(/driver name other not found/));
});

const REFUSED: [string, Omit<Volume, 'name'>, RegExp][] = [
  ['a missing ConfigMap', { configMap: { name: 'x' } }, /volume "v" : configmap "x" not found/],
  ['a missing Secret', { secret: { secretName: 'x' } }, /secret "x" not found/],
  ['a missing claim', { persistentVolumeClaim: { claimName: 'x' } }, /persistentvolumeclaim "x" not found/],
  ['a missing key', { configMap: { name: 'c', items: [{ key: 'nope', path: 'p' }] } }, /non-existent config key: nope/],
  ['a path out of the volume', { configMap: { name: 'c', items: [{ key: 'k', path: '../p' }] } }, /invalid path/],
  ['an image volume', { image: { reference: 'alpine' } }, /image volume is not supported/],
  ['another type', { nfs: {} } as object, /volume type nfs/],
  ['a host file that is a folder', { hostPath: { path: '/etc', type: 'File' } }, /is not a file/],
];
for (const [what, volume, text] of REFUSED) {
  test(`refuses ${what}`, async t => {
    const { api, prepare } = await stage(t);
    put(api, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'ns' }, data: { k: 'v' } });
    await assert.rejects(prepare(volume), says(text));
  });
}
test('optional sources may be missing', async t => {
  const { prepare } = await stage(t);
  assert.equal((await prepare({ configMap: { name: 'x', optional: true } })).kind, 'folder');
});

test('makes subPath folders, but not over a link that a Pod planted', async t => {
  const { home } = await stage(t);
  const root = join(home, 'vol');
  await mkdir(root);
  await symlink('/etc', join(root, 'trap'));
  const sources = new Map([['v', { kind: 'folder' as const, path: root, own: true, readOnly: false }]]);
  const mounts = (subPath: string) =>
    volumeMounts({ name: 'c', volumeMounts: [{ name: 'v', mountPath: '/m', subPath }] }, sources, new Map());
  await mounts('a/b');
  assert.ok((await stat(join(root, 'a', 'b'))).isDirectory());
  for (const path of ['trap/x', '../x', '/etc'])
    await assert.rejects(mounts(path), (e: NotStartable) => /leads out/.test(e.message));
});
test('subPathExpr takes the values of the environment', async t => {
  const { home } = await stage(t);
  await writeFile(join(home, 'f'), '');
  const sources = new Map([['v', { kind: 'folder' as const, path: home, own: false, readOnly: true }]]);
  const mounts = (subPathExpr: string) =>
    volumeMounts({ name: 'c', volumeMounts: [{ name: 'v', mountPath: '/m', subPathExpr }] }, sources, new Map([['NAME', 'f']]));
  assert.deepEqual(await mounts('$(NAME)'), [
    { kind: 'bind', source: home, target: '/m', readOnly: true, idmap: false, subPath: 'f' },
  ]);
  await assert.rejects(mounts('$(OTHER)'), (e: NotStartable) => e.reason === 'CreateContainerConfigError');
});
