import type { Frozen, Gvk, Obj } from '../../kube/index.ts';

const EVENT_REFERENCE = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** Paths that field selectors may name beside metadata.name and metadata.namespace, by kind, with the value of an absent one. */
const PATHS: Readonly<Record<Gvk, Readonly<Record<string, string>>>> = {
  'v1/Pod': {
    'spec.nodeName': '',
    'spec.restartPolicy': '',
    'spec.schedulerName': '',
    'spec.serviceAccountName': '',
    'spec.hostNetwork': 'false',
    'status.phase': '',
    'status.podIP': '',
    'status.nominatedNodeName': '',
  },
  'v1/Event': {
    ...Object.fromEntries(EVENT_REFERENCE.map(m => [`involvedObject.${m}`, ''])),
    reason: '',
    reportingComponent: '',
    type: '',
  },
  'events.k8s.io/v1/Event': {
    ...Object.fromEntries(EVENT_REFERENCE.map(m => [`regarding.${m}`, ''])),
    reason: '',
    reportingController: '',
    type: '',
  },
  'v1/Secret': { type: '' },
  'v1/Namespace': { 'status.phase': '' },
  'v1/Node': { 'spec.unschedulable': 'false' },
  'v1/ReplicationController': { 'status.replicas': '0' },
  'apps/v1/ReplicaSet': { 'status.replicas': '0' },
  'batch/v1/Job': { 'status.successful': '0' },
  'certificates.k8s.io/v1/CertificateSigningRequest': { 'spec.signerName': '' },
};

/**
 * What field selectors see of a built-in object: every selectable field with its value as text. A field that is not a key here is
 * not selectable.
 * @source kubernetes pkg/apis/core/v1/conversion.go, pkg/registry/*: strategy.go (from knowledge), spec a8
 */
export function selectableFields(gvk: Gvk, object: Frozen<Obj>): Record<string, string> {
  const { name, namespace } = object.metadata;
  const fields: Record<string, string> = { 'metadata.name': name };
  if (namespace !== undefined) fields['metadata.namespace'] = namespace;
  for (const [path, absent] of Object.entries(PATHS[gvk] ?? {})) fields[path] = textAt(object, path) ?? absent;
  if (gvk === 'v1/Pod') fields['status.podIPs'] = podIPs(object);
  if (gvk === 'v1/Event') fields['source'] = textAt(object, 'source.component') ?? textAt(object, 'reportingComponent') ?? '';
  if (gvk === 'batch/v1/Job') fields['status.successful'] = textAt(object, 'status.succeeded') ?? '0';
  return fields;
}

function textAt(value: unknown, path: string): string | undefined {
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return value === undefined || value === null ? undefined : String(value);
}
function podIPs(pod: Frozen<Obj>): string {
  const ips = (pod.status as { podIPs?: readonly { ip?: string }[] } | undefined)?.podIPs ?? [];
  return ips.map(({ ip }) => ip ?? '').join(',');
}
