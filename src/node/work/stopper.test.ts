import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../lib/index.ts';
import { FakeRuntime } from '../testing/fake-runtime.ts';
import { run, sandbox } from '../testing/observe.ts';
import { Stopper } from './stopper.ts';

const stop = { uid: 'u1', container: 'main', attempt: 0, graceMs: 10_000 };
function stage() {
  const runtime = new FakeRuntime();
  runtime.set(sandbox([run('main')]));
  const clock = new VirtualClock();
  return { runtime, clock, stopper: new Stopper({ runtime, clock }) };
}

test('sends the signal once, and again only with less grace', async () => {
  const { runtime, stopper } = stage();
  await stopper.stop(stop);
  await stopper.stop(stop);
  await stopper.stop({ ...stop, graceMs: 1_000 });
  assert.deepEqual(runtime.calls, ['stopContainer u1/main 10000 SIGTERM', 'stopContainer u1/main 1000 SIGTERM']);
});
test('leaves a later attempt alone', async () => {
  const { runtime, stopper } = stage();
  runtime.set(sandbox([run('main', { attempt: 1 })]));
  await stopper.stop(stop);
  assert.deepEqual(runtime.calls, []);
});
test('runs the preStop hook within the grace period', async () => {
  const { runtime, clock, stopper } = stage();
  const stopped = stopper.stop({ ...stop, preStop: { sleep: { seconds: 4 } }, signal: 'SIGUSR1' });
  await clock.advance(3_999);
  assert.deepEqual(runtime.calls, []);
  await clock.advance(1);
  await stopped;
  assert.deepEqual(runtime.calls, ['stopContainer u1/main 6000 SIGUSR1']);
});
test('a hook that takes too long leaves two seconds', async () => {
  const { runtime, clock, stopper } = stage();
  const stopped = stopper.stop({ ...stop, preStop: { sleep: { seconds: 60 } } });
  await clock.advance(10_000);
  await stopped;
  assert.deepEqual(runtime.calls, ['stopContainer u1/main 2000 SIGTERM']);
});
