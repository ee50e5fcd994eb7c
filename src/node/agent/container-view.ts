import type { Frozen } from '../../kube/index.ts';
import { sha256Hex } from '../../lib/index.ts';
import type { ContainerFact } from '../runtime.ts';
import type { AgentFact, ProbeFact, Problem } from './fact.ts';
import { latestRun, POD } from './fact.ts';
import { type Container, type ContainerRole, type ContainerStatus, containersOf, type Pod } from './pod.ts';

/** One container as the plan sees it: what is asked, what the runtime knows, what was reported before. */
export type ContainerView = {
  spec: Frozen<Container>;
  role: ContainerRole;
  /** The newest attempt; `lost` means that its outcome is unknown. */
  run?: Frozen<ContainerFact> & { lost?: boolean };
  /** The attempt before, where the runtime still knows it. */
  before?: Frozen<ContainerFact>;
  reported?: Frozen<ContainerStatus>;
  problem?: Frozen<Problem>;
  imageID: string;
  started: boolean;
  ready: boolean;
};
/** After thresholds, by `container/kind`. */
export type ProbeFacts = Record<string, ProbeFact>;
/** Exit code of a container whose outcome nobody knows. */
export const LOST_EXIT_CODE = 255;

/** `skiff://<hex>`: the same attempt has the same id in every daemon. */
export function containerId(uid: string, name: string, attempt: number): string {
  return `skiff://${sha256Hex(`${uid}/${name}/${attempt}`)}`;
}

/** Joins the Pod, the facts and the last status into one view per container, in start order. */
export function viewsOf(pod: Frozen<Pod>, fact: Frozen<AgentFact>, probes: Frozen<ProbeFacts>, now: Date): ContainerView[] {
  const status = pod.status;
  const reportedAll = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  return containersOf(pod).map(({ spec, role }) => {
    const reported = reportedAll.find(s => s.name === spec.name);
    const run = knownRun(spec.name, fact, reported, now);
    const before = run && fact.runtime?.containers.find(c => c.name === spec.name && c.attempt === run.attempt - 1);
    const problem = fact.problems[spec.name] ?? fact.problems[POD];
    const view: ContainerView = {
      spec,
      role,
      imageID: fact.images[spec.name] ?? reported?.imageID ?? '',
      started: false,
      ready: false,
    };
    if (run) view.run = run;
    if (before) view.before = before;
    if (reported) view.reported = reported;
    if (problem) view.problem = problem;
    judge(view, pod.metadata.uid!, probes);
    return view;
  });
}

/** What a lost supervisor took with it, and what was reported running before a lost home, ends as unknown. */
function knownRun(
  name: string,
  fact: Frozen<AgentFact>,
  reported: Frozen<ContainerStatus> | undefined,
  now: Date,
): ContainerView['run'] {
  const run = latestRun(fact.runtime as AgentFact['runtime'], name);
  const lost = fact.runtime?.sandbox === 'lost';
  if (run) {
    if (run.state === 'exited' || !lost) return run;
    const past = [reported?.state.terminated, reported?.lastState.terminated].find(t => t?.containerID === reported?.containerID);
    const finishedAt = (reported?.restartCount === run.attempt && past?.finishedAt) || now.toISOString();
    return { ...run, state: 'exited', exitCode: LOST_EXIT_CODE, finishedAt, lost: true };
  }
  if (!reported?.containerID) return undefined;
  const { running, terminated } = reported.state;
  const base = { name, attempt: reported.restartCount, state: 'exited' as const };
  const ended = terminated ?? reported.lastState.terminated;
  if (running || !ended) {
    return {
      ...base,
      startedAt: running?.startedAt ?? now.toISOString(),
      finishedAt: now.toISOString(),
      exitCode: LOST_EXIT_CODE,
      lost: true,
    };
  }
  const known = { ...base, startedAt: ended.startedAt ?? '', finishedAt: ended.finishedAt ?? '', exitCode: ended.exitCode };
  return {
    ...known,
    ...(ended.reason === 'OOMKilled' ? { oomKilled: true } : {}),
    ...(ended.reason === 'ContainerStatusUnknown' ? { lost: true } : {}),
    ...(ended.message === undefined ? {} : { terminationMessage: ended.message }),
  };
}

/** Whether the container counts as started and as ready: startup probe, then readiness probe. */
function judge(view: ContainerView, uid: string, probes: Frozen<ProbeFacts>): void {
  const { run, spec, role } = view;
  if (!run) return;
  if (run.state === 'exited') {
    view.ready = role === 'init' && run.exitCode === 0;
    return;
  }
  const verdict = (kind: string): boolean | undefined => {
    const p = probes[`${spec.name}/${kind}`];
    return p?.attempt === run.attempt ? p.ok : undefined;
  };
  const same = view.reported?.containerID === containerId(uid, spec.name, run.attempt);
  view.started = !spec.startupProbe || verdict('startup') === true || (same && view.reported?.started === true);
  if (role === 'init' || role === 'ephemeral') return;
  view.ready = view.started && (!spec.readinessProbe || (verdict('readiness') ?? (same && view.reported!.ready)));
}
