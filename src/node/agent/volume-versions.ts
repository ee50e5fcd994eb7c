import type { Frozen, Gvk, Obj, Ref } from '../../kube/index.ts';
import { containersOf, type Pod } from './pod.ts';

/** The ConfigMaps and Secrets that a Pod's volumes show. */
export function volumeObjects(pod: Frozen<Pod>): Ref[] {
  const namespace = pod.metadata.namespace!;
  const refs: Ref[] = [];
  const add = (kind: string, name: string | undefined) => {
    if (name) refs.push({ apiVersion: 'v1', kind, namespace, name });
  };
  for (const v of pod.spec!.volumes ?? []) {
    add('ConfigMap', v.configMap?.name);
    add('Secret', v.secret?.secretName);
    for (const s of v.projected?.sources ?? []) {
      add('ConfigMap', s.configMap?.name);
      add('Secret', s.secret?.name);
    }
  }
  return refs;
}
/** Volumes and environment: all objects whose appearance or change concerns the Pod. */
export function readObjects(pod: Frozen<Pod>): Ref[] {
  const namespace = pod.metadata.namespace!;
  const refs = volumeObjects(pod);
  const add = (kind: string, name: string | undefined) => {
    if (name) refs.push({ apiVersion: 'v1', kind, namespace, name });
  };
  for (const { spec } of containersOf(pod)) {
    for (const e of spec.env ?? []) {
      add('ConfigMap', e.valueFrom?.configMapKeyRef?.name);
      add('Secret', e.valueFrom?.secretKeyRef?.name);
    }
    for (const e of spec.envFrom ?? []) {
      add('ConfigMap', e.configMapRef?.name);
      add('Secret', e.secretRef?.name);
    }
  }
  for (const v of pod.spec!.volumes ?? []) add('PersistentVolumeClaim', v.persistentVolumeClaim?.claimName);
  return refs;
}
/** Whether volumes show the Pod's own labels or annotations, which may change. */
function hasDownwardFiles(pod: Frozen<Pod>): boolean {
  return (pod.spec!.volumes ?? []).some(v => v.downwardAPI || v.projected?.sources?.some(s => s.downwardAPI));
}

/** What the volumes should show, as one text that changes with it; empty when there is nothing to keep fresh. */
export function volumeVersions(pod: Frozen<Pod>, find: (gvk: Gvk, ref: Ref) => Frozen<Obj> | undefined): string {
  const parts = volumeObjects(pod).map(ref => {
    const version = find(`v1/${ref.kind}`, ref)?.metadata.resourceVersion ?? '-';
    return `${ref.kind}/${ref.name}@${version}`;
  });
  if (hasDownwardFiles(pod)) parts.push(JSON.stringify([pod.metadata.labels ?? {}, pod.metadata.annotations ?? {}]));
  if (pod.spec!.volumes?.some(v => v.projected?.sources?.some(s => s.serviceAccountToken))) parts.push('token');
  return parts.join(',');
}
