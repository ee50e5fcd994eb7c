import type { ControllerDef, Gvk, Performer } from '../../kube/index.ts';
import { canonicalJson, sha256Hex } from '../../lib/index.ts';
import type { Service } from '../env/service-vars.ts';
import type { PodRuntime } from '../runtime.ts';
import { type EndpointSlice, lookupName, type ServiceTable, serviceTable } from './table.ts';

const SLICE: Gvk = 'discovery.k8s.io/v1/EndpointSlice';
const EFFECT = 'services.set';
const ONE = { name: 'services' };

/** One plan over all Services: the table of virtual addresses and names, handed over whole when it changes. */
export function serviceController(clusterDomain: string): ControllerDef<Service, { id: string }> {
  return {
    name: 'node-services',
    for: 'v1/Service',
    reads: [{ gvk: SLICE, enqueue: () => [ONE] }],
    key: () => ONE,
    concurrency: 1,
    plan(observed) {
      const table = serviceTable(
        observed.find<Service>('v1/Service', {}),
        observed.find<EndpointSlice>(SLICE, {}),
        clusterDomain,
      );
      const id = sha256Hex(canonicalJson(table));
      if (observed.memo?.id === id) return {};
      return { effects: [{ name: EFFECT, id, params: table }], memo: { id } };
    },
  };
}
export function servicePerformer(runtime: PodRuntime, clusterDomain: string): Performer<ServiceTable> {
  return {
    name: EFFECT,
    order: 'beforeWrites',
    async perform(table) {
      runtime.setNames(name => lookupName(table.names, clusterDomain, name));
      await runtime.setServices(table.rules);
    },
  };
}
