import { condition, count, get, isTrue, list, map, type Row, text } from './access.ts';
import { AGE, type Column, CREATED_AT, column, NAME, wide } from './column.ts';
import { since } from './human.ts';

const NONE = '<none>';
const size = (o: Row, ...path: string[]) => Object.keys(map(o, ...path)).length;

const binding: readonly Column[] = [
  NAME,
  column('Role', o => `${text(o, ['roleRef', 'kind'])}/${text(o, ['roleRef', 'name'])}`),
  AGE,
  wide('Users', o => subjects(o, 'User')),
  wide('Groups', o => subjects(o, 'Group')),
  wide('ServiceAccounts', o => subjects(o, 'ServiceAccount')),
];
const webhooks: readonly Column[] = [NAME, column('Webhooks', o => list(o, 'webhooks').length, 'integer'), AGE];

const event: readonly Column[] = [
  column('Last Seen', lastSeen),
  column('Type', o => text(o, ['type'])),
  column('Reason', o => text(o, ['reason'])),
  column('Object', o => {
    const object = involved(o);
    return [text(object, ['kind']).toLowerCase(), text(object, ['name'])].filter(part => part !== '').join('/');
  }),
  wide('Subobject', o => text(involved(o), ['fieldPath'])),
  wide('Source', o => eventSource(o)),
  column('Message', o => (text(o, ['message']) || text(o, ['note'])).trim()),
  wide('First Seen', firstSeen),
  wide('Count', o => count(o, 'series', 'count') || count(o, 'count') || count(o, 'deprecatedCount') || 1, 'integer'),
  { ...NAME, wide: true },
];

/** @source kubernetes pkg/printers/internalversion, from knowledge */
export const clusterColumns: Readonly<Record<string, readonly Column[]>> = {
  '/Namespace': [NAME, column('Status', o => text(o, ['status', 'phase'])), AGE],
  '/Node': [
    NAME,
    column('Status', nodeStatus),
    column('Roles', nodeRoles),
    AGE,
    column('Version', o => text(o, ['status', 'nodeInfo', 'kubeletVersion'])),
    wide('Internal-IP', o => nodeAddress(o, 'InternalIP')),
    wide('External-IP', o => nodeAddress(o, 'ExternalIP')),
    wide('OS-Image', o => text(o, ['status', 'nodeInfo', 'osImage'], '<unknown>')),
    wide('Kernel-Version', o => text(o, ['status', 'nodeInfo', 'kernelVersion'], '<unknown>')),
    wide('Container-Runtime', o => text(o, ['status', 'nodeInfo', 'containerRuntimeVersion'], '<unknown>')),
  ],
  '/Secret': [NAME, column('Type', o => text(o, ['type'], 'Opaque')), column('Data', o => size(o, 'data'), 'integer'), AGE],
  '/ConfigMap': [NAME, column('Data', o => size(o, 'data') + size(o, 'binaryData'), 'integer'), AGE],
  '/ServiceAccount': [NAME, column('Secrets', o => list(o, 'secrets').length, 'integer'), AGE],
  '/Event': event,
  'events.k8s.io/Event': event,
  '/ResourceQuota': [NAME, column('Request', o => quota(o, false)), column('Limit', o => quota(o, true)), AGE],
  '/LimitRange': [NAME, CREATED_AT],
  'rbac.authorization.k8s.io/Role': [NAME, CREATED_AT],
  'rbac.authorization.k8s.io/ClusterRole': [NAME, CREATED_AT],
  'rbac.authorization.k8s.io/RoleBinding': binding,
  'rbac.authorization.k8s.io/ClusterRoleBinding': binding,
  'coordination.k8s.io/Lease': [NAME, column('Holder', o => text(o, ['spec', 'holderIdentity'])), AGE],
  'apiextensions.k8s.io/CustomResourceDefinition': [NAME, CREATED_AT],
  'scheduling.k8s.io/PriorityClass': [
    NAME,
    column('Value', o => count(o, 'value'), 'integer'),
    column('Global-Default', o => get(o, 'globalDefault') === true, 'boolean'),
    AGE,
    column('PreemptionPolicy', o => text(o, ['preemptionPolicy'], 'PreemptLowerPriority')),
  ],
  'node.k8s.io/RuntimeClass': [NAME, column('Handler', o => text(o, ['handler'])), AGE],
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': webhooks,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': webhooks,
  'apiregistration.k8s.io/APIService': [
    NAME,
    column('Service', o =>
      get(o, 'spec', 'service')
        ? `${text(o, ['spec', 'service', 'namespace'])}/${text(o, ['spec', 'service', 'name'])}`
        : 'Local',
    ),
    column('Available', o => text(condition(o, 'Available'), ['status'], 'Unknown')),
    AGE,
  ],
};

function subjects(o: Row, kind: string): string {
  return list(o, 'subjects')
    .filter(s => s['kind'] === kind)
    .map(s => (kind === 'ServiceAccount' ? `${text(s, ['namespace'])}/${text(s, ['name'])}` : text(s, ['name'])))
    .join(', ');
}

function nodeStatus(o: Row): string {
  const ready = condition(o, 'Ready');
  const word = !ready ? 'Unknown' : isTrue(o, 'Ready') ? 'Ready' : 'NotReady';
  return get(o, 'spec', 'unschedulable') === true ? `${word},SchedulingDisabled` : word;
}
function nodeRoles(o: Row): string {
  const roles = Object.entries(o.metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith('node-role.kubernetes.io/')) return [key.slice('node-role.kubernetes.io/'.length)];
    return key === 'kubernetes.io/role' && value ? [value] : [];
  });
  return [...new Set(roles.filter(role => role !== ''))].sort().join(',') || NONE;
}
function nodeAddress(o: Row, type: string): string {
  return text(
    list(o, 'status', 'addresses').find(a => a['type'] === type),
    ['address'],
    NONE,
  );
}

function involved(o: Row): unknown {
  return get(o, 'involvedObject') ?? get(o, 'regarding');
}
function eventSource(o: Row): string {
  const source = get(o, 'source') ?? get(o, 'deprecatedSource');
  const component = text(source, ['component']) || text(o, ['reportingComponent']) || text(o, ['reportingController']);
  const host = text(source, ['host']) || text(o, ['reportingInstance']);
  return [component, host].filter(part => part !== '').join(', ');
}
function firstSeen(o: Row, now: Date): string {
  return since(get(o, 'firstTimestamp') ?? get(o, 'deprecatedFirstTimestamp') ?? get(o, 'eventTime'), now);
}
function lastSeen(o: Row, now: Date): string {
  const last = get(o, 'series', 'lastObservedTime') ?? get(o, 'lastTimestamp') ?? get(o, 'deprecatedLastTimestamp');
  return last ? since(last, now) : firstSeen(o, now);
}

function quota(o: Row, isLimit: boolean): string {
  const hard = map(o, 'status', 'hard');
  const used = map(o, 'status', 'used');
  return Object.keys(hard)
    .filter(name => name.startsWith('limits.') === isLimit)
    .sort()
    .map(name => `${name}: ${used[name] ?? 0}/${hard[name]}`)
    .join(', ');
}
