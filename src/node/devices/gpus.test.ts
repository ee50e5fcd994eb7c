import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Container, Pod } from '../agent/pod.ts';
import { podOf } from '../testing/observe.ts';
import { Gpus, gpusIn } from './gpus.ts';

function stage(t: TestContext, nodes = ['nvidia0', 'nvidia1', 'nvidia10', 'nvidiactl', 'nvidia-caps', 'null']) {
  const home = mkdtempSync(join(tmpdir(), 'skiff-gpus-'));
  t.after(() => rmSync(home, { recursive: true }));
  const folder = join(home, 'dev');
  mkdirSync(folder);
  for (const node of nodes) writeFileSync(join(folder, node), '');
  return { home, folder, open: (byIndex = false) => new Gpus({ home, folder, byIndex }) };
}
function gpu(name: string, count: number): Container {
  return { name, resources: { limits: { 'nvidia.com/gpu': String(count) } } } as unknown as Container;
}
function pod(uid: string, containers: Container[], initContainers: Container[] = []): Pod {
  return podOf({ containers, initContainers }, undefined, { uid });
}
const seen = (gpus: Gpus, p: Pod, c: Container) => gpus.bind(p, c).env['NVIDIA_VISIBLE_DEVICES'];

test('counts the nodes of GPUs only, in the order of their numbers', () => {
  assert.deepEqual(gpusIn(['nvidia10', 'nvidia2', 'nvidiactl', 'nvidia-uvm', 'tty']), [2, 10]);
});

test('binds the nodes of a container and those that all need', t => {
  const { folder, open } = stage(t);
  const main = gpu('main', 1);
  assert.deepEqual(open().bind(pod('u1', [main]), main), {
    mounts: ['nvidia0', 'nvidiactl'].map(n => ({
      kind: 'bind',
      source: join(folder, n),
      target: `/dev/${n}`,
      readOnly: false,
      idmap: false,
    })),
    env: { NVIDIA_VISIBLE_DEVICES: '0' },
  });
  assert.deepEqual(open(true).bind(pod('u2', [main]), main).env, { NVIDIA_VISIBLE_DEVICES: '1', CUDA_VISIBLE_DEVICES: '1' });
});

test('gives every container its own, init containers the first, and the same again at a restart', t => {
  const { open } = stage(t);
  const [init, a, b, none] = [gpu('init', 2), gpu('a', 1), gpu('b', 2), { name: 'none' } as Container];
  const p = pod('u1', [a, none, b], [init]);
  const gpus = open();
  assert.deepEqual([seen(gpus, p, init), seen(gpus, p, a), seen(gpus, p, b)], ['0,1', '0', '1,10']);
  assert.deepEqual(gpus.bind(p, none), { mounts: [], env: {} });
  assert.equal(seen(open(), p, b), '1,10', 'a later daemon reads the record');
});

test('refuses what is not free, and gives again what was released', t => {
  const { open } = stage(t);
  const [two, one] = [gpu('main', 2), gpu('main', 1)];
  const gpus = open();
  seen(gpus, pod('u1', [two]), two);
  assert.throws(
    () => gpus.bind(pod('u2', [two]), two),
    /Allocate failed due to requested number of devices unavailable for nvidia.com\/gpu. Requested: 2, Available: 1/,
  );
  assert.equal(seen(gpus, pod('u3', [one]), one), '10');
  gpus.release('u1');
  assert.equal(seen(gpus, pod('u2', [two]), two), '0,1');
});
