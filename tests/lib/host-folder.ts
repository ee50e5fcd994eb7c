import type { Skiff } from './skiff.ts';

/** Makes a folder of the host a claim of that name, which steps can mount. */
export async function mountHostFolder(skiff: Skiff, name: string, folder: string): Promise<void> {
  const common = { accessModes: ['ReadWriteMany'], storageClassName: '' };
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: { ...common, capacity: { storage: '1Gi' }, hostPath: { path: folder } },
  };
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { ...common, volumeName: name, resources: { requests: { storage: '1Gi' } } },
  };
  const post = (path: string, body: unknown) =>
    skiff.json(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  await post('/k8s/api/v1/persistentvolumes', volume);
  await post('/k8s/api/v1/namespaces/kubeflow/persistentvolumeclaims', claim);
}
