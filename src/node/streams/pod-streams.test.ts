import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepFreeze, type Frozen, type Obj } from '../../kube/index.ts';
import { VirtualClock } from '../../lib/index.ts';
import type { PodSpec, PodStatus } from '../agent/pod.ts';
import { FakeRuntime } from '../testing/fake-runtime.ts';
import { podOf } from '../testing/observe.ts';
import { podStreams } from './pod-streams.ts';

const streams = podStreams({
  home: '/nonexistent',
  runtime: new FakeRuntime(),
  clock: new VirtualClock(),
  onPodChange: () => () => {},
});
const never = new AbortController().signal;
const frozen = (spec: Partial<PodSpec> = {}, status?: PodStatus) => deepFreeze(podOf(spec, status)) as Frozen<Obj>;
const TWO: Partial<PodSpec> = { containers: [{ name: 'a' }, { name: 'b' }], initContainers: [{ name: 'x' }] };
const command = { command: ['sh'], stdin: false, stdout: true, stderr: true, tty: false };

const REFUSED: [string, () => Promise<unknown>, string][] = [
  [
    'a log of nobody',
    () => streams.log(frozen(TWO), {}, never),
    'a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [x]',
  ],
  ['an unknown container', () => streams.log(frozen(), { container: 'c' }, never), 'container c is not valid for pod p'],
  [
    'a log before the start',
    () => streams.log(frozen(), {}, never),
    'container "main" in pod "p" is waiting to start: ContainerCreating',
  ],
  [
    'a previous log without one',
    () => streams.log(frozen(), { previous: true }, never),
    'previous terminated container "main" in pod "p" not found',
  ],
  [
    'two beginnings',
    () => streams.log(frozen(), { sinceSeconds: 1, sinceTime: '2026-01-01T00:00:00Z' }, never),
    "at most one of 'sinceTime' or 'sinceSeconds' may be specified",
  ],
  [
    'exec after the end',
    () => streams.exec(frozen({}, { phase: 'Succeeded' }), command),
    'cannot exec into a container in a completed pod; current phase is Succeeded',
  ],
  ['exec before the start', () => streams.exec(frozen(), command), 'unable to upgrade connection: container not found ("main")'],
];
for (const [what, act, message] of REFUSED) test(`refuses ${what}`, () => assert.rejects(act, { message }));
