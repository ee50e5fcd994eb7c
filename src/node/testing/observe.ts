import { deepFreeze, type Frozen, type Gvk, gvkOf, type Obj, type Observed, type Plan, type Ref } from '../../kube/index.ts';
import { defaultBackoff } from '../agent/backoff.ts';
import type { ProbeFacts } from '../agent/container-view.ts';
import type { AgentFact } from '../agent/fact.ts';
import { type AgentConfig, type Memo, planPod } from '../agent/plan.ts';
import type { Pod, PodSpec, PodStatus } from '../agent/pod.ts';
import type { ContainerFact, PodFact } from '../runtime.ts';

export const config: AgentConfig = {
  nodeName: 'skiff',
  hostIP: '192.0.2.1',
  backoff: defaultBackoff,
  slowStartMs: 500,
  shortRunMs: 20,
};
export const NOW = new Date('2026-01-01T00:01:00Z');

/** A Pod bound to our node with one container `main`. */
export function podOf(spec: Partial<PodSpec> = {}, status?: PodStatus, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'ns', uid: 'u1', ...metadata },
    spec: {
      nodeName: 'skiff',
      containers: [{ name: 'main', image: 'alpine', command: ['true'] }],
      restartPolicy: 'Never',
      ...spec,
    },
    ...(status ? { status } : {}),
  };
}
export function run(name: string, more: Partial<ContainerFact> = {}): ContainerFact {
  return { name, attempt: 0, state: 'running', startedAt: '2026-01-01T00:00:01.000Z', ...more };
}
export function exited(name: string, exitCode: number, more: Partial<ContainerFact> = {}): ContainerFact {
  return run(name, { state: 'exited', exitCode, finishedAt: '2026-01-01T00:00:59.000Z', ...more });
}
export function sandbox(containers: ContainerFact[], more: Partial<PodFact> = {}): PodFact {
  return { uid: 'u1', sandbox: 'ready', podIP: '10.244.0.9', containers, ...more };
}
export type World = {
  pod: Pod;
  runtime?: PodFact;
  problems?: AgentFact['problems'];
  evicted?: string;
  probes?: ProbeFacts;
  memo?: Memo;
  objects?: Obj[];
  now?: Date;
};
/** Plans twice on frozen input, insists on equal answers, and returns one. */
export function planTwice(world: World, compare: (a: unknown, b: unknown) => void): Plan<Memo> {
  const fact: AgentFact = { problems: world.problems ?? {}, images: { main: 'docker.io/library/alpine@sha256:0' } };
  if (world.runtime) fact.runtime = world.runtime;
  if (world.evicted) fact.evicted = world.evicted;
  const signals: Record<string, unknown> = {
    containers: world.runtime || world.problems || world.evicted ? fact : undefined,
    probes: world.probes,
  };
  const observed = {
    object: deepFreeze(structuredClone(world.pod)),
    owned: () => [],
    find: (gvk: Gvk, by: Ref) => (world.objects ?? []).filter(o => gvkOf(o) === gvk && o.metadata.name === by.name),
    signal: (source: string) => deepFreeze(structuredClone(signals[source])),
    memo: world.memo && (deepFreeze(structuredClone(world.memo)) as Memo),
  } as unknown as Observed<Pod, Memo>;
  const now = world.now ?? NOW;
  const first = planPod(observed, now, config);
  compare(planPod(observed, now, config), first);
  return first;
}
export function statusOf(plan: Plan<Memo>): Frozen<PodStatus> {
  return plan.status as Frozen<PodStatus>;
}
