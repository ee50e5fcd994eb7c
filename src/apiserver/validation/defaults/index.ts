import { type Frozen, type Gvk, jsonCopy, type Obj } from '../../../kube/index.ts';
import { definitionName } from '../../schema/index.ts';
import { goForm } from '../go-form.ts';
import { ensure, sub, type Tree } from '../tree.ts';
import * as admission from './admission.ts';
import * as cluster from './cluster.ts';
import * as network from './network.ts';
import { defaultPod, defaultPodSpec } from './pod.ts';
import * as storage from './storage.ts';
import * as workloads from './workloads.ts';

const DEFAULTS: Readonly<Record<Gvk, (object: Tree) => void>> = {
  'v1/Pod': defaultPod,
  'v1/PodTemplate': object => {
    const template = sub(object, 'template');
    if (template) defaultPodSpec(ensure(template, 'spec'));
  },
  'v1/Service': network.defaultService,
  'v1/Endpoints': network.defaultEndpoints,
  'v1/Namespace': cluster.defaultNamespace,
  'v1/Secret': cluster.defaultSecret,
  'v1/Node': cluster.defaultNode,
  'v1/LimitRange': cluster.defaultLimitRange,
  'v1/PersistentVolume': storage.defaultPersistentVolume,
  'v1/PersistentVolumeClaim': storage.defaultClaim,
  'v1/ReplicationController': workloads.defaultReplicationController,
  'apps/v1/Deployment': workloads.defaultDeployment,
  'apps/v1/ReplicaSet': workloads.defaultReplicaSet,
  'apps/v1/StatefulSet': workloads.defaultStatefulSet,
  'apps/v1/DaemonSet': workloads.defaultDaemonSet,
  'batch/v1/Job': workloads.defaultJob,
  'batch/v1/CronJob': workloads.defaultCronJob,
  'autoscaling/v1/HorizontalPodAutoscaler': workloads.defaultAutoscaler,
  'autoscaling/v2/HorizontalPodAutoscaler': workloads.defaultAutoscaler,
  'discovery.k8s.io/v1/EndpointSlice': network.defaultEndpointSlice,
  'networking.k8s.io/v1/NetworkPolicy': network.defaultNetworkPolicy,
  'networking.k8s.io/v1/IngressClass': network.defaultIngressClass,
  'rbac.authorization.k8s.io/v1/RoleBinding': cluster.defaultRoleBinding,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': cluster.defaultRoleBinding,
  'scheduling.k8s.io/v1/PriorityClass': cluster.defaultPriorityClass,
  'authentication.k8s.io/v1/TokenRequest': cluster.defaultTokenRequest,
  'storage.k8s.io/v1/StorageClass': storage.defaultStorageClass,
  'storage.k8s.io/v1/CSIDriver': storage.defaultCsiDriver,
  'apiextensions.k8s.io/v1/CustomResourceDefinition': cluster.defaultCrd,
  'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration': admission.defaultValidatingWebhooks,
  'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration': admission.defaultMutatingWebhooks,
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy': admission.defaultAdmissionPolicy,
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding': admission.defaultAdmissionPolicyBinding,
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicy': admission.defaultAdmissionPolicy,
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding': admission.defaultAdmissionPolicyBinding,
};

/**
 * What decoding and defaulting in Go make of a built-in object: nulls and zero values of non-pointer fields vanish, absent fields
 * get their defaults. Gives a new object; the given one stays as it is. Doing it twice changes nothing more.
 */
export function defaultBuiltin(gvk: Gvk, object: Frozen<Obj> | Obj): Obj {
  const name = definitionName(gvk);
  const formed = (name === undefined ? jsonCopy(object) : goForm(name, object)) as Obj;
  DEFAULTS[gvk]?.(formed as unknown as Tree);
  return formed;
}
