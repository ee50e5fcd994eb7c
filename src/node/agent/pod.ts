import type { Condition, Frozen, Obj, Ref } from '../../kube/index.ts';

/** The parts of a Pod that the node reads and writes, in Kubernetes' own names. */
export type Pod = Obj<PodSpec, PodStatus>;
export type KeyToPath = { key: string; path: string; mode?: number };
export type ResourceFieldSelector = { containerName?: string; resource: string; divisor?: string | number };
export type FieldSelector = { apiVersion?: string; fieldPath: string };
export type EnvVar = {
  name: string;
  value?: string;
  valueFrom?: {
    fieldRef?: FieldSelector;
    resourceFieldRef?: ResourceFieldSelector;
    configMapKeyRef?: { name: string; key: string; optional?: boolean };
    secretKeyRef?: { name: string; key: string; optional?: boolean };
  };
};
export type EnvFrom = {
  prefix?: string;
  configMapRef?: { name: string; optional?: boolean };
  secretRef?: { name: string; optional?: boolean };
};
export type Handler = {
  exec?: { command?: string[] };
  httpGet?: {
    path?: string;
    port: number | string;
    host?: string;
    scheme?: string;
    httpHeaders?: { name: string; value: string }[];
  };
  tcpSocket?: { port: number | string; host?: string };
  grpc?: { port: number; service?: string };
  sleep?: { seconds: number };
};
export type Probe = Handler & {
  initialDelaySeconds?: number;
  periodSeconds?: number;
  timeoutSeconds?: number;
  successThreshold?: number;
  failureThreshold?: number;
  terminationGracePeriodSeconds?: number;
};
export type ProbeKind = 'startup' | 'liveness' | 'readiness';
export type VolumeMount = { name: string; mountPath: string; subPath?: string; subPathExpr?: string; readOnly?: boolean };
export type Resources = { limits?: Record<string, string | number>; requests?: Record<string, string | number> };
export type SecurityContext = { runAsUser?: number; runAsGroup?: number; readOnlyRootFilesystem?: boolean; fsGroup?: number };
export type Container = {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  env?: EnvVar[];
  envFrom?: EnvFrom[];
  ports?: { name?: string; containerPort: number; protocol?: string }[];
  resources?: Resources;
  volumeMounts?: VolumeMount[];
  imagePullPolicy?: string;
  restartPolicy?: string;
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { postStart?: Handler; preStop?: Handler; stopSignal?: string };
  terminationMessagePath?: string;
  terminationMessagePolicy?: string;
  securityContext?: SecurityContext;
  stdin?: boolean;
  stdinOnce?: boolean;
  tty?: boolean;
};
export type DownwardFile = { path: string; fieldRef?: FieldSelector; resourceFieldRef?: ResourceFieldSelector; mode?: number };
export type VolumeProjection = {
  configMap?: { name: string; items?: KeyToPath[]; optional?: boolean };
  secret?: { name: string; items?: KeyToPath[]; optional?: boolean };
  downwardAPI?: { items?: DownwardFile[] };
  serviceAccountToken?: { audience?: string; expirationSeconds?: number; path: string };
};
export type Volume = {
  name: string;
  emptyDir?: { medium?: string; sizeLimit?: string | number };
  configMap?: { name: string; items?: KeyToPath[]; defaultMode?: number; optional?: boolean };
  secret?: { secretName: string; items?: KeyToPath[]; defaultMode?: number; optional?: boolean };
  projected?: { sources?: VolumeProjection[]; defaultMode?: number };
  downwardAPI?: { items?: DownwardFile[]; defaultMode?: number };
  hostPath?: { path: string; type?: string };
  persistentVolumeClaim?: { claimName: string; readOnly?: boolean };
  ephemeral?: unknown;
  csi?: { driver: string; readOnly?: boolean; volumeAttributes?: Record<string, string> };
  image?: { reference?: string };
};
export type PodSpec = {
  nodeName?: string;
  containers: Container[];
  initContainers?: Container[];
  ephemeralContainers?: Container[];
  volumes?: Volume[];
  restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  terminationGracePeriodSeconds?: number;
  activeDeadlineSeconds?: number;
  priority?: number;
  serviceAccountName?: string;
  hostname?: string;
  subdomain?: string;
  setHostnameAsFQDN?: boolean;
  hostNetwork?: boolean;
  hostAliases?: { ip: string; hostnames?: string[] }[];
  enableServiceLinks?: boolean;
  securityContext?: SecurityContext;
  dnsConfig?: { searches?: string[] };
  readinessGates?: { conditionType: string }[];
};
export type ContainerStateTerminated = {
  exitCode: number;
  signal?: number;
  reason?: string;
  message?: string;
  startedAt?: string;
  finishedAt?: string;
  containerID?: string;
};
export type ContainerState = {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt: string };
  terminated?: ContainerStateTerminated;
};
export type ContainerStatus = {
  name: string;
  state: ContainerState;
  lastState: ContainerState;
  ready: boolean;
  started?: boolean;
  restartCount: number;
  image: string;
  imageID: string;
  containerID?: string;
  resources?: Resources;
  allocatedResources?: Record<string, string | number>;
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean; recursiveReadOnly?: string }[];
};
export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';
export type PodStatus = {
  phase?: PodPhase;
  reason?: string;
  message?: string;
  conditions?: Condition[];
  hostIP?: string;
  hostIPs?: { ip: string }[];
  podIP?: string;
  podIPs?: { ip: string }[];
  startTime?: string;
  qosClass?: string;
  observedGeneration?: number;
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
  ephemeralContainerStatuses?: ContainerStatus[];
};
export type ContainerRole = 'init' | 'sidecar' | 'main' | 'ephemeral';

/** All containers of a Pod with the part each plays: sidecars are init containers that restart always. */
export function containersOf(pod: Frozen<Pod>): { spec: Frozen<Container>; role: ContainerRole }[] {
  const spec = pod.spec!;
  return [
    ...(spec.initContainers ?? []).map(c => ({
      spec: c,
      role: c.restartPolicy === 'Always' ? ('sidecar' as const) : ('init' as const),
    })),
    ...spec.containers.map(c => ({ spec: c, role: 'main' as const })),
    ...(spec.ephemeralContainers ?? []).map(c => ({ spec: c, role: 'ephemeral' as const })),
  ];
}
export function isTerminal(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}
/** `name_namespace(uid)`: how the kubelet names a Pod in messages. */
export function podLabel(pod: Frozen<Pod>): string {
  const { name, namespace, uid } = pod.metadata;
  return `${name}_${namespace}(${uid})`;
}
/** A reference into a container, for events. */
export function podRef(pod: Frozen<Pod>): Ref {
  const { name, namespace, uid } = pod.metadata;
  return { apiVersion: 'v1', kind: 'Pod', name, ...(namespace ? { namespace } : {}), ...(uid ? { uid } : {}) };
}
