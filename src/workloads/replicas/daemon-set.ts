import {
  type Condition,
  type ControllerDef,
  type EventDraft,
  type Frozen,
  jsonEqual,
  type LabelSelector,
  type Obj,
  type Plan,
  refOf,
  type Write,
} from '../../kube/index.ts';
import { amountOf } from '../amount.ts';
import { earliest } from '../conditions.ts';
import { freeNames } from '../names.ts';
import { type Pod, type PodTemplate, podOf, type Toleration } from '../objects.ts';
import { availableAt, isAvailable, isDeleting, isFinished, isReady } from '../pod-state.ts';
import { type Node, refusalOf } from '../scheduling/fit.ts';
import { type Revision, revisionsOf } from './revisions.ts';

export type DaemonSetStatus = {
  observedGeneration?: number;
  currentNumberScheduled: number;
  desiredNumberScheduled: number;
  numberMisscheduled: number;
  numberReady: number;
  updatedNumberScheduled?: number;
  numberAvailable?: number;
  numberUnavailable?: number;
  conditions?: Condition[];
};
export type DaemonSet = Obj<
  {
    selector?: LabelSelector;
    template?: PodTemplate;
    minReadySeconds?: number;
    revisionHistoryLimit?: number;
    updateStrategy?: {
      type?: 'RollingUpdate' | 'OnDelete';
      rollingUpdate?: { maxUnavailable?: number | string; maxSurge?: number | string };
    };
  },
  DaemonSetStatus
>;
type AnyPod = Frozen<Pod>;
type AnyNode = Frozen<Node>;

const KIND = 'apps/v1/DaemonSet';
const HASH = 'controller-revision-hash';
const TAINTS: [string, string][] = [
  ['not-ready', 'NoExecute'],
  ['unreachable', 'NoExecute'],
  ['disk-pressure', 'NoSchedule'],
  ['memory-pressure', 'NoSchedule'],
  ['pid-pressure', 'NoSchedule'],
  ['unschedulable', 'NoSchedule'],
];

/** A Pod on every node that takes it. One plan over all sets, as a node concerns each of them. */
export const daemonSets: ControllerDef<DaemonSet> = {
  name: 'daemonset-controller',
  for: KIND,
  key: () => ({ name: 'all' }),
  owns: ['v1/Pod', 'apps/v1/ControllerRevision'],
  reads: [{ gvk: 'v1/Node', enqueue: () => [{ name: 'all' }] }],
  plan({ find }, now): Plan {
    const nodes = find<Node>('v1/Node', {});
    const plans = find<DaemonSet>(KIND, {}).map(set => {
      const { namespace, uid } = set.metadata;
      const isOwn = (o: Frozen<Obj>) => o.metadata.ownerReferences?.some(r => r.controller && r.uid === uid) ?? false;
      const pods = find<Pod>('v1/Pod', { namespace: namespace! }).filter(isOwn);
      return planFor(
        set,
        nodes,
        pods,
        find<Revision>('apps/v1/ControllerRevision', { namespace: namespace! }).filter(isOwn),
        now,
      );
    });
    const requeueAt = earliest(...plans.map(p => p.requeueAt));
    return {
      writes: plans.flatMap(p => p.writes ?? []),
      events: plans.flatMap(p => p.events ?? []),
      ...(requeueAt ? { requeueAt } : {}),
    };
  },
};

function planFor(
  set: Frozen<DaemonSet>,
  nodes: readonly AnyNode[],
  pods: readonly AnyPod[],
  kept: readonly Frozen<Revision>[],
  now: Date,
): Plan {
  const minReady = set.spec?.minReadySeconds ?? 0;
  const used = new Set(pods.map(p => `${set.metadata.name}-${p.metadata.labels?.[HASH]}`));
  const { hash, writes: history } = revisionsOf(set, kept, name => used.has(name));
  const wanted = nodes.filter(node => refusalOf(node, podOn(set, node, hash, 'any') as AnyPod) === undefined);
  const byNode = Map.groupBy(pods, nodeOf);
  const isUp = (p: AnyPod) => isAvailable(p, minReady, now) && !isDeleting(p);
  const isNew = (p: AnyPod) => p.metadata.labels?.[HASH] === hash;
  const status = statusOf(set, { wanted, byNode, isUp, isNew });
  const writes: Write[] = [];
  if (!jsonEqual(status, set.status))
    writes.push({ verb: 'update', object: { ...(set as DaemonSet), status }, subresource: 'status' });
  if (set.metadata.deletionTimestamp) return { writes };
  const { create, remove, failed } = populationOf(set, { wanted, byNode, isUp, isNew });
  const taken = new Set(pods.map(p => p.metadata.name));
  const names = freeNames(set, taken, create.length);
  const made = create.map((node, i) => podOn(set, node, hash, names[i]!));
  const regarding = refOf(set);
  const events: EventDraft[] = [
    ...failed.map(p => ({
      type: 'Warning' as const,
      reason: 'FailedDaemonPod',
      message: `Found failed daemon pod ${p.metadata.namespace}/${p.metadata.name} on node ${nodeOf(p)}, will try to kill it`,
      regarding,
    })),
    ...made.map(p => ({ reason: 'SuccessfulCreate', message: `Created pod: ${p.metadata.name}`, regarding })),
    ...remove.map(p => ({ reason: 'SuccessfulDelete', message: `Deleted pod: ${p.metadata.name}`, regarding })),
  ];
  writes.unshift(...history);
  writes.push(
    ...made.map((object): Write => ({ verb: 'create', object })),
    ...remove.map((p): Write => ({ verb: 'delete', ref: refOf(p), uid: p.metadata.uid! })),
  );
  const requeueAt = earliest(...pods.map(p => availableAt(p, minReady)).filter(at => at && at > now));
  return { writes, events, ...(requeueAt ? { requeueAt } : {}) };
}

