import type { Gvk } from '../../kube/index.ts';
import type { Ids } from '../../lib/index.ts';
import type { Rbac } from '../auth/rbac.ts';
import type { Registry } from '../registry/registry.ts';
import type { Store } from '../store/index.ts';
import type { AdmissionStep } from './admission.ts';
import { ByNamespace } from './by-namespace.ts';
import { defaultClasses } from './default-classes.ts';
import { escalationCheck } from './escalation.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { podDefaults } from './pod-defaults.ts';
import { podSecurity } from './pod-security.ts';
import { serviceAddresses } from './service-addresses.ts';

/** The built-in steps, in upstream's order. */
export function builtinSteps(o: { store: Store; registry: Registry; rbac: Rbac; ids: Ids }): readonly AdmissionStep[] {
  const pluralOf = (gvk: string) => o.registry.ofKind(gvk as Gvk)?.plural ?? '';
  const ranges = new ByNamespace(o.store, o.registry.find('', 'v1', 'limitranges')!);
  return [
    namespaceLifecycle(pluralOf),
    limitRanger(ranges),
    ...podDefaults(o.ids),
    ...defaultClasses,
    serviceAddresses(o.ids),
    escalationCheck(o.rbac),
    podSecurity,
  ];
}
