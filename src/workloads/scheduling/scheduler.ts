import {
  type Condition,
  type ControllerDef,
  type Effect,
  type EventDraft,
  type Frozen,
  isReason,
  type Obj,
  type Performer,
  type Plan,
  type Ref,
  refOf,
  type Write,
} from '../../kube/index.ts';
import { conditionOf, wireTime } from '../conditions.ts';
import type { Budget } from '../disruption/budget.ts';
import type { Pod } from '../objects.ts';
import { isFinished } from '../pod-state.ts';
import type { Claim } from '../volumes/volume-object.ts';
import { likingOf, type Node, NodeRoom, refusalOf, requestsOf } from './fit.ts';
import { isShy, type PodRules, podRules } from './neighbours.ts';
import { isMakingRoom, preemptionFor, preemptionWrites } from './preemption.ts';

type AnyPod = Frozen<Pod>;
/** Pods bound by an earlier plan whose node the cache does not show yet. */
type Memo = { assumed: Readonly<Record<string, string>> };
type Binding = { pod: Ref; node: string };

const NAME = 'default-scheduler';
const BIND = 'pod.bind';

/**
 * One plan over all Pods gives the waiting ones a node: requests against what is left, selectors, taints, claims, neighbours.
 * What fits nowhere may take the place of less important Pods.
 * Binding is an effect, so that the next Pod does not wait for the write of the one before.
 */
export const scheduler: ControllerDef<Pod, Memo> = {
  name: 'scheduler',
  for: 'v1/Pod',
  key: () => ({ name: 'all' }),
  reads: [
    { gvk: 'v1/Node', enqueue: () => [{ name: 'all' }] },
    { gvk: 'v1/PersistentVolumeClaim', enqueue: () => [{ name: 'all' }] },
    { gvk: 'v1/Namespace' },
    { gvk: 'policy/v1/PodDisruptionBudget' },
  ],
  writes: [
    { gvk: 'v1/Pod', verbs: ['create'], subresource: 'binding' },
    { gvk: 'v1/Pod', verbs: ['delete'] },
  ],
  plan({ find, memo }, now): Plan<Memo> {
    const rooms = new Map(find<Node>('v1/Node', {}).map(node => [node.metadata.name, new NodeRoom(node)]));
    const assumed: Record<string, string> = {};
    const waiting: AnyPod[] = [];
    const shy: { pod: AnyPod; room: NodeRoom }[] = [];
    const settle = (pod: AnyPod, room: NodeRoom | undefined) => {
      room?.take(pod);
      if (room && isShy(pod)) shy.push({ pod, room });
    };
    for (const pod of find<Pod>('v1/Pod', {})) {
      if (isFinished(pod)) continue;
      const before = memo?.assumed[pod.metadata.uid!];
      const node = pod.spec?.nodeName ?? before;
      if (node) settle(pod, rooms.get(node));
      else if (isWaiting(pod)) waiting.push(pod);
      if (before && !pod.spec?.nodeName) assumed[pod.metadata.uid!] = before;
    }
    const writes: Write[] = [];
    const events: EventDraft[] = [];
    const effects: Effect[] = [];
    const labelsOf = (name: string) =>
      find<Obj>('v1/Namespace', { apiVersion: 'v1', kind: 'Namespace', name })[0]?.metadata.labels;
    for (const pod of inQueueOrder(waiting)) {
      const rules = podRules(pod, { rooms, shy, labelsOf });
      const claims = claimObstacle(pod, find);
      const verdict = place(pod, rooms, rules, claims);
      if ('obstacle' in verdict) {
        const regarding = refOf(pod);
        const rejection = unschedulable(pod, verdict.obstacle, now);
        if (rejection) {
          writes.push(rejection);
          const message = verdict.obstacle;
          events.push({ type: 'Warning', reason: 'FailedScheduling', message, regarding, action: 'Scheduling' });
        }
        const nominated = rooms.get(pod.status?.nominatedNodeName ?? '');
        if (isMakingRoom(pod, nominated)) settle(pod, nominated);
        else if (!claims) {
          const budgets = find<Budget>('policy/v1/PodDisruptionBudget', {});
          const preemption = preemptionFor(pod, rooms.values(), budgets, room => rules.obstacle(room) !== undefined);
          if (!preemption) continue;
          const { room, victims } = preemption;
          writes.push(...preemptionWrites(pod, preemption, now));
          const message = `Preempted by pod ${pod.metadata.uid} on node ${room.node.metadata.name}`;
          events.push(
            ...victims.map(v => ({
              reason: 'Preempted',
              message,
              regarding: refOf(v),
              related: regarding,
              action: 'Preempting',
            })),
          );
          for (const victim of victims) room.giveBack(victim);
          settle(pod, room);
        }
        continue;
      }
      settle(pod, rooms.get(verdict.node));
      const { metadata } = pod;
      assumed[metadata.uid!] = verdict.node;
      effects.push({ name: BIND, id: metadata.uid!, params: { pod: refOf(pod), node: verdict.node } satisfies Binding });
      const message = `Successfully assigned ${metadata.namespace}/${metadata.name} to ${verdict.node}`;
      events.push({ reason: 'Scheduled', message, regarding: refOf(pod), action: 'Binding' });
    }
    return { writes, events, effects, memo: { assumed } };
  },
};

