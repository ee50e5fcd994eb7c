import type { Obj } from '../../../../src/kube/types.ts';
import { quantity } from '../../lib/quantity.ts';

export type Share = { namespace: string; amount: number };
/** One capacity of the machine and who has asked for it. */
export type Capacity = { name: string; total: number; used: number; shares: Share[] };
type PodSpec = { containers?: { resources?: { requests?: Record<string, string>; limits?: Record<string, string> } }[] };

/** What a Pod holds of a resource: its requests, or its limits where it names only those. */
export function requestOf(pod: Obj, resource: string): number {
  const phase = (pod.status as { phase?: string } | undefined)?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return 0;
  return ((pod.spec as PodSpec).containers ?? []).reduce(
    (sum, c) => sum + quantity(c.resources?.requests?.[resource] ?? c.resources?.limits?.[resource]),
    0,
  );
}
function capacity(
  name: string,
  total: number,
  amounts: readonly [namespace: string, amount: number][],
  order: readonly string[],
): Capacity {
  const shares = order.map(namespace => ({
    namespace,
    amount: amounts.filter(a => a[0] === namespace).reduce((sum, a) => sum + a[1], 0),
  }));
  return { name, total, used: amounts.reduce((sum, a) => sum + a[1], 0), shares };
}
/** The machine's capacities by namespace, the largest users of CPU first; resources that no node has are left out. */
export function capacities(
  nodes: readonly Obj[],
  pods: readonly Obj[],
  claims: readonly Obj[],
): { rows: Capacity[]; namespaces: string[] } {
  const sum = (resource: string): number =>
    nodes.reduce(
      (n, node) => n + quantity((node.status as { allocatable?: Record<string, string> } | undefined)?.allocatable?.[resource]),
      0,
    );
  const amounts = (resource: string): [string, number][] => pods.map(p => [p.metadata.namespace ?? '', requestOf(p, resource)]);
  const byCpu = new Map<string, number>();
  for (const [namespace, amount] of amounts('cpu')) byCpu.set(namespace, (byCpu.get(namespace) ?? 0) + amount);
  const namespaces = [...byCpu]
    .sort((a, b) => b[1] - a[1])
    .map(([namespace]) => namespace)
    .slice(0, 4);
  const volumes: [string, number][] = claims.map(c => [
    c.metadata.namespace ?? '',
    quantity((c.spec as { resources?: { requests?: { storage?: string } } }).resources?.requests?.storage),
  ]);
  const rows = [
    capacity('CPU', sum('cpu'), amounts('cpu'), namespaces),
    capacity('Memory', sum('memory'), amounts('memory'), namespaces),
    capacity('GPU', sum('nvidia.com/gpu'), amounts('nvidia.com/gpu'), namespaces),
    capacity('Disk', sum('ephemeral-storage'), volumes, namespaces),
  ];
  return { rows: rows.filter(r => r.total > 0), namespaces };
}
const gib = 2 ** 30;
/** `41.5` of `64 cores`, `168` of `256 GiB`. */
export function capacityText({ name, used, total }: Capacity): { used: string; total: string } {
  const short = (n: number): string => (n >= 100 ? n.toFixed(0) : String(Number(n.toFixed(1))));
  if (name === 'CPU') return { used: short(used), total: `${short(total)} cores` };
  if (name === 'Memory') return { used: short(used / gib), total: `${short(total / gib)} GiB` };
  if (name === 'GPU') return { used: short(used), total: `${short(total)} devices` };
  return { used: (used / 1e12).toFixed(1), total: `${(total / 1e12).toFixed(1)} TB` };
}
