import { type Frozen, parseQuantity } from '../../kube/index.ts';
import type { Container, Pod, ResourceFieldSelector } from '../agent/pod.ts';
import { errors } from '../errors.ts';

export type NodeFacts = { nodeName: string; hostIP: string; podIP: string; allocatable: { cpu: number; memory: number } };

/** The value of a downward API field. @throws NotStartable for fields that do not exist */
export function fieldValue(pod: Frozen<Pod>, fieldPath: string, node: NodeFacts): string {
  const { metadata, spec } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (subscript) return metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2]!] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(metadata.labels);
    case 'metadata.annotations':
      return formatMap(metadata.annotations);
    case 'spec.nodeName':
      return node.nodeName;
    case 'spec.serviceAccountName':
      return spec?.serviceAccountName ?? 'default';
    case 'status.hostIP':
    case 'status.hostIPs':
      return node.hostIP;
    case 'status.podIP':
    case 'status.podIPs':
      return node.podIP;
    default:
      throw errors.fieldUnsupported(fieldPath);
  }
}
/** `key="value"` lines, sorted, quoted as Go does. */
function formatMap(map: Frozen<Record<string, string>> | undefined): string {
  const keys = Object.keys(map ?? {}).sort();
  return keys.map(k => `${k}=${JSON.stringify(map![k])}`).join('\n');
}

/** The value of a resource field, rounded up to whole divisors; a missing limit is what the node has. */
export function resourceValue(
  pod: Frozen<Pod>,
  own: Frozen<Container> | undefined,
  r: Frozen<ResourceFieldSelector>,
  node: NodeFacts,
): string {
  const container = r.containerName
    ? pod.spec!.containers.concat(pod.spec!.initContainers ?? []).find(c => c.name === r.containerName)
    : own;
  const match = /^(limits|requests)\.(.+)$/.exec(r.resource);
  if (!match || !container) throw errors.resourceUnsupported(r.resource);
  const [, list, name] = match as unknown as [string, 'limits' | 'requests', string];
  const asked = container.resources?.[list]?.[name] ?? container.resources?.limits?.[name];
  const fallback = name === 'cpu' ? node.allocatable.cpu : name === 'memory' ? node.allocatable.memory : 0;
  const value = asked === undefined ? (list === 'limits' ? fallback : 0) : parseQuantity(asked);
  const divisor = parseQuantity(r.divisor) || 1;
  // Division in floating point must not turn an exact 4 into 4.000001, hence 5.
  return String(Math.ceil(Number((value / divisor).toPrecision(12))));
}
