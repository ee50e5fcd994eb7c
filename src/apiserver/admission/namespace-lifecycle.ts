import { errors, parseGvk } from '../../kube/index.ts';
import type { AdmissionStep } from './admission.ts';

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);
const NAMESPACES = { group: '', plural: 'namespaces' };

/** Nothing is created in a namespace that is absent or going. @source apiserver pkg/admission/plugin/namespace/lifecycle@24a394e516bf */
export function namespaceLifecycle(pluralOf: (gvk: string) => string): AdmissionStep {
  return {
    name: 'NamespaceLifecycle',
    applies: (r, def) =>
      (def.namespaced && r.operation === 'CREATE' && !r.subresource) ||
      (def.kind === 'Namespace' && def.group === '' && r.operation === 'DELETE'),
    // In the first phase, as upstream: what is created in no namespace is not even mutated.
    mutate(r, find) {
      const { namespace } = r;
      if (r.operation !== 'CREATE' || !namespace) return undefined;
      const found = find('v1/Namespace', { apiVersion: 'v1', kind: 'Namespace', name: namespace })[0];
      if (!found) throw errors.notFound(NAMESPACES, namespace);
      if (!found.metadata.deletionTimestamp) return undefined;
      const detail = `unable to create new content in namespace ${namespace} because it is being terminated`;
      throw errors.forbidden({ group: parseGvk(r.gvk).group, plural: pluralOf(r.gvk) }, r.name, detail, [
        { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' },
      ]);
    },
    validate(r) {
      if (r.operation === 'DELETE' && IMMORTAL.has(r.name))
        throw errors.forbidden(NAMESPACES, r.name, 'this namespace may not be deleted');
    },
  };
}
