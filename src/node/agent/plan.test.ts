import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config, exited, NOW, planTwice, podOf, run, sandbox, statusOf, type World } from '../testing/observe.ts';
import type { Memo } from './plan.ts';
import type { Pod, PodSpec, PodStatus } from './pod.ts';

const plan = (world: World) => planTwice(world, assert.deepEqual);
const effects = (world: World) => (plan(world).effects ?? []).map(e => `${e.name} ${e.id}`);
const reasons = (world: World) => (plan(world).events ?? []).map(e => e.reason);
const seen = (at: Date): Memo => ({ seenAt: at.toISOString(), crashes: {}, told: {} });
/** The status that a plan over this world would report, to start the next one from. */
const reported = (world: World): PodStatus => statusOf(plan(world)) as PodStatus;
const withStatus = (pod: Pod, status: PodStatus): Pod => ({ ...pod, status });
const condition = (status: { conditions?: readonly { type: string }[] }, type: string) =>
  status.conditions?.find(c => c.type === type);

test('leaves the Pods of other nodes alone', () => {
  assert.deepEqual(plan({ pod: podOf({ nodeName: 'other' }) }), {});
});

test('starts a bound Pod in its first turn without writing a status', () => {
  const first = plan({ pod: podOf() });
  assert.equal(first.status, undefined);
  assert.deepEqual(
    first.effects?.map(e => e.name),
    ['pod.start'],
  );
  assert.deepEqual((first.effects![0]!.params as { containers: unknown }).containers, [{ name: 'main', attempt: 0 }]);
  assert.equal(first.requeueAt?.getTime(), NOW.getTime() + config.slowStartMs);
});

test('reports ContainerCreating when a start takes long', () => {
  const status = statusOf(plan({ pod: podOf(), memo: seen(new Date(NOW.getTime() - 600)) }));
  assert.equal(status.phase, 'Pending');
  assert.deepEqual(status.containerStatuses![0]!.state, { waiting: { reason: 'ContainerCreating' } });
});

test('reports a running Pod whole', () => {
  const pod = podOf({}, { conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] });
  const answer = plan({ pod, runtime: sandbox([run('main')]), memo: seen(new Date('2026-01-01T00:00:00.400Z')) });
  const at = '2026-01-01T00:01:00Z';
  const status = statusOf(answer);
  assert.deepEqual(status.conditions, [
    { type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: at },
    { type: 'Initialized', status: 'True', lastTransitionTime: at },
    { type: 'Ready', status: 'True', lastTransitionTime: at },
    { type: 'ContainersReady', status: 'True', lastTransitionTime: at },
    { type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
  ]);
  assert.equal(status.phase, 'Running');
  assert.equal(status.startTime, '2026-01-01T00:00:00Z');
  assert.equal(status.podIP, '10.244.0.9');
  assert.deepEqual(status.podIPs, [{ ip: '10.244.0.9' }]);
  assert.equal(status.hostIP, '192.0.2.1');
  assert.equal(status.qosClass, 'BestEffort');
  const [main] = status.containerStatuses!;
  assert.deepEqual(main!.state, { running: { startedAt: '2026-01-01T00:00:01Z' } });
  assert.match(main!.containerID!, /^skiff:\/\/[0-9a-f]{64}$/);
  assert.equal(main!.ready, true);
  assert.equal(main!.started, true);
  assert.deepEqual(
    answer.events?.map(e => e.reason),
    ['Pulled', 'Created', 'Started'],
  );
  assert.deepEqual(answer.effects, []);
});

