import { count, get, labelText, list, map, type Row, selectorText, text, texts } from './access.ts';
import { AGE, type Column, column, NAME, wide } from './column.ts';
import { firstFew } from './human.ts';

const NONE = '<none>';

/** @source kubernetes pkg/printers/internalversion, from knowledge */
export const networkColumns: Readonly<Record<string, readonly Column[]>> = {
  '/Service': [
    NAME,
    column('Type', o => text(o, ['spec', 'type'])),
    column('Cluster-IP', o => texts(o, 'spec', 'clusterIPs')[0] ?? text(o, ['spec', 'clusterIP'], NONE)),
    column('External-IP', externalIP),
    column('Port(s)', o => list(o, 'spec', 'ports').map(servicePort).join(',') || NONE),
    AGE,
    wide('Selector', o => labelText(map(o, 'spec', 'selector'))),
  ],
  '/Endpoints': [NAME, column('Endpoints', endpointsText), AGE],
  'discovery.k8s.io/EndpointSlice': [
    NAME,
    column('AddressType', o => text(o, ['addressType'])),
    column(
      'Ports',
      o =>
        firstFew(
          list(o, 'ports').map(port => text(port, ['port'], '*')),
          3,
        ) || '<unset>',
    ),
    column(
      'Endpoints',
      o =>
        firstFew(
          list(o, 'endpoints').flatMap(e => texts(e, 'addresses')),
          3,
        ) || '<unset>',
    ),
    AGE,
  ],
  'networking.k8s.io/Ingress': [
    NAME,
    column('Class', o => text(o, ['spec', 'ingressClassName'], NONE)),
    column('Hosts', o => firstFew([...new Set(list(o, 'spec', 'rules').map(rule => text(rule, ['host'], '*')))], 3) || '*'),
    column('Address', loadBalancerAddress),
    column('Ports', o => (list(o, 'spec', 'tls').length > 0 ? '80, 443' : '80')),
    AGE,
  ],
  'networking.k8s.io/IngressClass': [
    NAME,
    column('Controller', o => text(o, ['spec', 'controller'])),
    column('Parameters', o => {
      const p = map(o, 'spec', 'parameters');
      return p['name'] === undefined ? NONE : `${text(p, ['kind'])}${p['apiGroup'] ? `.${p['apiGroup']}` : ''}/${p['name']}`;
    }),
    AGE,
  ],
  'networking.k8s.io/NetworkPolicy': [NAME, column('Pod-Selector', o => selectorText(get(o, 'spec', 'podSelector'))), AGE],
};

function servicePort(port: unknown): string {
  const nodePort = count(port, 'nodePort');
  return `${count(port, 'port')}${nodePort ? `:${nodePort}` : ''}/${text(port, ['protocol'], 'TCP')}`;
}
function loadBalancerAddress(o: Row): string {
  return list(o, 'status', 'loadBalancer', 'ingress')
    .map(i => text(i, ['ip']) || text(i, ['hostname']))
    .join(',');
}
function externalIP(o: Row): string {
  const given = texts(o, 'spec', 'externalIPs');
  switch (text(o, ['spec', 'type'])) {
    case 'ExternalName':
      return text(o, ['spec', 'externalName'], NONE);
    case 'LoadBalancer': {
      const all = [loadBalancerAddress(o), ...given].filter(address => address !== '');
      return all.join(',') || '<pending>';
    }
    default:
      return given.join(',') || NONE;
  }
}
function endpointsText(o: Row): string {
  const all = list(o, 'subsets').flatMap(subset =>
    list(subset, 'ports').length === 0
      ? list(subset, 'addresses').map(a => text(a, ['ip']))
      : list(subset, 'ports').flatMap(port => list(subset, 'addresses').map(a => `${text(a, ['ip'])}:${count(port, 'port')}`)),
  );
  return firstFew(all, 3) || NONE;
}
