import type { ControllerDef, EventDraft, Frozen, Obj, Plan, Write } from '../../kube/index.ts';
import { milliOf, refOf, selectorOf } from '../../kube/index.ts';
import { DOMAIN } from '../../lib/index.ts';
import type { Claim, StorageClass, Volume } from './volume-object.ts';

/** Makes folders below one of Skiff's own as persistent volumes. */
export const PROVISIONER = `${DOMAIN}/folder`;
export const DEFAULT_CLASS = 'standard';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const IS_DEFAULT = 'storageclass.kubernetes.io/is-default-class';

type AnyClaim = Frozen<Claim>;
type AnyVolume = Frozen<Volume>;

/** The class that claims get who name none. Volumes are bound at once: one machine has no topology to wait for. */
export const defaultClass: Obj = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: DEFAULT_CLASS, annotations: { [IS_DEFAULT]: 'true' } },
  provisioner: PROVISIONER,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
  allowVolumeExpansion: true,
} as Obj;

/** Binds claims: to a volume that fits, or to a new folder. */
export function claims(o: { volumesFolder: string }): ControllerDef<Claim> {
  return {
    name: 'persistent-volume-binder',
    for: 'v1/PersistentVolumeClaim',
    reads: [
      { gvk: 'v1/PersistentVolume', enqueue: volume => claimKeys(volume as unknown as AnyVolume) },
      { gvk: 'storage.k8s.io/v1/StorageClass' },
    ],
    writes: [{ gvk: 'v1/PersistentVolume', verbs: ['create', 'patch'] }],
    plan({ object: claim, find }): Plan {
      if (claim.metadata.deletionTimestamp) return {};
      const volumes = find<Volume>('v1/PersistentVolume', {});
      const named = claim.spec?.volumeName;
      if (named) {
        const volume = volumes.find(v => v.metadata.name === named);
        if (volume) return bindPlan(claim, volume);
        return claim.status?.phase === 'Bound' ? { status: { phase: 'Lost' } } : pending(claim);
      }
      const mine = volumes.find(v => v.spec?.claimRef?.uid === claim.metadata.uid) ?? smallestFit(claim, volumes);
      if (mine) return bindPlan(claim, mine);
      const { className, cls } = classOf(claim, find);
      if (cls?.provisioner === PROVISIONER) return provisionPlan(claim, cls, o.volumesFolder);
      return pending(claim, waitingEvent(className, cls));
    },
  };
}

function claimKeys(volume: AnyVolume) {
  const { namespace, name } = volume.spec?.claimRef ?? {};
  return namespace && name ? [{ namespace, name }] : [];
}

function classOf(claim: AnyClaim, find: Parameters<ControllerDef['plan']>[0]['find']) {
  const all = find<StorageClass>('storage.k8s.io/v1/StorageClass', {});
  const named = claim.spec?.storageClassName;
  const byDefault = all.find(c => c.metadata.annotations?.[IS_DEFAULT] === 'true');
  const className = named ?? byDefault?.metadata.name ?? '';
  return { className, cls: all.find(c => c.metadata.name === className) };
}
function waitingEvent(className: string, cls: Frozen<StorageClass> | undefined): EventDraft {
  if (className === '')
    return { reason: 'FailedBinding', message: 'no persistent volumes available for this claim and no storage class is set' };
  if (!cls)
    return { type: 'Warning', reason: 'ProvisioningFailed', message: `storageclass.storage.k8s.io "${className}" not found` };
  const message = `Waiting for a volume to be created either by the external provisioner '${cls.provisioner}' or manually by the system administrator.`;
  return { reason: 'ExternalProvisioning', message };
}
function pending(claim: AnyClaim, event?: EventDraft): Plan {
  const isNews = claim.status?.phase !== 'Pending';
  return { status: { ...claim.status, phase: 'Pending' }, ...(event && isNews ? { events: [event] } : {}) };
}

function requestOf(claim: AnyClaim): string {
  return claim.spec?.resources?.requests?.['storage'] ?? '1Gi';
}
/** The smallest free volume of the claim's class that is large enough, as upstream. */
function smallestFit(claim: AnyClaim, volumes: readonly AnyVolume[]): AnyVolume | undefined {
  const selector = selectorOf(claim.spec?.selector);
  const fits = volumes.filter(v => {
    const spec = v.spec;
    const reserved = spec?.claimRef;
    if (reserved && (reserved.uid || reserved.name !== claim.metadata.name || reserved.namespace !== claim.metadata.namespace))
      return false;
    return (
      !v.metadata.deletionTimestamp &&
      v.status?.phase !== 'Released' &&
      (spec?.storageClassName ?? '') === (claim.spec?.storageClassName ?? '') &&
      (claim.spec?.accessModes ?? []).every(mode => spec?.accessModes?.includes(mode)) &&
      milliOf(spec?.capacity?.['storage']) >= milliOf(requestOf(claim)) &&
      (!selector || selector.matches(v.metadata.labels))
    );
  });
  return fits.sort((a, b) => milliOf(a.spec?.capacity?.['storage']) - milliOf(b.spec?.capacity?.['storage']))[0];
}

function claimRefOf(claim: AnyClaim) {
  const { namespace, name, uid } = claim.metadata;
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid };
}
/** Each names the other; the volume first, so that no other claim takes it in between. */
function bindPlan(claim: AnyClaim, volume: AnyVolume): Plan {
  const owner = volume.spec?.claimRef;
  if (owner?.uid && owner.uid !== claim.metadata.uid) return pending(claim);
  const writes: Write[] = [];
  if (owner?.uid !== claim.metadata.uid)
    writes.push({ verb: 'patch', ref: refOf(volume), type: 'merge', patch: { spec: { claimRef: claimRefOf(claim) } } });
  if (claim.spec?.volumeName !== volume.metadata.name) writes.push(nameVolume(claim, volume.metadata.name));
  const { accessModes = [], capacity = {} } = volume.spec ?? {};
  return { writes, status: { ...claim.status, phase: 'Bound', accessModes: [...accessModes], capacity: { ...capacity } } };
}
function nameVolume(claim: AnyClaim, name: string): Write {
  const annotations = { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' };
  return { verb: 'patch', ref: refOf(claim), type: 'merge', patch: { metadata: { annotations }, spec: { volumeName: name } } };
}

function provisionPlan(claim: AnyClaim, cls: Frozen<StorageClass>, folder: string): Plan {
  const { namespace, name, uid } = claim.metadata;
  const volumeName = `pvc-${uid}`;
  const capacity = { storage: requestOf(claim) };
  const accessModes = [...(claim.spec?.accessModes ?? ['ReadWriteOnce'])];
  const volume: Volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName, annotations: { [PROVISIONED_BY]: PROVISIONER } },
    spec: {
      accessModes,
      capacity,
      claimRef: claimRefOf(claim) as NonNullable<Volume['spec']>['claimRef'] & object,
      hostPath: { path: `${folder}/${volumeName}_${namespace}_${name}`, type: 'DirectoryOrCreate' },
      persistentVolumeReclaimPolicy: cls.reclaimPolicy ?? 'Delete',
      storageClassName: cls.metadata.name,
      volumeMode: claim.spec?.volumeMode ?? 'Filesystem',
    },
  };
  return {
    writes: [{ verb: 'create', object: volume, adopt: 'never' }, nameVolume(claim, volumeName)],
    status: { ...claim.status, phase: 'Bound', accessModes, capacity },
    events: [{ reason: 'ProvisioningSucceeded', message: `Successfully provisioned volume ${volumeName}` }],
  };
}