test('a Pod that runs once is not reported in its first moment, which may be all there is', () => {
  const justNow = new Date(NOW.getTime() - 5).toISOString();
  const begun = { pod: podOf({ restartPolicy: 'Never' }), runtime: sandbox([run('main', { startedAt: justNow })]) };
  assert.equal(plan(begun).status, undefined);
  assert.equal(plan(begun).requeueAt?.getTime(), NOW.getTime() - 5 + config.shortRunMs);
  assert.equal(reported({ ...begun, runtime: sandbox([run('main')]) }).phase, 'Running');
  assert.equal(reported({ ...begun, pod: podOf({ restartPolicy: 'Always' }) }).phase, 'Running');
  assert.equal(reported({ ...begun, runtime: sandbox([exited('main', 0)]) }).phase, 'Succeeded');
});

test('tells of a start once', () => {
  const world = { pod: podOf(), runtime: sandbox([run('main')]) };
  assert.deepEqual(reasons({ ...world, pod: withStatus(world.pod, reported(world)) }), []);
});

const OUTCOMES: [string, ReturnType<typeof exited>, string, string, number][] = [
  ['exit 0', exited('main', 0), 'Succeeded', 'Completed', 0],
  ['exit 3', exited('main', 3), 'Failed', 'Error', 3],
  ['a signal', exited('main', 137, { signal: 9 }), 'Failed', 'Error', 137],
  ['out of memory', exited('main', 137, { oomKilled: true }), 'Failed', 'OOMKilled', 137],
  ['no such program', exited('main', 0, { startError: 'exec: not found' }), 'Failed', 'StartError', 128],
];
for (const [name, fact, phase, reason, exitCode] of OUTCOMES) {
  test(`${name} ends as ${phase}, ${reason}`, () => {
    const status = statusOf(plan({ pod: podOf(), runtime: sandbox([fact]) }));
    assert.equal(status.phase, phase);
    assert.equal(status.containerStatuses![0]!.state.terminated!.reason, reason);
    assert.equal(status.containerStatuses![0]!.state.terminated!.exitCode, exitCode);
    assert.deepEqual(
      (condition(status, 'Ready') as { reason?: string }).reason,
      phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed',
    );
  });
}

test('lets go of the sandbox only when the outcome is on record', () => {
  const world = { pod: podOf(), runtime: sandbox([exited('main', 0)]) };
  assert.deepEqual(effects(world), []);
  const next = plan({ ...world, pod: withStatus(world.pod, reported(world)) });
  assert.deepEqual(
    next.effects?.map(e => e.name),
    ['pod.remove'],
  );
  assert.equal(next.status, undefined);
  assert.equal(next.writes, undefined);
});

test('restarts at once after the first crash, then waits 10 s, 20 s … 300 s', () => {
  const pod = podOf({ restartPolicy: 'OnFailure' });
  assert.deepEqual(effects({ pod, runtime: sandbox([exited('main', 1)]) }), ['container.start u1/main/1#0']);
  const waits = [10, 20, 40, 80, 160, 300, 300];
  for (const [i, seconds] of waits.entries()) {
    const attempt = i + 1;
    const fact = exited('main', 1, { attempt, finishedAt: NOW.toISOString(), startedAt: NOW.toISOString() });
    const memo = { ...seen(NOW), crashes: { main: { attempt: attempt - 1, count: attempt } } };
    const answer = plan({ pod, runtime: sandbox([fact]), memo });
    assert.deepEqual(answer.effects, []);
    assert.equal(answer.requeueAt?.getTime(), NOW.getTime() + seconds * 1000);
    const [status] = statusOf(answer).containerStatuses!;
    assert.equal(status!.state.waiting?.reason, 'CrashLoopBackOff');
    const text = seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
    assert.equal(status!.state.waiting?.message, `back-off ${text} restarting failed container=main pod=p_ns(u1)`);
    assert.equal(status!.lastState.terminated?.exitCode, 1);
    assert.equal(status!.restartCount, attempt);
  }
});

