import type { FieldError, Frozen, Gvk, Obj } from '../../../kube/index.ts';
import { dns1035Label, dns1123Label, dns1123Subdomain, pathSegmentName, type TextCheck } from '../names.ts';
import type { FrozenTree } from '../tree.ts';
import { validateCronJob, validateJob, validateLease } from './batch.ts';
import * as cluster from './cluster.ts';
import type { Rule } from './common.ts';
import { validateConfigMap, validateSecret } from './config.ts';
import { validateCrd } from './crd.ts';
import * as network from './network.ts';
import { validatePod, validateTemplate } from './pod.ts';
import { validateClaim, validatePersistentVolume, validateStorageClass } from './storage.ts';
import * as workloads from './workloads.ts';

const RULES: Readonly<Record<Gvk, Rule>> = {
  'v1/Pod': validatePod,
  'v1/PodTemplate': template => validateTemplate(template, '').map(e => ({ ...e, field: e.field.replace(/^\./, '') })),
  'v1/ReplicationController': workloads.validateReplicationController,
  'v1/Service': network.validateService,
  'v1/ConfigMap': validateConfigMap,
  'v1/Secret': validateSecret,
  'v1/PersistentVolume': validatePersistentVolume,
  'v1/PersistentVolumeClaim': validateClaim,
  'v1/ResourceQuota': cluster.validateResourceQuota,
  'v1/LimitRange': cluster.validateLimitRange,
  'v1/Event': cluster.validateEvent,
  'apps/v1/Deployment': workloads.validateDeployment,
  'apps/v1/ReplicaSet': workloads.validateReplicaSet,
  'apps/v1/StatefulSet': workloads.validateStatefulSet,
  'apps/v1/DaemonSet': workloads.validateDaemonSet,
  'apps/v1/ControllerRevision': workloads.validateControllerRevision,
  'batch/v1/Job': validateJob,
  'batch/v1/CronJob': validateCronJob,
  'autoscaling/v1/HorizontalPodAutoscaler': workloads.validateAutoscaler,
  'autoscaling/v2/HorizontalPodAutoscaler': workloads.validateAutoscaler,
  'policy/v1/PodDisruptionBudget': workloads.validateDisruptionBudget,
  'coordination.k8s.io/v1/Lease': validateLease,
  'discovery.k8s.io/v1/EndpointSlice': network.validateEndpointSlice,
  'networking.k8s.io/v1/Ingress': network.validateIngress,
  'networking.k8s.io/v1/NetworkPolicy': network.validateNetworkPolicy,
  'rbac.authorization.k8s.io/v1/Role': cluster.validateRole,
  'rbac.authorization.k8s.io/v1/ClusterRole': cluster.validateClusterRole,
  'rbac.authorization.k8s.io/v1/RoleBinding': cluster.validateRoleBinding,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': cluster.validateClusterRoleBinding,
  'scheduling.k8s.io/v1/PriorityClass': cluster.validatePriorityClass,
  'storage.k8s.io/v1/StorageClass': validateStorageClass,
  'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration': cluster.validateWebhooks,
  'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration': cluster.validateWebhooks,
  'apiextensions.k8s.io/v1/CustomResourceDefinition': validateCrd,
};

/**
 * Checks a defaulted built-in object on create, or on update when `old` is given; for a write to a subresource name it
 * (`status`, `ephemeralcontainers`, `resize`, `binding`). Metadata is `validateMeta`'s.
 */
export function validateBuiltin(gvk: Gvk, object: Frozen<Obj>, old?: Frozen<Obj>, subresource?: string): FieldError[] {
  const rule = RULES[gvk];
  return rule ? rule(object as unknown as FrozenTree, old as FrozenTree | undefined, subresource) : [];
}

const NAMES: Readonly<Record<Gvk, TextCheck>> = {
  'v1/Namespace': dns1123Label,
  'v1/Service': dns1035Label,
  'rbac.authorization.k8s.io/v1/Role': pathSegmentName,
  'rbac.authorization.k8s.io/v1/ClusterRole': pathSegmentName,
  'rbac.authorization.k8s.io/v1/RoleBinding': pathSegmentName,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': pathSegmentName,
};
/** What the name of an object of a kind may look like, for `validateMeta`. */
export function nameRule(gvk: Gvk): TextCheck {
  return NAMES[gvk] ?? dns1123Subdomain;
}
