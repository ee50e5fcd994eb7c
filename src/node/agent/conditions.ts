import type { Condition, Frozen } from '../../kube/index.ts';
import type { ContainerView } from './container-view.ts';
import { isTerminal, type Pod, type PodPhase } from './pod.ts';
import { timeText } from './status.ts';

type Draft = { type: string; status: 'True' | 'False'; reason?: string; message?: string };

/** Conditions of the node; those of others (PodScheduled, DisruptionTarget, readiness gates) are kept as they are. */
export function conditionsOf(
  pod: Frozen<Pod>,
  o: {
    phase: PodPhase;
    views: readonly ContainerView[];
    initialized: boolean;
    sandboxReady: boolean;
    evicted?: string | undefined;
    now: Date;
  },
): Condition[] {
  const past = (pod.status?.conditions ?? []) as readonly Frozen<Condition>[];
  const containersReady = readiness(
    o,
    o.views.filter(v => v.role === 'main' || v.role === 'sidecar'),
  );
  const drafts: Draft[] = [
    { type: 'PodReadyToStartContainers', status: o.sandboxReady ? 'True' : 'False' },
    initializedOf(o),
    gatesOf(pod, containersReady),
    { ...containersReady, type: 'ContainersReady' },
    ...(o.evicted === undefined ? [] : [disruption(o.evicted)]),
  ];
  return [
    ...drafts.map(d =>
      stamped(
        d,
        past.find(c => c.type === d.type),
        o.now,
      ),
    ),
    ...past.filter(c => !drafts.some(d => d.type === c.type)),
  ];
}

function disruption(message: string): Draft {
  return { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message };
}
function initializedOf(o: { phase: PodPhase; views: readonly ContainerView[]; initialized: boolean }): Draft {
  if (o.phase === 'Succeeded') return { type: 'Initialized', status: 'True', reason: 'PodCompleted' };
  if (o.initialized) return { type: 'Initialized', status: 'True' };
  const open = o.views.filter(v => (v.role === 'init' ? !v.ready : v.role === 'sidecar' && !v.started)).map(v => v.spec.name);
  const message = `containers with incomplete status: [${open.join(' ')}]`;
  return { type: 'Initialized', status: 'False', reason: 'ContainersNotInitialized', message };
}
function readiness(o: { phase: PodPhase }, views: readonly ContainerView[]): Draft {
  const type = 'Ready';
  if (o.phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (o.phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const unready = views.filter(v => !v.ready).map(v => v.spec.name);
  if (unready.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
}
function gatesOf(pod: Frozen<Pod>, ready: Draft): Draft {
  if (ready.status === 'False' || isTerminal(pod.status?.phase)) return ready;
  const closed = (pod.spec!.readinessGates ?? []).filter(
    g => pod.status?.conditions?.find(c => c.type === g.conditionType)?.status !== 'True',
  );
  if (closed.length === 0) return ready;
  const texts = closed.map(g => {
    const found = pod.status?.conditions?.some(c => c.type === g.conditionType);
    return found
      ? `the status of pod readiness gate "${g.conditionType}" is not "True", but False`
      : `corresponding condition of pod readiness gate "${g.conditionType}" does not exist.`;
  });
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: texts.join(', ') };
}
function stamped(draft: Draft, past: Frozen<Condition> | undefined, now: Date): Condition {
  const lastTransitionTime = past?.status === draft.status && past.lastTransitionTime ? past.lastTransitionTime : timeText(now);
  return { ...draft, lastTransitionTime };
}