function isWaiting(pod: AnyPod): boolean {
  const { schedulerName = NAME, schedulingGates = [] } = pod.spec ?? {};
  return schedulerName === NAME && schedulingGates.length === 0 && pod.metadata.deletionTimestamp === undefined;
}

/** Higher priority first, then the older one. */
function inQueueOrder(pods: readonly AnyPod[]): AnyPod[] {
  const created = (p: AnyPod) => p.metadata.creationTimestamp ?? '';
  return pods.toSorted((a, b) => {
    const byPriority = (b.spec?.priority ?? 0) - (a.spec?.priority ?? 0);
    return (
      byPriority || (created(a) === created(b) ? (a.metadata.name < b.metadata.name ? -1 : 1) : created(a) < created(b) ? -1 : 1)
    );
  });
}

function place(
  pod: AnyPod,
  rooms: ReadonlyMap<string, NodeRoom>,
  rules: PodRules,
  claims: string | undefined,
): { node: string } | { obstacle: string } {
  if (rooms.size === 0) return { obstacle: 'no nodes available to schedule pods' };
  if (claims) return { obstacle: `0/${rooms.size} nodes are available: ${claims}.` };
  const requests = requestsOf(pod);
  const reasons = new Map<string, number>();
  let best: { room: NodeRoom; liking: number } | undefined;
  for (const room of rooms.values()) {
    const obstacles = obstaclesIn(pod, room, requests, rules);
    for (const reason of obstacles) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (obstacles.length > 0) continue;
    const liking = likingOf(room.node, pod) + rules.liking(room);
    if (!best || liking > best.liking || (liking === best.liking && room.freeCpu > best.room.freeCpu)) best = { room, liking };
  }
  if (best) return { node: best.room.node.metadata.name };
  const counted = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return { obstacle: `0/${rooms.size} nodes are available: ${counted.join(', ')}.` };
}
/** Why a Pod cannot run on a node: as upstream, only what the first check to fail says. */
function obstaclesIn(pod: AnyPod, room: NodeRoom, requests: ReturnType<typeof requestsOf>, rules: PodRules): string[] {
  const refusal = refusalOf(room.node, pod);
  if (refusal) return [refusal];
  const shortages = room.shortages(requests);
  if (shortages.length > 0) return shortages;
  const rule = rules.obstacle(room);
  return rule ? [rule] : [];
}

/** What the Pod's claims lack; undefined when all are bound. */
function claimObstacle(pod: AnyPod, find: Parameters<ControllerDef['plan']>[0]['find']): string | undefined {
  for (const volume of pod.spec?.volumes ?? []) {
    const name =
      volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral ? `${pod.metadata.name}-${volume.name}` : undefined);
    if (name === undefined) continue;
    const ref = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: pod.metadata.namespace!, name };
    const [claim] = find<Claim>('v1/PersistentVolumeClaim', ref);
    if (!claim) return `persistentvolumeclaim "${name}" not found`;
    if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
    if (claim.status?.phase !== 'Bound') return 'pod has unbound immediate PersistentVolumeClaims';
  }
  return undefined;
}

/** Says on the Pod why it waits; nothing when that stands there already. */
function unschedulable(pod: AnyPod, message: string, now: Date): Write | undefined {
  const old = conditionOf(pod.status?.conditions, 'PodScheduled');
  if (old?.status === 'False' && old.reason === 'Unschedulable' && old.message === message) return undefined;
  const condition: Condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
  const since = old?.status === 'False' ? old.lastTransitionTime : undefined;
  const patch = { status: { conditions: [{ ...condition, lastTransitionTime: since ?? wireTime(now) }] } };
  return { verb: 'patch', ref: refOf(pod), type: 'strategic', subresource: 'status', patch };
}

/** Writes the node of a Pod. A Pod that is gone or has one is nobody's loss. */
export const binder: Performer<Binding> = {
  name: BIND,
  order: 'afterWrites',
  async perform({ pod, node }, { client }) {
    const { uid, ...ref } = pod;
    const metadata = { name: pod.name, namespace: pod.namespace, ...(uid ? { uid } : {}) };
    const body = { apiVersion: 'v1', kind: 'Binding', metadata, target: { apiVersion: 'v1', kind: 'Node', name: node } };
    try {
      await client.write({ verb: 'post', ref, subresource: 'binding', body });
    } catch (e) {
      if (!isReason(e, 'NotFound') && !isReason(e, 'Conflict')) throw e;
    }
  },
};
