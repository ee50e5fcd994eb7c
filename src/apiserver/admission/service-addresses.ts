import { errors, type Obj } from '../../kube/index.ts';
import type { Ids } from '../../lib/index.ts';
import type { AdmissionStep, Find } from './admission.ts';

type Port = { port: number; nodePort?: number };
type Spec = {
  type?: string;
  clusterIP?: string;
  clusterIPs?: string[];
  ports?: Port[];
  ipFamilies?: string[];
  ipFamilyPolicy?: string;
};
type Service = Obj<Spec>;

/** 10.96.0.0/12 without its first addresses, which are given by hand (kubernetes, kube-dns). */
const FIRST = 0x0a600100;
const LAST = 0x0a6fffff;
const NODE_PORTS = [30000, 32767] as const;
const isInRange = (ip: string) => {
  const n = ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return n > 0x0a600000 && n <= LAST;
};
const textOf = (n: number) => [24, 16, 8, 0].map(shift => (n >>> shift) & 255).join('.');

/** Cluster addresses and node ports, given inside the write that needs them. @source kubernetes pkg/registry/core/service/storage/alloc.go */
export function serviceAddresses(ids: Ids): AdmissionStep {
  return {
    name: 'ServiceAddresses',
    applies: (r, def) => def.group === '' && def.plural === 'services' && r.operation !== 'DELETE' && !r.subresource,
    mutate(r, find) {
      const service = r.object as unknown as Service;
      const spec: Spec = { ...service.spec };
      if (spec.type === 'ExternalName') return undefined;
      const old = (r.oldObject as unknown as Service | undefined)?.spec;
      const others = find<Service>('v1/Service', {}).filter(s => s.metadata.uid !== service.metadata.uid);
      if (!spec.clusterIP || spec.clusterIP !== old?.clusterIP)
        spec.clusterIP = chooseAddress(service, spec.clusterIP, new Set(others.map(s => s.spec?.clusterIP)), ids);
      spec.clusterIPs = [spec.clusterIP];
      spec.ipFamilies ??= ['IPv4'];
      spec.ipFamilyPolicy ??= 'SingleStack';
      if (spec.type === 'NodePort' || spec.type === 'LoadBalancer')
        spec.ports = withNodePorts(service, spec.ports ?? [], others, ids);
      return { ...service, spec };
    },
  };
}

function invalid(service: Service, field: string, value: unknown, detail: string): Error {
  return errors.invalid({ group: '', kind: 'Service' }, service.metadata.name, [
    { reason: 'FieldValueInvalid', field, message: `Invalid value: ${JSON.stringify(value)}: ${detail}` },
  ]);
}

function chooseAddress(service: Service, asked: string | undefined, used: ReadonlySet<string | undefined>, ids: Ids): string {
  if (asked === 'None') return asked;
  if (asked) {
    if (!isInRange(asked))
      throw invalid(
        service,
        'spec.clusterIPs',
        [asked],
        `failed to allocate IP ${asked}: the provided IP (${asked}) is not in the valid range. The range of valid IPs is 10.96.0.0/12`,
      );
    if (used.has(asked))
      throw invalid(service, 'spec.clusterIPs', [asked], `failed to allocate IP ${asked}: provided IP is already allocated`);
    return asked;
  }
  for (;;) {
    const ip = textOf(FIRST + Math.floor(ids.random() * (LAST - FIRST)));
    if (!used.has(ip)) return ip;
  }
}

function withNodePorts(service: Service, ports: readonly Port[], others: ReturnType<Find>, ids: Ids): Port[] {
  const used = new Set(others.flatMap(s => ((s.spec as Spec | undefined)?.ports ?? []).map(p => p.nodePort)));
  const [low, high] = NODE_PORTS;
  return ports.map((p, i) => {
    if (p.nodePort) {
      if (p.nodePort < low || p.nodePort > high)
        throw invalid(
          service,
          `spec.ports[${i}].nodePort`,
          p.nodePort,
          `provided port is not in the valid range. The range of valid ports is ${low}-${high}`,
        );
      if (used.has(p.nodePort))
        throw invalid(service, `spec.ports[${i}].nodePort`, p.nodePort, 'provided port is already allocated');
      used.add(p.nodePort);
      return p;
    }
    let nodePort: number;
    do nodePort = low + Math.floor(ids.random() * (high - low));
    while (used.has(nodePort));
    used.add(nodePort);
    return { ...p, nodePort };
  });
}
