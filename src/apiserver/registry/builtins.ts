import type { Subresource } from './resource.ts';

/** A row of the table of built-in resources; what is left out is usual. */
export type BuiltinRow = {
  plural: string;
  kind: string;
  /** Cluster-scoped. */
  cluster?: true;
  short?: readonly string[];
  categories?: readonly string[];
  verbs?: readonly string[];
  sub?: readonly (string | Subresource)[];
  /** No metadata.generation. */
  plain?: true;
  /** Kept under another version's name: `group/version`. */
  storedAs?: string;
};

const ALL = ['all'];
const CREATE_ONLY = ['create'];
const READ_ONLY = ['get', 'list'];
const STATUS = ['status'];
const review = (kind: string, cluster: boolean): BuiltinRow => ({
  plural: `${kind.toLowerCase()}s`,
  kind,
  verbs: CREATE_ONLY,
  plain: true,
  ...(cluster ? { cluster: true as const } : {}),
});
const scale: Subresource = {
  name: 'scale',
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  verbs: ['get', 'patch', 'update'],
};
const core = (name: string, kind: string, verbs: readonly string[]): Subresource => ({
  name,
  group: '',
  version: 'v1',
  kind,
  verbs,
});
const PROXY_VERBS = ['create', 'delete', 'get', 'patch', 'update'];

