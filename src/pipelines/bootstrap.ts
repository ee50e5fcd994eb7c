import type { Obj } from '../kube/types.ts';

/** Where clients look for Kubeflow Pipelines. */
const NAMESPACE = 'kubeflow';

function service(name: string, ports: { name: string; port: number }[]): Obj {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE, labels: { 'application-crd-id': 'kubeflow-pipelines' } },
    spec: { ports: ports.map(p => ({ ...p, protocol: 'TCP', targetPort: p.port })) },
  };
}

/**
 * What an installation of Kubeflow Pipelines has under well-known names: clients, steps and tests look for these. The
 * Services have no selector; the daemon itself answers behind them.
 * @source pipelines manifests/kustomize/base@7b70c7b95f68
 */
export const pipelineBootstrap: Obj[] = [
  service('ml-pipeline', [
    { name: 'http', port: 8888 },
    { name: 'grpc', port: 8887 },
  ]),
  service('ml-pipeline-ui', [{ name: 'http', port: 80 }]),
  service('minio-service', [{ name: 'http', port: 9000 }]),
  service('metadata-grpc-service', [{ name: 'grpc-api', port: 8080 }]),
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'mlpipeline-minio-artifact', namespace: NAMESPACE },
    type: 'Opaque',
    stringData: { accesskey: 'minio', secretkey: 'minio123' },
  } as Obj,
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kfp-launcher', namespace: NAMESPACE },
    data: { defaultPipelineRoot: '' },
  } as Obj,
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'pipeline-runner', namespace: NAMESPACE } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'pipeline-runner', namespace: NAMESPACE },
    rules: [
      { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['get', 'watch', 'list'] },
      { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['create', 'delete', 'get'] },
      { apiGroups: [''], resources: ['pods', 'pods/exec', 'pods/log', 'services'], verbs: ['*'] },
      { apiGroups: ['apps'], resources: ['deployments', 'replicasets'], verbs: ['*'] },
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['*'] },
      { apiGroups: ['kubeflow.org', 'serving.kserve.io', 'trainer.kubeflow.org'], resources: ['*'], verbs: ['*'] },
    ],
  } as Obj,
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'pipeline-runner', namespace: NAMESPACE },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'pipeline-runner' },
    subjects: [{ kind: 'ServiceAccount', name: 'pipeline-runner', namespace: NAMESPACE }],
  } as Obj,
];
