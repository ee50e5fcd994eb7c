import {
  type ControllerDef,
  type EventDraft,
  type Frozen,
  type LabelSelector,
  type Obj,
  type Plan,
  type Ref,
  refOf,
  type Write,
} from '../../kube/index.ts';
import { earliest } from '../conditions.ts';
import { type Pod, type PodTemplate, podOf } from '../objects.ts';
import { availableAt, isAvailable, isDeleting, isFinished, isReady } from '../pod-state.ts';
import { type Revision, type Revisions, revisionsOf } from './revisions.ts';

type ClaimTemplate = {
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: unknown;
};
export type StatefulSetSpec = {
  replicas?: number;
  serviceName?: string;
  selector?: LabelSelector;
  template?: PodTemplate;
  volumeClaimTemplates?: ClaimTemplate[];
  podManagementPolicy?: 'OrderedReady' | 'Parallel';
  updateStrategy?: { type?: 'RollingUpdate' | 'OnDelete'; rollingUpdate?: { partition?: number } };
  minReadySeconds?: number;
  ordinals?: { start?: number };
  persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string };
};
export type StatefulSetStatus = {
  observedGeneration?: number;
  replicas: number;
  readyReplicas?: number;
  currentReplicas?: number;
  updatedReplicas?: number;
  availableReplicas?: number;
  currentRevision?: string;
  updateRevision?: string;
  collisionCount?: number;
};
export type StatefulSet = Obj<StatefulSetSpec, StatefulSetStatus>;
type AnyPod = Frozen<Pod>;

const REVISION = 'controller-revision-hash';

/** Pods with names, storage and an order. */
export const statefulSets: ControllerDef<StatefulSet> = {
  name: 'statefulset-controller',
  for: 'apps/v1/StatefulSet',
  owns: ['v1/Pod', 'apps/v1/ControllerRevision'],
  reads: [{ gvk: 'v1/PersistentVolumeClaim' }],
  writes: [{ gvk: 'v1/PersistentVolumeClaim', verbs: ['create', 'patch'] }],
  plan({ object: set, owned, find }, now): Plan {
    const spec = set.spec ?? {};
    const minReady = spec.minReadySeconds ?? 0;
    const byOrdinal = new Map(owned<Pod>('v1/Pod').flatMap(p => entryOf(set, p)));
    const inUse = new Set([set.status?.currentRevision, ...[...byOrdinal.values()].map(p => p.metadata.labels?.[REVISION])]);
    const revisions = revisionsOf(set, owned<Revision>('apps/v1/ControllerRevision'), name => inUse.has(name));
    const status = statusOf(set, [...byOrdinal.values()], revisions.name, now);
    const waits = earliest(...[...byOrdinal.values()].map(p => availableAt(p, minReady)).filter(at => at && at > now));
    const rest: Plan = { status, ...(waits ? { requeueAt: waits } : {}) };
    if (set.metadata.deletionTimestamp) return rest;
    const step = nextStep(set, byOrdinal, revisions, status, p => isAvailable(p, minReady, now));
    const claimOf = (ref: Ref) => find<Obj>('v1/PersistentVolumeClaim', ref)[0];
    const claims = step.create.flatMap(pod => missingClaims(set, pod, claimOf));
    return {
      ...rest,
      writes: [
        ...revisions.writes,
        ...step.remove.flatMap(pod => claimsGivenUp(set, pod, claimOf)),
        ...[...claims, ...step.create].map(
          (object): Write => ({ verb: 'create', object, adopt: object.kind === 'Pod' ? 'ifOwned' : 'never' }),
        ),
        ...step.remove.map((p): Write => ({ verb: 'delete', ref: refOf(p), uid: p.metadata.uid! })),
      ],
      refused: message => ({ events: step.create.slice(0, 1).map(p => failedEvent(set, p.metadata.name, message)), status }),
      events: [
        ...step.create.map(p => event(set, 'create', p.metadata.name)),
        ...step.remove.map(p => event(set, 'delete', p.metadata.name)),
      ],
    };
  },
};

function entryOf(set: Frozen<StatefulSet>, pod: AnyPod): [number, AnyPod][] {
  const ordinal = pod.metadata.name.slice(set.metadata.name.length + 1);
  return /^\d+$/.test(ordinal) && pod.metadata.name.startsWith(`${set.metadata.name}-`) ? [[Number(ordinal), pod]] : [];
}

/** What to do now: one Pod at a time in order, or all at once when the policy is Parallel. */
function nextStep(
  set: Frozen<StatefulSet>,
  byOrdinal: ReadonlyMap<number, AnyPod>,
  revisions: Revisions,
  status: StatefulSetStatus,
  isUp: (p: AnyPod) => boolean,
): { create: Pod[]; remove: AnyPod[] } {
  const { replicas = 1, podManagementPolicy, updateStrategy, ordinals } = set.spec ?? {};
  const isParallel = podManagementPolicy === 'Parallel';
  const start = ordinals?.start ?? 0;
  const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
  const create: Pod[] = [];
  const remove: AnyPod[] = [];
  for (let ordinal = start; ordinal < start + replicas; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (!pod) create.push(podFor(set, ordinal, ordinal < start + partition ? status.currentRevision : revisions.name, revisions));
    else if (isFinished(pod) && !isDeleting(pod)) remove.push(pod);
    if (!isParallel && (!pod || !isUp(pod) || isDeleting(pod))) return { create, remove };
  }
  const surplus = [...byOrdinal].filter(([ordinal, p]) => (ordinal < start || ordinal >= start + replicas) && !isDeleting(p));
  surplus.sort(([a], [b]) => b - a);
  if (surplus.length > 0)
    return { create, remove: [...remove, ...surplus.slice(0, isParallel ? surplus.length : 1).map(([, p]) => p)] };
  if (create.length > 0 || updateStrategy?.type === 'OnDelete') return { create, remove };
  // Highest ordinal first; the next one only when the one before is up again.
  for (let ordinal = start + replicas - 1; ordinal >= start + partition; ordinal--) {
    const pod = byOrdinal.get(ordinal);
    if (!pod) break;
    if (pod.metadata.labels?.[REVISION] !== revisions.name) {
      if (!isDeleting(pod)) remove.push(pod);
      break;
    }
    if (!isUp(pod) || isDeleting(pod)) break;
  }
  return { create, remove };
}