/** Group-versions in the order of discovery, each with its resources. @source kubernetes 1.32 */
export const BUILTINS: readonly { group: string; version: string; rows: readonly BuiltinRow[] }[] = [
  {
    group: '',
    version: 'v1',
    rows: [
      { plural: 'bindings', kind: 'Binding', verbs: CREATE_ONLY, plain: true },
      { plural: 'componentstatuses', kind: 'ComponentStatus', cluster: true, short: ['cs'], verbs: READ_ONLY, plain: true },
      { plural: 'configmaps', kind: 'ConfigMap', short: ['cm'], plain: true },
      { plural: 'endpoints', kind: 'Endpoints', short: ['ep'], plain: true },
      { plural: 'events', kind: 'Event', short: ['ev'], plain: true },
      { plural: 'limitranges', kind: 'LimitRange', short: ['limits'], plain: true },
      {
        plural: 'namespaces',
        kind: 'Namespace',
        cluster: true,
        short: ['ns'],
        plain: true,
        sub: ['status', core('finalize', 'Namespace', ['update'])],
      },
      {
        plural: 'nodes',
        kind: 'Node',
        cluster: true,
        short: ['no'],
        plain: true,
        sub: ['status', core('proxy', 'NodeProxyOptions', PROXY_VERBS)],
      },
      { plural: 'persistentvolumeclaims', kind: 'PersistentVolumeClaim', short: ['pvc'], plain: true, sub: STATUS },
      { plural: 'persistentvolumes', kind: 'PersistentVolume', cluster: true, short: ['pv'], plain: true, sub: STATUS },
      {
        plural: 'pods',
        kind: 'Pod',
        short: ['po'],
        categories: ALL,
        plain: true,
        sub: [
          core('attach', 'PodAttachOptions', ['create', 'get']),
          core('binding', 'Binding', CREATE_ONLY),
          core('ephemeralcontainers', 'Pod', ['get', 'patch', 'update']),
          { name: 'eviction', group: 'policy', version: 'v1', kind: 'Eviction', verbs: CREATE_ONLY },
          core('exec', 'PodExecOptions', ['create', 'get']),
          core('log', 'Pod', ['get']),
          core('portforward', 'PodPortForwardOptions', ['create', 'get']),
          core('proxy', 'PodProxyOptions', PROXY_VERBS),
          'status',
        ],
      },
      { plural: 'podtemplates', kind: 'PodTemplate' },
      { plural: 'replicationcontrollers', kind: 'ReplicationController', short: ['rc'], categories: ALL, sub: [scale, 'status'] },
      { plural: 'resourcequotas', kind: 'ResourceQuota', short: ['quota'], plain: true, sub: STATUS },
      { plural: 'secrets', kind: 'Secret', plain: true },
      {
        plural: 'serviceaccounts',
        kind: 'ServiceAccount',
        short: ['sa'],
        plain: true,
        sub: [{ name: 'token', group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: CREATE_ONLY }],
      },
      {
        plural: 'services',
        kind: 'Service',
        short: ['svc'],
        categories: ALL,
        plain: true,
        sub: [core('proxy', 'ServiceProxyOptions', PROXY_VERBS), 'status'],
      },
    ],
  },
  {
    group: 'apiregistration.k8s.io',
    version: 'v1',
    rows: [
      { plural: 'apiservices', kind: 'APIService', cluster: true, categories: ['api-extensions'], verbs: READ_ONLY, plain: true },
    ],
  },
  {
    group: 'apps',
    version: 'v1',
    rows: [
      { plural: 'controllerrevisions', kind: 'ControllerRevision', plain: true },
      { plural: 'daemonsets', kind: 'DaemonSet', short: ['ds'], categories: ALL, sub: STATUS },
      { plural: 'deployments', kind: 'Deployment', short: ['deploy'], categories: ALL, sub: [scale, 'status'] },
      { plural: 'replicasets', kind: 'ReplicaSet', short: ['rs'], categories: ALL, sub: [scale, 'status'] },
      { plural: 'statefulsets', kind: 'StatefulSet', short: ['sts'], categories: ALL, sub: [scale, 'status'] },
    ],
  },
  {
    group: 'events.k8s.io',
    version: 'v1',
    rows: [{ plural: 'events', kind: 'Event', short: ['ev'], plain: true, storedAs: '/v1' }],
  },
  {
    group: 'authentication.k8s.io',
    version: 'v1',
    rows: [review('SelfSubjectReview', true), review('TokenReview', true)],
  },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    rows: [
      review('LocalSubjectAccessReview', false),
      review('SelfSubjectAccessReview', true),
      review('SelfSubjectRulesReview', true),
      review('SubjectAccessReview', true),
    ],
  },
  {
    group: 'autoscaling',
    version: 'v2',
    rows: [
      {
        plural: 'horizontalpodautoscalers',
        kind: 'HorizontalPodAutoscaler',
        short: ['hpa'],
        categories: ALL,
        plain: true,
        sub: STATUS,
      },
    ],
  },
  {
    group: 'autoscaling',
    version: 'v1',
    rows: [
      {
        plural: 'horizontalpodautoscalers',
        kind: 'HorizontalPodAutoscaler',
        short: ['hpa'],
        categories: ALL,
        plain: true,
        sub: STATUS,
        storedAs: 'autoscaling/v2',
      },
    ],
  },
  {
    group: 'batch',
    version: 'v1',
    rows: [
      { plural: 'cronjobs', kind: 'CronJob', short: ['cj'], categories: ALL, sub: STATUS },
      { plural: 'jobs', kind: 'Job', categories: ALL, sub: STATUS },
    ],
  },
  {
    group: 'certificates.k8s.io',
    version: 'v1',
    rows: [
      {
        plural: 'certificatesigningrequests',
        kind: 'CertificateSigningRequest',
        cluster: true,
        short: ['csr'],
        plain: true,
        sub: [
          { name: 'approval', group: '', version: '', kind: 'CertificateSigningRequest', verbs: ['get', 'patch', 'update'] },
          'status',
        ],
      },
    ],
  },
  {
    group: 'networking.k8s.io',
    version: 'v1',
    rows: [
      { plural: 'ingressclasses', kind: 'IngressClass', cluster: true },
      { plural: 'ingresses', kind: 'Ingress', short: ['ing'], sub: STATUS },
      { plural: 'networkpolicies', kind: 'NetworkPolicy', short: ['netpol'] },
    ],
  },
  {
    group: 'policy',
    version: 'v1',
    rows: [{ plural: 'poddisruptionbudgets', kind: 'PodDisruptionBudget', short: ['pdb'], sub: STATUS }],
  },
  {
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    rows: [
      { plural: 'clusterrolebindings', kind: 'ClusterRoleBinding', cluster: true, plain: true },
      { plural: 'clusterroles', kind: 'ClusterRole', cluster: true, plain: true },
      { plural: 'rolebindings', kind: 'RoleBinding', plain: true },
      { plural: 'roles', kind: 'Role', plain: true },
    ],
  },
  {
    group: 'storage.k8s.io',
    version: 'v1',
    rows: [
      { plural: 'csidrivers', kind: 'CSIDriver', cluster: true, plain: true },
      { plural: 'csinodes', kind: 'CSINode', cluster: true, plain: true },
      { plural: 'csistoragecapacities', kind: 'CSIStorageCapacity', plain: true },
      { plural: 'storageclasses', kind: 'StorageClass', cluster: true, short: ['sc'], plain: true },
      { plural: 'volumeattachments', kind: 'VolumeAttachment', cluster: true, plain: true, sub: STATUS },
    ],
  },
  {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    rows: [
      {
        plural: 'mutatingwebhookconfigurations',
        kind: 'MutatingWebhookConfiguration',
        cluster: true,
        categories: ['api-extensions'],
      },
      {
        plural: 'validatingadmissionpolicies',
        kind: 'ValidatingAdmissionPolicy',
        cluster: true,
        categories: ['api-extensions'],
        sub: STATUS,
      },
      {
        plural: 'validatingadmissionpolicybindings',
        kind: 'ValidatingAdmissionPolicyBinding',
        cluster: true,
        categories: ['api-extensions'],
      },
      {
        plural: 'validatingwebhookconfigurations',
        kind: 'ValidatingWebhookConfiguration',
        cluster: true,
        categories: ['api-extensions'],
      },
    ],
  },
  {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    rows: [
      {
        plural: 'customresourcedefinitions',
        kind: 'CustomResourceDefinition',
        cluster: true,
        short: ['crd', 'crds'],
        categories: ['api-extensions'],
        sub: STATUS,
      },
    ],
  },
  {
    group: 'scheduling.k8s.io',
    version: 'v1',
    rows: [{ plural: 'priorityclasses', kind: 'PriorityClass', cluster: true, short: ['pc'] }],
  },
  { group: 'coordination.k8s.io', version: 'v1', rows: [{ plural: 'leases', kind: 'Lease', plain: true }] },
  { group: 'node.k8s.io', version: 'v1', rows: [{ plural: 'runtimeclasses', kind: 'RuntimeClass', cluster: true, plain: true }] },
  { group: 'discovery.k8s.io', version: 'v1', rows: [{ plural: 'endpointslices', kind: 'EndpointSlice' }] },
];

export const ALL_VERBS: readonly string[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
export const STATUS_VERBS: readonly string[] = ['get', 'patch', 'update'];
