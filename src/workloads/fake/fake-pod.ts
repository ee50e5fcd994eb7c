import { type Condition, type ControllerDef, type Frozen, type Plan, refOf } from '../../kube/index.ts';
import { fnv32a } from '../../lib/index.ts';
import { wireTime } from '../conditions.ts';
import type { Container, ContainerStatus, Pod, PodStatus } from '../objects.ts';
import { isFinished, isReady } from '../pod-state.ts';
import type { Node } from '../scheduling/fit.ts';
import { isFakeNode } from './fake-node.ts';

/**
 * Plays the kubelet of fake nodes: Pods are ready at once, those of Jobs succeed, and what is deleted goes.
 *
 * @source kwok kustomize/stage/pod/fast: pod-ready, pod-complete, pod-delete
 */
export const fakePods: ControllerDef<Pod> = {
  name: 'fake-kubelet',
  for: 'v1/Pod',
  reads: [{ gvk: 'v1/Node' }],
  writes: [{ gvk: 'v1/Pod', verbs: ['delete'] }],
  plan({ object: pod, find }, now): Plan {
    const { nodeName } = pod.spec ?? {};
    if (!nodeName) return {};
    const [node] = find<Node>('v1/Node', { apiVersion: 'v1', kind: 'Node', name: nodeName });
    if (!isFakeNode(node)) return {};
    if (pod.metadata.deletionTimestamp)
      return { writes: [{ verb: 'delete', ref: refOf(pod), uid: pod.metadata.uid!, graceSeconds: 0 }] };
    if (isFinished(pod)) return {};
    const isOfJob = pod.metadata.ownerReferences?.some(r => r.kind === 'Job');
    if (!isReady(pod)) return { status: runningStatus(pod, wireTime(now)) };
    return isOfJob ? { status: endedStatus(pod, wireTime(now)) } : {};
  },
};

function statusOf(c: Frozen<Container>, state: ContainerStatus['state'] & object, ready: boolean): ContainerStatus {
  const { image = '' } = c as { image?: string };
  return {
    name: c.name,
    image,
    imageID: '',
    ready,
    started: state.running !== undefined,
    restartCount: 0,
    state,
  } as ContainerStatus;
}
function withConditions(pod: Frozen<Pod>, said: Record<string, 'True' | 'False'>, at: string): Condition[] {
  const kept = (pod.status?.conditions ?? []).filter(c => !(c.type in said)) as Condition[];
  return [...kept, ...Object.entries(said).map(([type, status]): Condition => ({ type, status, lastTransitionTime: at }))];
}

function runningStatus(pod: Frozen<Pod>, at: string): PodStatus {
  const ended = { terminated: { exitCode: 0, reason: 'Completed', startedAt: at, finishedAt: at } };
  const hash = fnv32a(pod.metadata.uid ?? '');
  const podIP = `10.${128 + ((hash >>> 16) & 127)}.${(hash >>> 8) & 255}.${hash & 255}`;
  return {
    ...(pod.status as PodStatus),
    phase: 'Running',
    startTime: at,
    podIP,
    podIPs: [{ ip: podIP }],
    conditions: withConditions(pod, { Initialized: 'True', Ready: 'True', ContainersReady: 'True' }, at),
    containerStatuses: pod.spec!.containers.map(c => statusOf(c, { running: { startedAt: at } }, true)),
    ...(pod.spec!.initContainers
      ? {
          initContainerStatuses: pod.spec!.initContainers.map(c =>
            statusOf(c, c.restartPolicy === 'Always' ? { running: { startedAt: at } } : ended, true),
          ),
        }
      : {}),
  };
}

function endedStatus(pod: Frozen<Pod>, at: string): PodStatus {
  const startedAt = pod.status?.startTime ?? at;
  const ended = { terminated: { exitCode: 0, reason: 'Completed', startedAt, finishedAt: at } };
  return {
    ...(pod.status as PodStatus),
    phase: 'Succeeded',
    conditions: withConditions(pod, { Ready: 'False', ContainersReady: 'False' }, at),
    containerStatuses: pod.spec!.containers.map(c => statusOf(c, ended, false)),
  };
}