test('forgets crashes after a long healthy run', () => {
  const fact = exited('main', 1, { attempt: 9, startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:11:00Z' });
  const now = new Date('2026-01-01T00:11:00Z');
  const memo = { ...seen(NOW), crashes: { main: { attempt: 8, count: 9 } } };
  assert.deepEqual(effects({ pod: podOf({ restartPolicy: 'Always' }), runtime: sandbox([fact]), memo, now }), [
    'container.start u1/main/10#0',
  ]);
});

const INIT: Partial<PodSpec> = { initContainers: [{ name: 'a' }, { name: 'b' }] };
test('runs init containers one by one, then the main ones', () => {
  const pod = podOf(INIT);
  assert.deepEqual(effects({ pod }), ['pod.start u1/a/0#0']);
  assert.deepEqual(effects({ pod, runtime: sandbox([run('a')]) }), []);
  assert.deepEqual(effects({ pod, runtime: sandbox([exited('a', 0)]) }), ['container.start u1/b/0#0']);
  const both = sandbox([exited('a', 0), exited('b', 0)]);
  assert.deepEqual(effects({ pod, runtime: both }), ['container.start u1/main/0#0']);
});
test('shows what init containers are waited for', () => {
  const status = statusOf(plan({ pod: podOf(INIT), runtime: sandbox([run('a')]) }));
  assert.equal(status.phase, 'Pending');
  assert.equal(status.containerStatuses![0]!.state.waiting?.reason, 'PodInitializing');
  assert.deepEqual(condition(status, 'Initialized'), {
    type: 'Initialized',
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: 'containers with incomplete status: [a b]',
    lastTransitionTime: '2026-01-01T00:01:00Z',
  });
});
test('fails with its init container when nothing may restart', () => {
  const status = statusOf(plan({ pod: podOf(INIT), runtime: sandbox([exited('a', 1)]) }));
  assert.equal(status.phase, 'Failed');
  assert.deepEqual(effects({ pod: podOf(INIT), runtime: sandbox([exited('a', 1)]) }), []);
});

const SIDECARS: Partial<PodSpec> = {
  initContainers: [
    { name: 'proxy', restartPolicy: 'Always', startupProbe: { tcpSocket: { port: 80 } } },
    { name: 'logs', restartPolicy: 'Always' },
  ],
};
test('waits for a sidecar to be started before the next', () => {
  const pod = podOf(SIDECARS);
  const runtime = sandbox([run('proxy')]);
  assert.deepEqual(effects({ pod, runtime }), []);
  const probes = { 'proxy/startup': { attempt: 0, ok: true, failures: 0, message: '' } };
  assert.deepEqual(effects({ pod, runtime, probes }), ['container.start u1/logs/0#0']);
});
test('stops sidecars in reverse order after the main containers', () => {
  const pod = podOf(SIDECARS);
  const done = [exited('main', 0)];
  assert.deepEqual(effects({ pod, runtime: sandbox([run('proxy'), run('logs'), ...done]) }), ['container.stop u1/logs/0/30000']);
  assert.deepEqual(effects({ pod, runtime: sandbox([run('proxy'), exited('logs', 143), ...done]) }), [
    'container.stop u1/proxy/0/30000',
  ]);
  const status = statusOf(plan({ pod, runtime: sandbox([exited('proxy', 143), exited('logs', 143), ...done]) }));
  assert.equal(status.phase, 'Succeeded');
});

const deleted = { deletionTimestamp: '2026-01-01T00:01:05Z', deletionGracePeriodSeconds: 5 };
test('ends a deleted Pod: TERM, outcome, then the final delete', () => {
  const pod = podOf({}, undefined, { ...deleted, finalizers: ['batch.kubernetes.io/job-tracking'] });
  assert.deepEqual(effects({ pod, runtime: sandbox([run('main')]) }), ['container.stop u1/main/0/5000']);
  const ended = { pod, runtime: sandbox([exited('main', 143, { signal: 15 })]) };
  const outcome = plan(ended);
  assert.equal(statusOf(outcome).phase, 'Failed');
  assert.equal(outcome.writes, undefined);
  const last = plan({ ...ended, pod: withStatus(pod, reported(ended)) });
  assert.deepEqual(last.writes, [
    { verb: 'delete', ref: { apiVersion: 'v1', kind: 'Pod', name: 'p', namespace: 'ns', uid: 'u1' }, uid: 'u1', graceSeconds: 0 },
  ]);
  assert.deepEqual(
    last.effects?.map(e => e.name),
    ['pod.remove'],
  );
  const kept = { ...pod, metadata: { ...pod.metadata, deletionGracePeriodSeconds: 0 } };
  assert.equal(plan({ ...ended, pod: withStatus(kept, reported(ended)) }).writes, undefined);
});
test('a Pod deleted before its start goes at once', () => {
  assert.equal(plan({ pod: podOf({}, undefined, deleted) }).writes?.length, 1);
});

test('stops at its deadline and fails with DeadlineExceeded', () => {
  const pod = podOf({ activeDeadlineSeconds: 30 }, { startTime: '2026-01-01T00:00:20Z', phase: 'Running' });
  assert.deepEqual(effects({ pod, runtime: sandbox([run('main')]) }), ['container.stop u1/main/0/30000']);
  const status = statusOf(plan({ pod, runtime: sandbox([exited('main', 143)]) }));
  assert.equal(status.phase, 'Failed');
  assert.equal(status.reason, 'DeadlineExceeded');
});

test('a lost supervisor makes the outcome unknown', () => {
  const status = statusOf(plan({ pod: podOf(), runtime: sandbox([run('main')], { sandbox: 'lost' }) }));
  assert.equal(status.phase, 'Failed');
  const { exitCode, reason } = status.containerStatuses![0]!.state.terminated!;
  assert.deepEqual({ exitCode, reason }, { exitCode: 255, reason: 'ContainerStatusUnknown' });
});
test('a lost Pod that restarts gets a new sandbox', () => {
  const runtime = sandbox([run('main')], { sandbox: 'lost' });
  const answer = plan({ pod: podOf({ restartPolicy: 'Always' }), runtime });
  assert.deepEqual(
    answer.effects?.map(e => [e.name, (e.params as { afresh: boolean }).afresh]),
    [['pod.start', true]],
  );
});
test('what was reported running and left no trace is lost too', () => {
  const world = { pod: podOf(), runtime: sandbox([run('main')]) };
  const status = statusOf(plan({ pod: withStatus(world.pod, reported(world)) }));
  assert.equal(status.containerStatuses![0]!.state.terminated?.reason, 'ContainerStatusUnknown');
});

test('a missing ConfigMap is waited for and its appearance ends the wait', () => {
  const missing = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'ns', name: 'x' };
  const problems = {
    main: { reason: 'CreateContainerConfigError', message: 'configmap "x" not found', count: 1, at: NOW.toISOString(), missing },
  };
  const world = { pod: podOf(), runtime: sandbox([]), problems };
  const answer = plan(world);
  assert.deepEqual(statusOf(answer).containerStatuses![0]!.state.waiting, {
    reason: 'CreateContainerConfigError',
    message: 'configmap "x" not found',
  });
  assert.deepEqual(answer.effects, []);
  assert.equal(answer.requeueAt?.getTime(), NOW.getTime() + 10_000);
  assert.deepEqual(effects({ ...world, objects: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }] }), [
    'container.start u1/main/0#1',
  ]);
});
test('an unknown image shows ErrImagePull, then ImagePullBackOff', () => {
  const problems = { main: { reason: 'ErrImagePull', message: 'nobody runs it', count: 1, at: NOW.toISOString() } };
  const world = { pod: podOf(), runtime: sandbox([]), problems };
  const first = reported(world);
  assert.equal(first.containerStatuses![0]!.state.waiting?.reason, 'ErrImagePull');
  const next = reported({ ...world, pod: withStatus(world.pod, first) });
  assert.deepEqual(next.containerStatuses![0]!.state.waiting, {
    reason: 'ImagePullBackOff',
    message: 'Back-off pulling image "alpine": ErrImagePull: nobody runs it',
  });
});
test('a volume that cannot be mounted keeps the Pod creating and says so in an event', () => {
  const message = 'MountVolume.SetUp failed for volume "v" : configmap "x" not found';
  const problems = { '': { reason: 'FailedMount', message, count: 1, at: NOW.toISOString() } };
  const answer = plan({ pod: podOf(), problems });
  assert.equal(statusOf(answer).containerStatuses![0]!.state.waiting?.reason, 'ContainerCreating');
  assert.deepEqual(answer.events, [{ type: 'Warning', reason: 'FailedMount', message }]);
});

