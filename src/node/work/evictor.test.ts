import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Obj } from '../../kube/index.ts';
import { MemoryApi } from '../../kube/testing/memory-client.ts';
import { silentLogger, VirtualClock } from '../../lib/index.ts';
import { podOf } from '../testing/observe.ts';
import { Evictor } from './evictor.ts';

const GIB = 2 ** 30;

function stage(t: TestContext) {
  const home = mkdtempSync(join(tmpdir(), 'skiff-evictor-'));
  t.after(() => rmSync(home, { recursive: true }));
  const api = new MemoryApi();
  const disk = { bytes: 100 * GIB, freeBytes: 50 * GIB };
  const evicted: Record<string, string> = {};
  const changes: number[] = [];
  const evictor = new Evictor({
    home,
    nodeName: 'skiff',
    client: api.client(),
    clock: new VirtualClock(),
    log: silentLogger,
    disk: async () => disk,
    evict: (uid, message) => void (evicted[uid] = message),
    changed: async () => void changes.push(disk.freeBytes),
  });
  const pod = (uid: string, writtenBytes: number, more: object = {}, status?: object) => {
    api.put(podOf(more, status as never, { name: uid, uid }) as unknown as Obj);
    mkdirSync(join(home, 'pods', uid), { recursive: true });
    writeFileSync(join(home, 'pods', uid, 'data'), Buffer.alloc(writtenBytes));
  };
  return { disk, evicted, changes, evictor, pod };
}

test('evicts the greatest consumer first, one at each look, and nobody when there is room', async t => {
  const { disk, evicted, changes, evictor, pod } = stage(t);
  pod('small', 4096);
  pod('large', 1 << 20);
  await evictor.look();
  assert.deepEqual([evicted, changes], [{}, []]);
  disk.freeBytes = 1024;
  await evictor.look();
  assert.deepEqual(evicted, {
    large:
      'The node was low on resource: ephemeral-storage. Threshold quantity: 1073741824, available: 1Ki. Container main was using 1024Ki, request is 0, has larger consumption of ephemeral-storage. ',
  });
  await evictor.look();
  assert.deepEqual(Object.keys(evicted), ['large', 'small']);
  disk.freeBytes = 2 * GIB;
  await evictor.look();
  assert.deepEqual(changes, [1024, 2 * GIB]);
});

test('spares who keeps to a request, critical Pods, Pods that ended and those of other nodes', async t => {
  const { disk, evicted, evictor, pod } = stage(t);
  const asking = { containers: [{ name: 'main', resources: { requests: { 'ephemeral-storage': '1Gi' } } }] };
  pod('modest', 1 << 20, asking);
  pod('critical', 1 << 20, { priority: 2_000_000_000 });
  pod('over', 1 << 20, {}, { phase: 'Succeeded' });
  pod('elsewhere', 1 << 20, { nodeName: 'other' });
  pod('urgent', 1 << 20, { priority: 10 });
  pod('idle', 4096, { priority: 1 });
  disk.freeBytes = 0;
  for (let i = 0; i < 5; i++) await evictor.look();
  assert.deepEqual(Object.keys(evicted), ['idle', 'urgent', 'modest']);
  assert.match(evicted['modest']!, /available: 0Ki\. $/);
});
