import { get, type Row, text, texts } from './access.ts';
import { AGE, type Column, column, NAME, wide } from './column.ts';

const SHORT: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
const UNSET = '<unset>';
const modes = (o: Row, part: string) =>
  texts(o, part, 'accessModes')
    .map(mode => SHORT[mode] ?? mode)
    .join(',');
const phase = (o: Row) => (o.metadata.deletionTimestamp ? 'Terminating' : text(o, ['status', 'phase']));

/** @source kubernetes pkg/printers/internalversion, from knowledge */
export const storageColumns: Readonly<Record<string, readonly Column[]>> = {
  '/PersistentVolumeClaim': [
    NAME,
    column('Status', phase),
    column('Volume', o => text(o, ['spec', 'volumeName'])),
    column('Capacity', o => (text(o, ['spec', 'volumeName']) ? text(o, ['status', 'capacity', 'storage']) : '')),
    column('Access Modes', o => (text(o, ['spec', 'volumeName']) ? modes(o, 'status') : '')),
    column('StorageClass', o => text(o, ['spec', 'storageClassName'])),
    column('VolumeAttributesClass', o => text(o, ['spec', 'volumeAttributesClassName'], UNSET)),
    AGE,
    wide('VolumeMode', o => text(o, ['spec', 'volumeMode'], UNSET)),
  ],
  '/PersistentVolume': [
    NAME,
    column('Capacity', o => text(o, ['spec', 'capacity', 'storage'])),
    column('Access Modes', o => modes(o, 'spec')),
    column('Reclaim Policy', o => text(o, ['spec', 'persistentVolumeReclaimPolicy'])),
    column('Status', phase),
    column('Claim', o =>
      get(o, 'spec', 'claimRef') ? `${text(o, ['spec', 'claimRef', 'namespace'])}/${text(o, ['spec', 'claimRef', 'name'])}` : '',
    ),
    column('StorageClass', o => text(o, ['spec', 'storageClassName'])),
    column('VolumeAttributesClass', o => text(o, ['spec', 'volumeAttributesClassName'], UNSET)),
    column('Reason', o => text(o, ['status', 'reason'])),
    AGE,
    wide('VolumeMode', o => text(o, ['spec', 'volumeMode'], UNSET)),
  ],
  'storage.k8s.io/StorageClass': [
    column('Name', o => (o.metadata.annotations?.[DEFAULT_CLASS] === 'true' ? `${o.metadata.name} (default)` : o.metadata.name)),
    column('Provisioner', o => text(o, ['provisioner'])),
    column('ReclaimPolicy', o => text(o, ['reclaimPolicy'], 'Delete')),
    column('VolumeBindingMode', o => text(o, ['volumeBindingMode'], 'Immediate')),
    column('AllowVolumeExpansion', o => get(o, 'allowVolumeExpansion') === true, 'boolean'),
    AGE,
  ],
};
