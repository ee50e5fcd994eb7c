import type { ResourceDef } from '../registry/resource.ts';
import { dns1035Label, dns1123Label, pathSegmentName, type TextCheck } from '../validation/names.ts';

/** The rule for names of a kind, where it is not a DNS subdomain. RBAC's are path segments: `system:basic-user` is one. */
export function nameRule(def: ResourceDef): { name?: TextCheck } {
  if (def.custom) return {};
  if (def.group === 'rbac.authorization.k8s.io' || def.group === 'certificates.k8s.io') return { name: pathSegmentName };
  if (def.group !== '') return {};
  if (def.plural === 'namespaces') return { name: dns1123Label };
  if (def.plural === 'services') return { name: dns1035Label };
  return {};
}
