import type { Frozen } from '../../kube/index.ts';
import { type BackoffOptions, backoffMs, crashesInARow, goDuration } from './backoff.ts';
import type { ContainerView, ProbeFacts } from './container-view.ts';
import { type Container, type Pod, podLabel } from './pod.ts';
import type { Waiting } from './status.ts';

/** Crashes in a row, by container; `attempt` is the one that was counted last. */
export type Crashes = Record<string, { attempt: number; count: number }>;
export type Stop = { view: ContainerView; why: 'liveness' | 'startup' | 'ended'; graceMs: number };
export type Decision = {
  initialized: boolean;
  /** An init container failed for good. */
  initFailed: boolean;
  start: { view: ContainerView; attempt: number }[];
  stop: Stop[];
  /** Crash loops. */
  waiting: Map<string, Waiting>;
  requeueAt?: Date;
  crashes: Crashes;
  /** Nothing runs and nothing will. */
  finished: boolean;
};

/**
 * What should start and stop now. `ending` (deletion, deadline) starts nothing and stops everything, main containers
 * before sidecars.
 * @source kubernetes pkg/kubelet/kuberuntime computePodActions (from knowledge)
 */
export function decide(
  pod: Frozen<Pod>,
  views: readonly ContainerView[],
  probes: Frozen<ProbeFacts>,
  o: { ending: boolean; graceMs: number; crashes: Crashes; now: Date; backoff: BackoffOptions },
): Decision {
  const d: Decision = {
    initialized: false,
    initFailed: false,
    start: [],
    stop: [],
    waiting: new Map(),
    crashes: { ...o.crashes },
    finished: false,
  };
  const mains = views.filter(v => v.role === 'main');
  const policy = pod.spec!.restartPolicy ?? 'Always';
  const cursor = initCursor(views, policy);
  d.initFailed = cursor.failed;
  d.initialized = !cursor.failed && (cursor.at === undefined || mains.some(v => v.run));
  const over = o.ending || d.initFailed || mains.every(v => isOver(v, policy));
  if (!over) {
    for (const view of wanted(views, d.initialized, cursor.at)) restart(pod, view, policy, d, o);
    probeStops(views, probes, d, o);
  } else stopInOrder(views, d, o);
  d.finished = over && !views.some(v => v.run?.state === 'running');
  return d;
}

/** The first init container that is not done, and whether one failed for good. */
function initCursor(views: readonly ContainerView[], policy: string): { at?: ContainerView; failed: boolean } {
  for (const v of views) {
    if (v.role === 'init') {
      if (v.run?.state === 'exited' && exitOk(v)) continue;
      return { at: v, failed: policy === 'Never' && v.run?.state === 'exited' };
    }
    if (v.role === 'sidecar' && !(v.run?.state === 'running' && v.started)) return { at: v, failed: false };
  }
  return { failed: false };
}
function exitOk(v: ContainerView): boolean {
  return v.run?.exitCode === 0 && !v.run.startError;
}
/** A main container that ended and stays so. */
function isOver(v: ContainerView, policy: string): boolean {
  return v.run?.state === 'exited' && (policy === 'Never' || (policy === 'OnFailure' && exitOk(v)));
}
function wanted(views: readonly ContainerView[], initialized: boolean, at: ContainerView | undefined): ContainerView[] {
  if (initialized) return views.filter(v => v.role !== 'init');
  const end = at ? views.indexOf(at) : -1;
  return views.filter((v, i) => v === at || (v.role === 'sidecar' && i < end) || (v.role === 'ephemeral' && v.run === undefined));
}

function restart(
  pod: Frozen<Pod>,
  view: ContainerView,
  policy: string,
  d: Decision,
  o: { now: Date; backoff: BackoffOptions },
): void {
  const { run, spec } = view;
  if (!run) {
    d.start.push({ view, attempt: 0 });
    return;
  }
  if (run.state === 'running' || view.role === 'ephemeral' || (view.role === 'main' && isOver(view, policy))) return;
  const finishedMs = Date.parse(run.finishedAt ?? '') || o.now.getTime();
  const known = d.crashes[spec.name];
  const ranMs = finishedMs - (Date.parse(run.startedAt) || finishedMs);
  const count = known?.attempt === run.attempt ? known.count : crashesInARow(known?.count ?? run.attempt, ranMs, o.backoff);
  d.crashes[spec.name] = { attempt: run.attempt, count };
  const delayMs = count <= 1 ? 0 : backoffMs(count - 1, o.backoff);
  const dueMs = finishedMs + delayMs;
  if (dueMs <= o.now.getTime()) {
    d.start.push({ view, attempt: run.attempt + 1 });
    return;
  }
  const message = `back-off ${goDuration(delayMs)} restarting failed container=${spec.name} pod=${podLabel(pod)}`;
  d.waiting.set(spec.name, { reason: 'CrashLoopBackOff', message });
  sooner(d, new Date(dueMs));
}

function probeStops(views: readonly ContainerView[], probes: Frozen<ProbeFacts>, d: Decision, o: { graceMs: number }): void {
  for (const view of views) {
    if (view.run?.state !== 'running') continue;
    for (const why of ['startup', 'liveness'] as const) {
      const fact = probes[`${view.spec.name}/${why}`];
      if (fact?.attempt !== view.run.attempt || fact.ok !== false) continue;
      const own = probeOf(view.spec, why)?.terminationGracePeriodSeconds;
      d.stop.push({ view, why, graceMs: own === undefined ? o.graceMs : own * 1000 });
    }
  }
}
export function probeOf(spec: Frozen<Container>, kind: 'startup' | 'liveness' | 'readiness') {
  return kind === 'startup' ? spec.startupProbe : kind === 'liveness' ? spec.livenessProbe : spec.readinessProbe;
}

/** Everything at once but sidecars, which go last, the newest first. */
function stopInOrder(views: readonly ContainerView[], d: Decision, o: { graceMs: number }): void {
  const running = views.filter(v => v.run?.state === 'running');
  const first = running.filter(v => v.role !== 'sidecar');
  const next = first.length > 0 ? first : running.slice(-1);
  for (const view of next) d.stop.push({ view, why: 'ended', graceMs: o.graceMs });
}
export function sooner(d: { requeueAt?: Date }, at: Date): void {
  if (!d.requeueAt || at < d.requeueAt) d.requeueAt = at;
}
