import { type Frozen, refOf, selectorOf, type Write } from '../../kube/index.ts';
import { wireTime, withCondition } from '../conditions.ts';
import type { Budget } from '../disruption/budget.ts';

import type { Pod } from '../objects.ts';
import { isDeleting } from '../pod-state.ts';
import { type NodeRoom, refusalOf, requestsOf } from './fit.ts';

type AnyPod = Frozen<Pod>;
export type Preemption = { room: NodeRoom; victims: AnyPod[]; violations: number };

const priorityOf = (pod: AnyPod) => pod.spec?.priority ?? 0;
const startOf = (pod: AnyPod) => pod.status?.startTime ?? pod.metadata.creationTimestamp ?? '';

/**
 * The node where a Pod that fits nowhere does the least harm, and the Pods of lower priority that have to leave it: as few
 * and as unimportant ones as possible, those with a budget to spare first.
 *
 * @source kubernetes pkg/scheduler/framework/preemption and plugins/defaultpreemption, from knowledge
 */
export function preemptionFor(
  pod: AnyPod,
  rooms: Iterable<NodeRoom>,
  budgets: readonly Frozen<Budget>[],
  isBarred: (room: NodeRoom) => boolean,
): Preemption | undefined {
  if (pod.spec?.preemptionPolicy === 'Never') return undefined;
  const found: Preemption[] = [];
  for (const room of rooms) {
    if (refusalOf(room.node, pod) !== undefined || isBarred(room)) continue;
    const preemption = victimsIn(pod, room, budgets);
    if (preemption) found.push(preemption);
  }
  return found.toSorted((a, b) => harm(a).reduce((so, n, i) => so || n - harm(b)[i]!, 0))[0];
}

/** Takes all lower ones away, then lets them back one by one, the most important first, as long as the Pod still fits. */
function victimsIn(pod: AnyPod, room: NodeRoom, budgets: readonly Frozen<Budget>[]): Preemption | undefined {
  const lower = [...room.pods].filter(p => priorityOf(p) < priorityOf(pod));
  if (lower.length === 0) return undefined;
  const requests = requestsOf(pod);
  for (const p of lower) room.giveBack(p);
  const victims: AnyPod[] = [];
  let violations = 0;
  const fits = room.shortages(requests).length === 0;
  const spare = new Map(budgets.map(b => [b, b.status?.disruptionsAllowed ?? 0]));
  const byRank = lower.toSorted((a, b) => priorityOf(b) - priorityOf(a) || (startOf(a) < startOf(b) ? -1 : 1));
  const violates = new Map(
    byRank.map(p => {
      const own = budgets.filter(b => isOf(b, p));
      for (const b of own) spare.set(b, spare.get(b)! - 1);
      return [p, own.some(b => spare.get(b)! < 0)];
    }),
  );
  for (const p of [...byRank.filter(p => violates.get(p)), ...byRank.filter(p => !violates.get(p))]) {
    room.take(p);
    if (!fits || room.shortages(requests).length === 0) continue;
    room.giveBack(p);
    victims.push(p);
    if (violates.get(p)) violations++;
  }
  for (const p of victims) room.take(p);
  return fits && victims.length > 0 ? { room, victims, violations } : undefined;
}
function isOf(budget: Frozen<Budget>, pod: AnyPod): boolean {
  return (
    budget.metadata.namespace === pod.metadata.namespace &&
    selectorOf(budget.spec?.selector)?.matches(pod.metadata.labels) === true
  );
}

/** Broken budgets, then the most important victim, then all of them together, then their number. */
function harm({ victims, violations }: Preemption): number[] {
  const priorities = victims.map(priorityOf);
  return [violations, Math.max(...priorities), priorities.reduce((a, b) => a + b, 0), victims.length];
}

/** Whether Pods leave a node already to make room for this one. */
export function isMakingRoom(pod: AnyPod, room: NodeRoom | undefined): boolean {
  return room !== undefined && [...room.pods].some(p => isDeleting(p) && priorityOf(p) < priorityOf(pod));
}

/** Tells victims why, deletes them, and remembers for whom the node is kept. */
export function preemptionWrites(pod: AnyPod, { room, victims }: Preemption, now: Date): Write[] {
  const target = {
    type: 'DisruptionTarget',
    status: 'True' as const,
    reason: 'PreemptionByScheduler',
    message: 'default-scheduler: preempting to accommodate a higher priority pod',
    lastTransitionTime: wireTime(now),
  };
  const leaving = victims.filter(p => !isDeleting(p));
  return [
    nominate(pod, room.node.metadata.name),
    ...leaving.map((p): Write => {
      const patch = { status: { conditions: withCondition(p.status?.conditions ?? [], target, now) } };
      return { verb: 'patch', ref: refOf(p), type: 'strategic', subresource: 'status', patch };
    }),
    ...leaving.map((p): Write => ({ verb: 'delete', ref: refOf(p), uid: p.metadata.uid! })),
  ];
}
function nominate(pod: AnyPod, nominatedNodeName: string): Write {
  return { verb: 'patch', ref: refOf(pod), type: 'strategic', subresource: 'status', patch: { status: { nominatedNodeName } } };
}
