import type { Frozen, Obj } from '../../kube/index.ts';
import type { Service } from '../env/service-vars.ts';
import type { ServiceRule } from '../runtime.ts';

export type EndpointSlice = Obj & {
  ports?: { name?: string; port?: number; protocol?: string }[];
  endpoints?: { addresses: string[]; hostname?: string; conditions?: { ready?: boolean; serving?: boolean } }[];
};
export type ServiceTable = {
  rules: ServiceRule[];
  /** Addresses by full name, lower case, without the last dot. */
  names: Record<string, string[]>;
};

/**
 * Virtual addresses and DNS names of all Services: what kube-proxy and CoreDNS make of them.
 * @source kubernetes/dns docs/specification.md (A records of ClusterIP and headless Services, hostnames of endpoints)
 */
export function serviceTable(
  services: readonly Frozen<Service>[],
  slices: readonly Frozen<EndpointSlice>[],
  clusterDomain: string,
): ServiceTable {
  const table: ServiceTable = { rules: [], names: {} };
  const byService = Map.groupBy(slices, s => `${s.metadata.namespace}/${s.metadata.labels?.['kubernetes.io/service-name']}`);
  for (const service of services) {
    const { name, namespace } = service.metadata;
    const own = byService.get(`${namespace}/${name}`) ?? [];
    const full = `${name}.${namespace}.svc.${clusterDomain}`;
    const ip = service.spec?.clusterIP;
    if (ip && ip !== 'None') {
      table.names[full] = [ip];
      addRules(table, service, ip, own);
    } else if (ip === 'None') addHeadless(table, full, own);
  }
  return table;
}

function addRules(table: ServiceTable, service: Frozen<Service>, ip: string, slices: readonly Frozen<EndpointSlice>[]): void {
  for (const p of service.spec?.ports ?? []) {
    const protocol = p.protocol === 'UDP' ? 'UDP' : 'TCP';
    const endpoints = slices.flatMap(slice => {
      const port = slice.ports?.find(sp => (sp.name ?? '') === (p.name ?? '') && (sp.protocol ?? 'TCP') === protocol)?.port;
      if (port === undefined) return [];
      return readyAddresses(slice).map(address => ({ ip: address, port }));
    });
    table.rules.push({ ip, port: p.port, protocol, endpoints });
  }
}
function addHeadless(table: ServiceTable, full: string, slices: readonly Frozen<EndpointSlice>[]): void {
  for (const slice of slices) {
    const ready = readyAddresses(slice);
    if (ready.length > 0) table.names[full] = [...(table.names[full] ?? []), ...ready];
    for (const e of slice.endpoints ?? []) if (e.hostname && isReady(e)) table.names[`${e.hostname}.${full}`] = [...e.addresses];
  }
}
type Endpoint = NonNullable<Frozen<EndpointSlice>['endpoints']>[number];
function isReady(e: Endpoint): boolean {
  return e.conditions?.ready !== false;
}
function readyAddresses(slice: Frozen<EndpointSlice>): string[] {
  return (slice.endpoints ?? []).filter(isReady).flatMap(e => [...e.addresses]);
}

/** Answers for one name: Services from the table, and `1-2-3-4.<namespace>.pod.<domain>` as the address it spells. */
export function lookupName(
  names: Readonly<Record<string, readonly string[]>>,
  clusterDomain: string,
  asked: string,
): readonly string[] | undefined {
  const name = asked.toLowerCase().replace(/\.$/, '');
  if (Object.hasOwn(names, name)) return names[name];
  const suffix = `.pod.${clusterDomain}`;
  if (!name.endsWith(suffix)) return undefined;
  const [spelled, namespace, ...more] = name.slice(0, -suffix.length).split('.');
  if (!namespace || more.length > 0 || !/^\d{1,3}(-\d{1,3}){3}$/.test(spelled!)) return undefined;
  return [spelled!.replaceAll('-', '.')];
}