const PROBED = podOf({
  restartPolicy: 'Always',
  containers: [
    { name: 'main', image: 'alpine', readinessProbe: { tcpSocket: { port: 80 } }, livenessProbe: { tcpSocket: { port: 80 } } },
  ],
});
test('is ready when its readiness probe says so', () => {
  const runtime = sandbox([run('main')]);
  const before = statusOf(plan({ pod: PROBED, runtime }));
  assert.equal(before.containerStatuses![0]!.ready, false);
  assert.equal((condition(before, 'Ready') as { message?: string }).message, 'containers with unready status: [main]');
  const probes = { 'main/readiness': { attempt: 0, ok: true, failures: 0, message: '' } };
  assert.equal(statusOf(plan({ pod: PROBED, runtime, probes })).containerStatuses![0]!.ready, true);
  const wants = plan({ pod: PROBED, runtime }).needs?.find(n => n.source === 'probes');
  assert.deepEqual(Object.keys(wants!.params as object), ['main/liveness', 'main/readiness']);
});
test('kills what fails its liveness probe', () => {
  const probes = { 'main/liveness': { attempt: 0, ok: false, failures: 3, message: 'refused' } };
  const answer = plan({ pod: PROBED, runtime: sandbox([run('main')]), probes });
  assert.deepEqual(
    answer.effects?.map(e => e.name),
    ['container.stop'],
  );
  const texts = answer.events?.map(e => e.message);
  assert.ok(texts?.includes('Container main failed liveness probe, will be restarted'));
  assert.ok(texts?.includes('Liveness probe failed: refused'));
});
test('a Pod with one container waiting is Pending', () => {
  const pod = podOf({ containers: [{ name: 'main' }, { name: 'other' }] });
  assert.equal(statusOf(plan({ pod, runtime: sandbox([run('main')]) })).phase, 'Pending');
});

