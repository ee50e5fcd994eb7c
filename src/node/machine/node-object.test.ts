import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition, Obj } from '../../kube/index.ts';
import { MemoryApi } from '../../kube/testing/memory-client.ts';
import { silentLogger, VirtualClock } from '../../lib/index.ts';
import { FakeRuntime } from '../testing/fake-runtime.ts';
import type { Disk } from './disk.ts';
import { Heartbeat } from './heartbeat.ts';
import { readMachine } from './machine.ts';

type NodeObject = Obj<{ taints?: { key: string; effect: string }[] }, { conditions: Condition[] }>;
const GIB = 2 ** 30;

test('a disk that fills up is a condition and a taint of the Node, until there is room again', async () => {
  const api = new MemoryApi();
  const disk: Disk = { bytes: 100 * GIB, freeBytes: 2 * GIB };
  const heartbeat = new Heartbeat({
    nodeName: 'skiff',
    client: api.client(),
    clock: new VirtualClock(),
    log: silentLogger,
    runtime: new FakeRuntime().info,
    machine: () => readMachine('/nowhere', async () => disk),
  });
  const seen = () => {
    const { spec, status } = api.list('v1/Node')[0] as NodeObject;
    const { status: holds, reason } = status!.conditions.find(c => c.type === 'DiskPressure')!;
    return [holds, reason, (spec?.taints ?? []).map(t => `${t.key}:${t.effect}`).join()];
  };
  await heartbeat.start();
  assert.deepEqual(seen(), ['False', 'KubeletHasNoDiskPressure', '']);
  disk.freeBytes = GIB - 1;
  await heartbeat.report();
  assert.deepEqual(seen(), ['True', 'KubeletHasDiskPressure', 'node.kubernetes.io/disk-pressure:NoSchedule']);
  disk.freeBytes = GIB;
  await heartbeat.report();
  assert.deepEqual(seen(), ['False', 'KubeletHasNoDiskPressure', '']);
  heartbeat.close();
});
