import type { EventDraft, Frozen } from '../../kube/index.ts';
import { type ContainerView, containerId } from './container-view.ts';
import type { Problem } from './fact.ts';
import { type Pod, podLabel, podRef } from './pod.ts';

const FIELD = {
  init: 'initContainers',
  sidecar: 'initContainers',
  main: 'containers',
  ephemeral: 'ephemeralContainers',
} as const;
const IMAGE_REASONS = new Set(['ErrImagePull', 'ErrImageNeverPull', 'InvalidImageName']);

/** An event about one container, with the field path that `kubectl describe` shows. */
export function aboutContainer(pod: Frozen<Pod>, view: ContainerView, e: EventDraft): EventDraft {
  const regarding = { ...podRef(pod), fieldPath: `spec.${FIELD[view.role]}{${view.spec.name}}` };
  return { ...e, regarding };
}
/** Pulled, Created, Started for an attempt that was not reported before. */
export function startEvents(pod: Frozen<Pod>, view: ContainerView): EventDraft[] {
  const { run, reported, spec } = view;
  if (!run || run.lost || reported?.containerID === containerId(pod.metadata.uid!, spec.name, run.attempt)) return [];
  const drafts: EventDraft[] = [
    { reason: 'Pulled', message: `Container image "${spec.image}" already present on machine` },
    { reason: 'Created', message: `Created container: ${spec.name}` },
    run.startError
      ? { type: 'Warning', reason: 'Failed', message: `Error: ${run.startError}` }
      : { reason: 'Started', message: `Started container ${spec.name}` },
  ];
  return drafts.map(e => aboutContainer(pod, view, e));
}
/** What a problem is told as. */
export function problemEvents(pod: Frozen<Pod>, view: ContainerView | undefined, problem: Frozen<Problem>): EventDraft[] {
  if (!view) return [{ type: 'Warning', reason: problem.reason, message: problem.message }];
  const drafts: EventDraft[] = IMAGE_REASONS.has(problem.reason)
    ? [
        { type: 'Warning', reason: 'Failed', message: `Failed to pull image "${view.spec.image}": ${problem.message}` },
        { type: 'Warning', reason: 'Failed', message: `Error: ${problem.reason}` },
      ]
    : [{ type: 'Warning', reason: 'Failed', message: `Error: ${problem.message}` }];
  return drafts.map(e => aboutContainer(pod, view, e));
}
export function backOffEvent(pod: Frozen<Pod>, view: ContainerView): EventDraft {
  const message = `Back-off restarting failed container ${view.spec.name} in pod ${podLabel(pod)}`;
  return aboutContainer(pod, view, { type: 'Warning', reason: 'BackOff', message });
}
export function killingEvent(pod: Frozen<Pod>, view: ContainerView, why: 'liveness' | 'startup' | 'ended'): EventDraft {
  const { name } = view.spec;
  const message = why === 'ended' ? `Stopping container ${name}` : `Container ${name} failed ${why} probe, will be restarted`;
  return aboutContainer(pod, view, { reason: 'Killing', message });
}
export function unhealthyEvent(pod: Frozen<Pod>, view: ContainerView, kind: string, message: string): EventDraft {
  const title = `${kind[0]!.toUpperCase()}${kind.slice(1)}`;
  return aboutContainer(pod, view, { type: 'Warning', reason: 'Unhealthy', message: `${title} probe failed: ${message}` });
}