test('ends an evicted Pod within a second, Failed with the reason', () => {
  const evicted = 'The node was low on resource: ephemeral-storage. ';
  const stopping = plan({ pod: podOf(), runtime: sandbox([run('main')]), evicted });
  assert.equal((stopping.effects!.find(e => e.name === 'container.stop')!.params as { graceMs: number }).graceMs, 1_000);
  assert.ok(stopping.events!.some(e => e.type === 'Warning' && e.reason === 'Evicted' && e.message === evicted));
  const pod = withStatus(podOf(), reported({ pod: podOf(), runtime: sandbox([run('main')]), evicted }));
  const status = statusOf(plan({ pod, runtime: sandbox([exited('main', 0)]), evicted }));
  assert.deepEqual([status.phase, status.reason, status.message], ['Failed', 'Evicted', evicted]);
  const disruptions = status.conditions!.filter(c => c.type === 'DisruptionTarget');
  assert.deepEqual(
    disruptions.map(c => [c.status, c.reason, c.message]),
    [['True', 'TerminationByKubelet', evicted]],
  );
});

test('an evicted Pod that never started fails too', () => {
  const status = statusOf(plan({ pod: podOf(), evicted: 'low', memo: seen(new Date(NOW.getTime() - 600)) }));
  assert.deepEqual([status.phase, status.reason], ['Failed', 'Evicted']);
});
