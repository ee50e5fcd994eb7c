import { ensure, fill, sub, type Tree } from '../tree.ts';

/** @source kubernetes pkg/apis/core/v1/defaults.go, pkg/apis/storage/v1/defaults.go (from knowledge) */
export function defaultClaim(claim: Tree): void {
  fill(ensure(claim, 'spec'), { volumeMode: 'Filesystem' });
  fill(ensure(claim, 'status'), { phase: 'Pending' });
}
export function defaultPersistentVolume(volume: Tree): void {
  const spec = ensure(volume, 'spec');
  fill(spec, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' });
  fill(sub(spec, 'hostPath'), { type: '' });
  fill(ensure(volume, 'status'), { phase: 'Pending' });
}
export function defaultStorageClass(storageClass: Tree): void {
  fill(storageClass, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' });
}
export function defaultCsiDriver(driver: Tree): void {
  fill(ensure(driver, 'spec'), {
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    volumeLifecycleModes: ['Persistent'],
    requiresRepublish: false,
    seLinuxMount: false,
  });
}
