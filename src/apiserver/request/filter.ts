import {
  errors,
  type FieldRequirement,
  type Frozen,
  type Obj,
  parseFieldSelector,
  parseLabelSelector,
  type Selector,
} from '../../kube/index.ts';
import { gvkOfDef, type ResourceDef } from '../registry/resource.ts';
import type { Index, StoredResource } from '../store/index.ts';
import { selectableFields } from '../validation/index.ts';

/** The dependents of an owner, by its uid: Skiff's own field selector, served by an index. The garbage collector lives on it. */
export const OWNER_FIELD = 'metadata.ownerReferences.uid';
/** Fields that some object of the kind may lack but that may be asked for. @source kubernetes pkg/apis/core/v1/conversion.go */
const KNOWN_FIELDS: Readonly<Record<string, readonly string[]>> = {
  '/pods': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  '/events': [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  'events.k8s.io/events': [
    'regarding.kind',
    'regarding.namespace',
    'regarding.name',
    'regarding.uid',
    'regarding.apiVersion',
    'regarding.resourceVersion',
    'regarding.fieldPath',
    'reason',
    'reportingController',
    'type',
  ],
  '/secrets': ['type'],
  '/namespaces': ['status.phase', 'name'],
  '/nodes': ['spec.unschedulable'],
  '/replicationcontrollers': ['status.replicas'],
  'apps/replicasets': ['status.replicas'],
  'batch/jobs': ['status.successful'],
  'certificates.k8s.io/certificatesigningrequests': ['spec.signerName'],
};

/** Label and field selectors of a request, and the best index for them. */
export type Filter = {
  matches(stored: Frozen<Obj>): boolean;
  index: Index | undefined;
  isEmpty: boolean;
  name: string | undefined;
};

/** @throws StatusError 400 for selectors that cannot be read and fields that the kind does not offer */
export function filterOf(def: ResourceDef, storage: StoredResource, o: { labelSelector: string; fieldSelector: string }): Filter {
  const labels = parseLabelSelector(o.labelSelector);
  const all = parseFieldSelector(o.fieldSelector);
  for (const { field } of all) checkField(def, field);
  const owner = all.find(f => f.field === OWNER_FIELD && f.equals)?.value;
  const fields = all.filter(f => f.field !== OWNER_FIELD);
  return {
    matches: stored =>
      labels.matches(stored.metadata.labels) && hasOwner(stored, owner) && fields.every(f => meets(def, stored, f)),
    index: indexOf(labels, fields, owner, storage),
    isEmpty: labels.requirements.length === 0 && all.length === 0,
    name: fields.find(f => f.field === 'metadata.name' && f.equals)?.value,
  };
}

function checkField(def: ResourceDef, field: string): void {
  if (field === 'metadata.name' || field === OWNER_FIELD || (field === 'metadata.namespace' && def.namespaced)) return;
  const known = def.custom?.selectableFields ?? KNOWN_FIELDS[`${def.group}/${def.plural}`] ?? [];
  if (known.includes(field)) return;
  throw errors.badRequest(def.custom ? `field label not supported: ${field}` : `field label not supported: ${field}`);
}

function hasOwner(o: Frozen<Obj>, uid: string | undefined): boolean {
  return uid === undefined || o.metadata.ownerReferences?.some(r => r.uid === uid) === true;
}

/** Names of events.k8s.io fields in the stored form. */
function storedField(def: ResourceDef, field: string): string {
  if (!def.convert || def.kind !== 'Event') return field;
  return field.replace(/^regarding\./, 'involvedObject.').replace('reportingController', 'reportingComponent');
}

function meets(def: ResourceDef, o: Frozen<Obj>, { field, equals, value }: FieldRequirement): boolean {
  let actual: string;
  if (field === 'metadata.name' || (field === 'name' && def.kind === 'Namespace')) actual = o.metadata.name;
  else if (field === 'metadata.namespace') actual = o.metadata.namespace ?? '';
  else if (def.custom) actual = textAt(o, field);
  else
    actual =
      selectableFields(def.convert ? `${def.storageApiVersion}/${def.kind}` : gvkOfDef(def), o as Obj)[storedField(def, field)] ??
      '';
  return (actual === value) === equals;
}

function textAt(o: unknown, path: string): string {
  let value = o;
  for (const part of path.replace(/^\./, '').split('.')) value = (value as Record<string, unknown> | undefined)?.[part];
  return value === undefined || value === null ? '' : String(value);
}

function indexOf(
  labels: Selector,
  fields: readonly FieldRequirement[],
  owner: string | undefined,
  storage: StoredResource,
): Index | undefined {
  if (owner !== undefined) return { kind: 'owner', uid: owner };
  for (const f of fields) {
    if (f.equals && f.value !== '' && storage.indexed.includes(f.field))
      return { kind: 'field', key: f.field, values: [f.value] };
  }
  const equality = labels.equality();
  return equality && { kind: 'label', key: equality.key, values: equality.values };
}
