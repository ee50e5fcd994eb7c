import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { VirtualClock } from '../../lib/index.ts';
import type { Probe } from '../agent/pod.ts';
import { FakeRuntime } from '../testing/fake-runtime.ts';
import { Prober } from './prober.ts';

async function stage(probe: Probe, slot = 'main/readiness') {
  const runtime = new FakeRuntime();
  const clock = new VirtualClock();
  const prober = new Prober({ runtime, clock });
  let changes = 0;
  await prober.start({ changed: () => changes++, signal: new AbortController().signal });
  const want = { attempt: 0, uid: 'u1', container: 'main', probe, ports: [{ name: 'http', containerPort: 80 }] };
  prober.want('u1', { [slot]: want });
  const fact = () => prober.get('u1')?.[slot];
  return { runtime, clock, prober, want, fact, changes: () => changes };
}

test('counts failures up to the threshold, and one success ends them', async () => {
  const { runtime, clock, fact } = await stage({ exec: { command: ['check'] }, periodSeconds: 10, failureThreshold: 3 });
  runtime.execute = () => ({ exitCode: 1, output: 'not yet' });
  await clock.advance(0);
  assert.deepEqual(fact(), { attempt: 0, failures: 1, message: 'not yet' });
  await clock.advance(10_000);
  assert.equal(fact()?.ok, undefined);
  await clock.advance(10_000);
  assert.deepEqual(fact(), { attempt: 0, failures: 3, message: 'not yet', ok: false });
  runtime.execute = () => ({ exitCode: 0 });
  await clock.advance(10_000);
  assert.equal(fact()?.ok, true);
});
test('waits its initial delay', async () => {
  const { runtime, clock } = await stage({ exec: { command: ['check'] }, initialDelaySeconds: 5 });
  await clock.advance(4_999);
  assert.deepEqual(runtime.calls, []);
  await clock.advance(1);
  assert.deepEqual(runtime.calls, ['exec u1/main check']);
});
test('a server that answers between two periods is ready then, without a counted failure', async () => {
  const { runtime, clock, fact } = await stage({ tcpSocket: { port: 'http' }, periodSeconds: 10 });
  await clock.advance(0);
  assert.equal(fact()?.failures, 1);
  runtime.connect = async port => {
    assert.equal(port, 80);
    return new PassThrough();
  };
  await clock.advance(1_000);
  assert.deepEqual([fact()?.ok, fact()?.failures], [true, 1]);
});
test('a new attempt is probed anew, and what is no longer wanted stops', async () => {
  const { runtime, clock, prober, want, fact } = await stage({ exec: { command: ['check'] } });
  await clock.advance(0);
  prober.want('u1', { 'main/readiness': { ...want, attempt: 1 } });
  runtime.execute = () => ({ exitCode: 1 });
  await clock.advance(0);
  assert.deepEqual([fact()?.attempt, fact()?.failures], [1, 1]);
  prober.want('u1', {});
  const before = runtime.calls.length;
  await clock.advance(60_000);
  assert.equal(runtime.calls.length, before);
});