type World = {
  wanted: readonly AnyNode[];
  byNode: ReadonlyMap<string | undefined, readonly AnyPod[]>;
  isUp(p: AnyPod): boolean;
  isNew(p: AnyPod): boolean;
};

/**
 * Which nodes lack a Pod and which Pods are to go: on the wrong node, failed, too many, or old when their turn comes.
 *
 * @source kubernetes pkg/controller/daemon daemon_controller.go and update.go, from knowledge
 */
function populationOf(set: Frozen<DaemonSet>, { wanted, byNode, isUp, isNew }: World) {
  const { type = 'RollingUpdate', rollingUpdate = {} } = set.spec?.updateStrategy ?? {};
  const isRolling = type === 'RollingUpdate';
  const surge = isRolling ? amountOf(rollingUpdate.maxSurge ?? 0, wanted.length, Math.ceil) : 0;
  const maxUnavailable = amountOf(rollingUpdate.maxUnavailable ?? 1, wanted.length, Math.ceil);
  const names = new Set(wanted.map(n => n.metadata.name));
  const create: AnyNode[] = [];
  const remove = [...byNode].flatMap(([node, pods]) => (node && !names.has(node) ? pods.filter(p => !isDeleting(p)) : []));
  const failed: AnyPod[] = [];
  const replaceable: AnyPod[] = [];
  let spare = maxUnavailable;
  const isSurging = (pods: readonly AnyPod[]) => {
    const alive = pods.filter(p => !isFinished(p) && !isDeleting(p));
    return alive.some(isNew) && !alive.every(isNew);
  };
  let surging = wanted.filter(n => isSurging(byNode.get(n.metadata.name) ?? [])).length;
  for (const node of wanted) {
    const here = byNode.get(node.metadata.name) ?? [];
    const dead = here.filter(p => isFinished(p) && !isDeleting(p));
    failed.push(...dead);
    const alive = here.filter(p => !isFinished(p));
    const [fresh, ...doubles] = alive.filter(p => isNew(p) && !isDeleting(p));
    const old = alive.filter(p => !isNew(p) && !isDeleting(p));
    remove.push(...doubles);
    if (alive.length === 0 && dead.length === 0) create.push(node);
    if (surge > 0 && fresh && isUp(fresh)) remove.push(...old);
    else if (surge > 0 && !fresh && old.length > 0) {
      if (old.every(p => !isUp(p))) remove.push(...old);
      else if (surging < surge) {
        surging++;
        create.push(node);
      }
    } else if (surge === 0) {
      remove.push(...(fresh ? old : old.slice(1)));
      if (!fresh && isRolling && old[0]) replaceable.push(old[0]);
      if (!alive.some(isUp)) spare--;
    }
  }
  // What is down anyway costs nothing; what is up goes as long as enough others are.
  remove.push(...replaceable.filter(p => !isUp(p)), ...replaceable.filter(isUp).slice(0, Math.max(0, spare)));
  return { create, remove: [...failed, ...remove], failed };
}

function statusOf(set: Frozen<DaemonSet>, { wanted, byNode, isUp, isNew }: World): DaemonSetStatus {
  const names = new Set(wanted.map(n => n.metadata.name));
  const here = wanted.map(n => byNode.get(n.metadata.name) ?? []);
  const count = (test: (p: AnyPod) => boolean) => here.filter(pods => pods.some(p => !isFinished(p) && test(p))).length;
  const available = count(isUp);
  const updated = count(isNew);
  const unavailable = wanted.length - available;
  return {
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    currentNumberScheduled: count(() => true),
    desiredNumberScheduled: wanted.length,
    numberMisscheduled: [...byNode].filter(([node, pods]) => node && !names.has(node) && pods.some(p => !isFinished(p))).length,
    numberReady: count(isReady),
    ...(updated > 0 ? { updatedNumberScheduled: updated } : {}),
    ...(available > 0 ? { numberAvailable: available } : {}),
    ...(unavailable > 0 ? { numberUnavailable: unavailable } : {}),
  };
}

/** The node a Pod of a set is on, or is made for. */
function nodeOf(pod: AnyPod): string | undefined {
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return pod.spec?.nodeName ?? required?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0];
}

/** The Pod for a node: bound to it by its name, tolerating what befalls nodes. */
function podOn(set: Frozen<DaemonSet>, node: AnyNode, hash: string, name: string): Pod {
  const pod = podOf(set.spec?.template, set, name);
  const added = TAINTS.map(([key, effect]): Toleration => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect }));
  const wanted = pod.spec!.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}];
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node.metadata.name] }];
  const nodeAffinity = {
    ...pod.spec!.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: wanted.map(term => ({ ...term, matchFields })) },
  };
  return {
    ...pod,
    metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, [HASH]: hash } },
    spec: {
      ...pod.spec!,
      affinity: { ...pod.spec!.affinity, nodeAffinity },
      tolerations: [...(pod.spec!.tolerations ?? []), ...added],
    },
  };
}
