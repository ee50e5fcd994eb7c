import type { Condition, EventDraft, Frozen, LabelSelector, Obj, OwnerReference } from '../kube/index.ts';

/** The members of built-in kinds that workload controllers look at. */
export type ContainerState = {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string };
  terminated?: { exitCode: number; reason?: string; finishedAt?: string };
};
export type ContainerStatus = { name: string; ready?: boolean; restartCount?: number; state?: ContainerState };
export type Resources = { requests?: Record<string, string | number>; limits?: Record<string, string | number> };
export type Container = {
  name: string;
  env?: { name: string; value?: string; valueFrom?: unknown }[];
  ports?: { name?: string; containerPort: number; protocol?: string }[];
  resources?: Resources;
  restartPolicy?: string;
};
export type Toleration = { key?: string; operator?: string; value?: string; effect?: string };
export type NodeSelectorTerm = {
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
  matchFields?: { key: string; operator: string; values?: string[] }[];
};
/** Pods that one wants to be near to or far from, in domains of nodes that share a label. */
export type PodAffinityTerm = {
  topologyKey: string;
  labelSelector?: LabelSelector;
  namespaces?: string[];
  namespaceSelector?: LabelSelector;
  matchLabelKeys?: string[];
};
export type PodAffinity = {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
  preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; podAffinityTerm: PodAffinityTerm }[];
};
export type SpreadConstraint = {
  maxSkew: number;
  topologyKey: string;
  whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway';
  labelSelector?: LabelSelector;
  matchLabelKeys?: string[];
  minDomains?: number;
};
export type PodSpec = {
  nodeName?: string;
  schedulerName?: string;
  schedulingGates?: { name: string }[];
  priority?: number;
  preemptionPolicy?: 'PreemptLowerPriority' | 'Never';
  restartPolicy?: string;
  hostname?: string;
  subdomain?: string;
  nodeSelector?: Record<string, string>;
  affinity?: {
    nodeAffinity?: {
      requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: NodeSelectorTerm[] };
      preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; preference: NodeSelectorTerm }[];
    };
    podAffinity?: PodAffinity;
    podAntiAffinity?: PodAffinity;
  };
  topologySpreadConstraints?: SpreadConstraint[];
  tolerations?: Toleration[];
  overhead?: Record<string, string | number>;
  resources?: Resources;
  containers: Container[];
  initContainers?: Container[];
  volumes?: { name: string; persistentVolumeClaim?: { claimName: string }; ephemeral?: unknown }[];
};
export type PodStatus = {
  phase?: string;
  reason?: string;
  nominatedNodeName?: string;
  startTime?: string;
  podIP?: string;
  podIPs?: { ip: string }[];
  conditions?: Condition[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
};
export type Pod = Obj<PodSpec, PodStatus>;
export type PodTemplate = {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: PodSpec;
};

type Owner = Frozen<Obj>;
/** The reference by which `owner` controls what it makes. */
export function controllerRef(owner: Owner): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid!, controller: true, blockOwnerDeletion: true };
}

/** A Pod of a template, owned by `owner`. */
export function podOf(template: Frozen<PodTemplate> | undefined, owner: Owner, name: string): Pod {
  const { labels, annotations } = template?.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: owner.metadata.namespace!,
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ownerReferences: [controllerRef(owner)],
    },
    spec: { ...(template?.spec as PodSpec) },
  };
}

/** What a controller says when the API refuses its Pods. */
export function failedCreate(message: string): { events: EventDraft[] } {
  return { events: [{ type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${message}` }] };
}
