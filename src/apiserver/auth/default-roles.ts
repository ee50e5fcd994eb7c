import type { Obj } from '../../kube/index.ts';
import type { Rule } from './rules.ts';

const API = 'rbac.authorization.k8s.io/v1';
const BOOTSTRAP = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const aggregateTo = (role: string) => `rbac.authorization.k8s.io/aggregate-to-${role}`;

function role(name: string, rules: readonly Rule[], labels: Record<string, string> = {}): Obj {
  return { apiVersion: API, kind: 'ClusterRole', metadata: { name, labels: { ...BOOTSTRAP, ...labels } }, rules } as Obj;
}
function aggregated(name: string, labels: Record<string, string> = {}): Obj {
  const clusterRoleSelectors = [{ matchLabels: { [aggregateTo(name)]: 'true' } }];
  return { ...role(name, [], labels), aggregationRule: { clusterRoleSelectors } } as Obj;
}
function binding(name: string, roleName: string, groups: readonly string[]): Obj {
  return {
    apiVersion: API,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: BOOTSTRAP },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
    subjects: groups.map(g => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: g })),
  } as Obj;
}

const WORKLOADS: readonly [string, readonly string[]][] = [
  [
    'apps',
    ['daemonsets', 'deployments', 'deployments/scale', 'replicasets', 'replicasets/scale', 'statefulsets', 'statefulsets/scale'],
  ],
  ['autoscaling', ['horizontalpodautoscalers']],
  ['batch', ['cronjobs', 'jobs']],
  ['networking.k8s.io', ['ingresses', 'networkpolicies']],
  ['policy', ['poddisruptionbudgets']],
];
const VIEW: readonly Rule[] = [
  {
    verbs: READ,
    apiGroups: [''],
    resources: [
      'configmaps',
      'endpoints',
      'persistentvolumeclaims',
      'persistentvolumeclaims/status',
      'pods',
      'replicationcontrollers',
      'replicationcontrollers/scale',
      'serviceaccounts',
      'services',
      'services/status',
    ],
  },
  {
    verbs: READ,
    apiGroups: [''],
    resources: [
      'bindings',
      'events',
      'limitranges',
      'namespaces/status',
      'pods/log',
      'pods/status',
      'replicationcontrollers/status',
      'resourcequotas',
      'resourcequotas/status',
      'namespaces',
    ],
  },
  { verbs: READ, apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'] },
  ...WORKLOADS.map(
    ([group, resources]): Rule => ({
      verbs: READ,
      apiGroups: [group],
      resources: [...resources, ...resources.filter(r => !r.includes('/')).map(r => `${r}/status`)],
    }),
  ),
  { verbs: READ, apiGroups: ['apps'], resources: ['controllerrevisions'] },
];
const EDIT: readonly Rule[] = [
  {
    verbs: READ,
    apiGroups: [''],
    resources: ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'],
  },
  { verbs: ['impersonate'], apiGroups: [''], resources: ['serviceaccounts'] },
  { verbs: WRITE, apiGroups: [''], resources: ['pods', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'] },
  { verbs: ['create'], apiGroups: [''], resources: ['pods/eviction', 'serviceaccounts/token'] },
  {
    verbs: WRITE,
    apiGroups: [''],
    resources: [
      'configmaps',
      'events',
      'persistentvolumeclaims',
      'replicationcontrollers',
      'replicationcontrollers/scale',
      'secrets',
      'serviceaccounts',
      'services',
      'services/proxy',
    ],
  },
  ...WORKLOADS.map(([group, resources]): Rule => ({ verbs: WRITE, apiGroups: [group], resources })),
  { verbs: [...READ, ...WRITE], apiGroups: ['coordination.k8s.io'], resources: ['leases'] },
];
const ADMIN: readonly Rule[] = [
  { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['localsubjectaccessreviews'] },
  { verbs: [...READ, ...WRITE], apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings', 'roles'] },
];
const DISCOVERY_PATHS = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];
const PUBLIC_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

/** The roles and bindings of every cluster. @source kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy (from knowledge) */
export const DEFAULT_ROLES: readonly Obj[] = [
  role('cluster-admin', [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ]),
  aggregated('admin'),
  aggregated('edit', { [aggregateTo('admin')]: 'true' }),
  aggregated('view', { [aggregateTo('edit')]: 'true' }),
  role('system:aggregate-to-admin', ADMIN, { [aggregateTo('admin')]: 'true' }),
  role('system:aggregate-to-edit', EDIT, { [aggregateTo('edit')]: 'true' }),
  role('system:aggregate-to-view', VIEW, { [aggregateTo('view')]: 'true' }),
  role('system:discovery', [{ verbs: ['get'], nonResourceURLs: DISCOVERY_PATHS }]),
  role('system:public-info-viewer', [{ verbs: ['get'], nonResourceURLs: PUBLIC_PATHS }]),
  role('system:basic-user', [
    {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    },
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  ]),
  role('system:auth-delegator', [
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'] },
    { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'] },
  ]),
  role('system:service-account-issuer-discovery', [
    { verbs: ['get'], nonResourceURLs: ['/.well-known/openid-configuration', '/openid/v1/jwks'] },
  ]),
  binding('cluster-admin', 'cluster-admin', ['system:masters']),
  binding('system:discovery', 'system:discovery', ['system:authenticated']),
  binding('system:public-info-viewer', 'system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']),
  binding('system:basic-user', 'system:basic-user', ['system:authenticated']),
  binding('system:service-account-issuer-discovery', 'system:service-account-issuer-discovery', ['system:serviceaccounts']),
];
