import type { Frozen } from '../../kube/index.ts';
import type { ContainerFact } from '../runtime.ts';
import { type ContainerView, containerId } from './container-view.ts';
import type { ContainerState, ContainerStateTerminated, ContainerStatus, Pod } from './pod.ts';

/** RFC 3339 with whole seconds, as metav1.Time is written. */
export function timeText(at: string | Date): string {
  return `${(typeof at === 'string' ? new Date(at) : at).toISOString().slice(0, 19)}Z`;
}

/** The terminated state of an attempt. @source kubernetes pkg/kubelet/kuberuntime (from knowledge) */
export function terminatedState(uid: string, run: Frozen<ContainerFact> & { lost?: boolean }): ContainerStateTerminated {
  const message = run.startError ?? run.terminationMessage;
  return {
    exitCode: run.startError ? 128 : (run.exitCode ?? 0),
    ...(run.signal ? { signal: run.signal } : {}),
    reason: terminatedReason(run),
    ...(run.lost && !message ? { message: 'The container could not be located when the pod was terminated' } : {}),
    ...(message ? { message } : {}),
    ...(run.startedAt ? { startedAt: timeText(run.startedAt) } : {}),
    ...(run.finishedAt ? { finishedAt: timeText(run.finishedAt) } : {}),
    containerID: containerId(uid, run.name, run.attempt),
  };
}
function terminatedReason(run: Frozen<ContainerFact> & { lost?: boolean }): string {
  if (run.lost) return 'ContainerStatusUnknown';
  if (run.startError) return 'StartError';
  if (run.oomKilled) return 'OOMKilled';
  return run.exitCode === 0 ? 'Completed' : 'Error';
}

export type Waiting = { reason: string; message?: string };

/** One entry of containerStatuses. `waiting` is what a container that is not running waits for. */
export function containerStatus(pod: Frozen<Pod>, view: ContainerView, waiting: Waiting | undefined): ContainerStatus {
  const uid = pod.metadata.uid!;
  const { spec, run, reported } = view;
  const id = run && containerId(uid, spec.name, run.attempt);
  const ended = run?.state === 'exited' ? { terminated: keepMessage(terminatedState(uid, run), reported) } : undefined;
  let state: ContainerState;
  let lastState: ContainerState = lastOf(uid, view, id);
  if (run?.state === 'running') state = { running: { startedAt: timeText(run.startedAt) } };
  else if (waiting) {
    state = { waiting };
    if (ended) lastState = ended;
  } else state = ended ?? { waiting: { reason: 'ContainerCreating' } };
  return {
    name: spec.name,
    state,
    lastState,
    ready: view.ready,
    started: view.started,
    restartCount: run?.attempt ?? reported?.restartCount ?? 0,
    image: spec.image ?? '',
    imageID: view.imageID,
    ...(id ? { containerID: id } : {}),
    ...shapeOf(view),
  };
}

/** What a past status said of this attempt stays: the runtime may have forgotten the text meanwhile. */
function keepMessage(ended: ContainerStateTerminated, reported: Frozen<ContainerStatus> | undefined): ContainerStateTerminated {
  const past = [reported?.state.terminated, reported?.lastState.terminated].find(t => t?.containerID === ended.containerID);
  return past ? { ...past } : ended;
}
function lastOf(uid: string, view: ContainerView, id: string | undefined): ContainerState {
  if (view.before) return { terminated: terminatedState(uid, view.before) };
  const { reported } = view;
  if (!reported) return {};
  const ended = reported.state.terminated;
  if (ended && id && ended.containerID !== id) return { terminated: { ...ended } };
  return { ...reported.lastState } as ContainerState;
}
function shapeOf({ spec }: ContainerView): Pick<ContainerStatus, 'resources' | 'allocatedResources' | 'volumeMounts'> {
  const { requests, limits } = spec.resources ?? {};
  return {
    ...(requests || limits ? { resources: { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) } } : {}),
    ...(requests ? { allocatedResources: { ...requests } } : {}),
    ...(spec.volumeMounts?.length
      ? {
          volumeMounts: spec.volumeMounts.map(m => ({
            name: m.name,
            mountPath: m.mountPath,
            ...(m.readOnly ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}),
          })),
        }
      : {}),
  };
}