function podFor(set: Frozen<StatefulSet>, ordinal: number, wanted: string | undefined, revisions: Revisions): Pod {
  const name = `${set.metadata.name}-${ordinal}`;
  const template = revisions.templateOf(wanted);
  const revision = template && wanted ? wanted : revisions.name;
  const pod = podOf(template ?? set.spec?.template, set, name);
  const labels = {
    ...pod.metadata.labels,
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': String(ordinal),
    [REVISION]: revision,
  };
  const claimed = (set.spec?.volumeClaimTemplates ?? []).map(t => ({
    name: t.metadata.name,
    persistentVolumeClaim: { claimName: `${t.metadata.name}-${name}` },
  }));
  const others = (pod.spec?.volumes ?? []).filter(v => !claimed.some(c => c.name === v.name));
  const volumes = [...others, ...claimed];
  const { serviceName } = set.spec ?? {};
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: {
      ...pod.spec!,
      hostname: name,
      ...(serviceName ? { subdomain: serviceName } : {}),
      ...(volumes.length > 0 ? { volumes } : {}),
    },
  };
}

function missingClaims(set: Frozen<StatefulSet>, pod: Pod, claimOf: (ref: Ref) => Frozen<Obj> | undefined): Obj[] {
  const namespace = set.metadata.namespace!;
  return (set.spec?.volumeClaimTemplates ?? []).flatMap(({ metadata, spec }) => {
    const name = `${metadata.name}-${pod.metadata.name}`;
    if (claimOf({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name })) return [];
    const labels = { ...set.spec?.selector?.matchLabels, ...metadata.labels };
    const { whenDeleted } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
    const { apiVersion, kind, metadata: owner } = set;
    const ownerReferences = whenDeleted === 'Delete' ? [{ apiVersion, kind, name: owner.name, uid: owner.uid! }] : undefined;
    return [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {
          name,
          namespace,
          labels,
          ...(metadata.annotations ? { annotations: { ...metadata.annotations } } : {}),
          ...(ownerReferences ? { ownerReferences } : {}),
        },
        spec,
      } as Obj,
    ];
  });
}

/** Lets claims of a Pod that is scaled away go with it, when they are to be deleted. */
function claimsGivenUp(set: Frozen<StatefulSet>, pod: AnyPod, claimOf: (ref: Ref) => Frozen<Obj> | undefined): Write[] {
  const { replicas = 1, ordinals, persistentVolumeClaimRetentionPolicy, volumeClaimTemplates = [] } = set.spec ?? {};
  const ordinal = Number(pod.metadata.name.slice(set.metadata.name.length + 1)) - (ordinals?.start ?? 0);
  const isKept = ordinal >= 0 && ordinal < replicas;
  if (isKept || persistentVolumeClaimRetentionPolicy?.whenScaled !== 'Delete') return [];
  const { name, namespace, uid } = pod.metadata;
  return volumeClaimTemplates.flatMap(({ metadata }): Write[] => {
    const ref: Ref = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: namespace!, name: `${metadata.name}-${name}` };
    const owners = claimOf(ref)?.metadata.ownerReferences ?? [];
    const patch = { metadata: { ownerReferences: [...owners, { apiVersion: 'v1', kind: 'Pod', name, uid }] } };
    return claimOf(ref) ? [{ verb: 'patch', ref, type: 'merge', patch }] : [];
  });
}

function statusOf(set: Frozen<StatefulSet>, pods: readonly AnyPod[], updateRevision: string, now: Date): StatefulSetStatus {
  const minReady = set.spec?.minReadySeconds ?? 0;
  const replicas = set.spec?.replicas ?? 1;
  const at = (revision: string) => pods.filter(p => p.metadata.labels?.[REVISION] === revision && !isDeleting(p)).length;
  const updated = at(updateRevision);
  const previous = set.status?.currentRevision ?? updateRevision;
  // The rollout is over when every Pod is of the new revision and up: then it becomes the current one.
  const isOver = updated === replicas && pods.length === replicas && pods.every(isReady);
  const currentRevision = isOver ? updateRevision : previous;
  return {
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    replicas: pods.length,
    readyReplicas: pods.filter(isReady).length,
    availableReplicas: pods.filter(p => isAvailable(p, minReady, now)).length,
    currentReplicas: at(currentRevision),
    updatedReplicas: updated,
    currentRevision,
    updateRevision,
    collisionCount: 0,
  };
}

function event(set: Frozen<StatefulSet>, verb: 'create' | 'delete', pod: string): EventDraft {
  const reason = verb === 'create' ? 'SuccessfulCreate' : 'SuccessfulDelete';
  return { reason, message: `${verb} Pod ${pod} in StatefulSet ${set.metadata.name} successful` };
}
function failedEvent(set: Frozen<StatefulSet>, pod: string, error: string): EventDraft {
  const message = `create Pod ${pod} in StatefulSet ${set.metadata.name} failed error: ${error}`;
  return { type: 'Warning', reason: 'FailedCreate', message };
}
