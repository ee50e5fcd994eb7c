import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, Obj, Write } from '../../kube/index.ts';
import { VirtualClock } from '../../lib/index.ts';
import { planOf, writesOf } from '../testing.ts';
import { claims, defaultClass, PROVISIONER } from './claim.ts';
import { volumeRemover, volumes } from './volume.ts';
import type { Claim, ClaimStatus, Volume } from './volume-object.ts';

const now = new Date('2026-01-01T00:00:00Z');
const binder = claims({ volumesFolder: '/volumes' });
const claim = (spec: Claim['spec'] & object = {}, status: ClaimStatus = {}): Claim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'a', uid: 'c-uid' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, ...spec },
  status,
});
const volume = (name: string, spec: Volume['spec'] & object = {}, phase?: string): Volume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name, uid: `uid-${name}`, annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER } },
  spec: { capacity: { storage: '10Gi' }, accessModes: ['ReadWriteOnce'], ...spec },
  ...(phase ? { status: { phase } } : {}),
});

test('provisions a folder of the default class and binds it in one plan', () => {
  const p = planOf(binder, claim(), { objects: [defaultClass] }, now);
  assert.deepEqual(writesOf(p), ['create v1/PersistentVolume pvc-c-uid', 'patch v1/PersistentVolumeClaim data']);
  const made = (p.writes![0] as { object: Volume }).object.spec!;
  assert.deepEqual(made.hostPath, { path: '/volumes/pvc-c-uid_a_data', type: 'DirectoryOrCreate' });
  assert.deepEqual(made.claimRef, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    namespace: 'a',
    name: 'data',
    uid: 'c-uid',
  });
  assert.deepEqual(p.status, { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '5Gi' } });
  assert.equal(p.events?.[0]?.reason, 'ProvisioningSucceeded');
});

test('takes the smallest volume that fits, and none of another class', () => {
  const objects = [
    volume('large', { capacity: { storage: '50Gi' } }),
    volume('fits'),
    volume('tiny', { capacity: { storage: '1Gi' } }),
  ];
  const p = planOf(binder, claim({ storageClassName: '' }), { objects }, now);
  assert.deepEqual(writesOf(p), ['patch v1/PersistentVolume fits', 'patch v1/PersistentVolumeClaim data']);
  const none = planOf(binder, claim({ storageClassName: 'nfs' }), { objects }, now);
  assert.deepEqual(writesOf(none), []);
  assert.deepEqual(
    [none.status, none.events?.[0]?.message],
    [{ phase: 'Pending' }, 'storageclass.storage.k8s.io "nfs" not found'],
  );
});

test('settles when bound, is lost without its volume, waits for a named one', () => {
  const bound = claim({ volumeName: 'v' }, { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '10Gi' } });
  const settled = planOf(
    binder,
    bound,
    { objects: [volume('v', { claimRef: { uid: 'c-uid', name: 'data', namespace: 'a' } })] },
    now,
  );
  assert.deepEqual(settled.writes, []);
  assert.deepEqual(settled.status, bound.status);
  assert.deepEqual(planOf(binder, bound, {}, now).status, { phase: 'Lost' });
  assert.deepEqual(planOf(binder, claim({ volumeName: 'v' }), {}, now).status, { phase: 'Pending' });
});

test('a volume follows its claim, and goes with it', () => {
  const claimRef = { namespace: 'a', name: 'data', uid: 'c-uid' };
  const spec = { claimRef, hostPath: { path: '/volumes/x' }, persistentVolumeReclaimPolicy: 'Delete' };
  assert.deepEqual(planOf(volumes, volume('v'), {}, now).status, { phase: 'Available' });
  assert.deepEqual(planOf(volumes, volume('v', spec), { objects: [claim()] }, now).status, { phase: 'Bound' });
  const gone = planOf(volumes, volume('v', spec, 'Bound'), {}, now);
  assert.deepEqual([gone.status, gone.effects?.[0]?.name], [{ phase: 'Released' }, 'volume.remove']);
  const kept = planOf(volumes, volume('v', { ...spec, persistentVolumeReclaimPolicy: 'Retain' }, 'Bound'), {}, now);
  assert.deepEqual([kept.status, kept.effects], [{ phase: 'Released' }, undefined]);
  const reborn = { ...claim(), metadata: { ...claim().metadata, uid: 'another' } };
  assert.deepEqual(planOf(volumes, volume('v', spec, 'Bound'), { objects: [reborn] }, now).status, { phase: 'Released' });
});

test('removes folders of volumes and nothing else', async () => {
  const removed: string[] = [];
  const writes: Write[] = [];
  const client = { write: async (w: Write) => writes.push(w) } as unknown as Client;
  const ctx = { id: '1', client, clock: new VirtualClock(), signal: new AbortController().signal };
  const remover = volumeRemover({ volumesFolder: '/volumes', removeFolder: async path => void removed.push(path) });
  const ref = { apiVersion: 'v1', kind: 'PersistentVolume', name: 'pvc-1', uid: 'u' };
  await remover.perform({ path: '/volumes/pvc-1', volume: ref }, ctx);
  assert.deepEqual(removed, ['/volumes/pvc-1']);
  assert.deepEqual(writes, [{ verb: 'delete', ref: { apiVersion: 'v1', kind: 'PersistentVolume', name: 'pvc-1' }, uid: 'u' }]);
  for (const outside of ['/volumes', '/volumes-2/x', '/volumes/../etc', '/etc'])
    await assert.rejects(remover.perform({ path: outside, volume: ref }, ctx));
  assert.equal(removed.length, 1);
});

test('the default class says so', () => {
  assert.equal((defaultClass as Obj).metadata.annotations?.['storageclass.kubernetes.io/is-default-class'], 'true');
});
