import type { Frozen, Obj } from '../../kube/index.ts';
import type { AdmissionStep, Find } from './admission.ts';

const isDefault = (group: string) => (o: Frozen<Obj>) => o.metadata.annotations?.[`${group}/is-default-class`] === 'true';
/** Of several defaults the newest counts, then the first by name. @source kubernetes pkg/volume/util/storageclass.go */
function newest(all: readonly Frozen<Obj>[]): string | undefined {
  const created = (o: Frozen<Obj>) => o.metadata.creationTimestamp ?? '';
  const [first] = [...all].sort((a, b) => created(b).localeCompare(created(a)) || a.metadata.name.localeCompare(b.metadata.name));
  return first?.metadata.name;
}
const defaultStorageClass = (find: Find) =>
  newest(find('storage.k8s.io/v1/StorageClass', {}).filter(isDefault('storageclass.kubernetes.io')));
const defaultIngressClass = (find: Find) =>
  newest(find('networking.k8s.io/v1/IngressClass', {}).filter(isDefault('ingressclass.kubernetes.io')));

/** New claims and Ingresses that name no class get the default one. @source kubernetes plugin/pkg/admission/{storage/storageclass/setdefault,network/defaultingressclass} */
export const defaultClasses: readonly AdmissionStep[] = [
  {
    name: 'DefaultStorageClass',
    applies: (r, def) =>
      def.group === '' && def.plural === 'persistentvolumeclaims' && r.operation === 'CREATE' && !r.subresource,
    mutate(r, find) {
      const claim = r.object as unknown as Obj<{ storageClassName?: string }>;
      const named = claim.spec?.storageClassName ?? claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'];
      const storageClassName = named === undefined ? defaultStorageClass(find) : undefined;
      return storageClassName ? { ...claim, spec: { ...claim.spec, storageClassName } } : undefined;
    },
  },
  {
    name: 'DefaultIngressClass',
    applies: (r, def) =>
      def.group === 'networking.k8s.io' && def.plural === 'ingresses' && r.operation === 'CREATE' && !r.subresource,
    mutate(r, find) {
      const ingress = r.object as unknown as Obj<{ ingressClassName?: string }>;
      const named = ingress.spec?.ingressClassName ?? ingress.metadata.annotations?.['kubernetes.io/ingress.class'];
      const ingressClassName = named === undefined ? defaultIngressClass(find) : undefined;
      return ingressClassName ? { ...ingress, spec: { ...ingress.spec, ingressClassName } } : undefined;
    },
  },
];
