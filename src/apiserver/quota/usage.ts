import type { Frozen, Obj } from '../../kube/index.ts';
import { type Amounts, amountsOf, greatest, sum, units } from './amounts.ts';

type Resources = { requests?: Record<string, string>; limits?: Record<string, string> };
type Container = { name: string; resources?: Resources; restartPolicy?: string };
type PodSpec = {
  containers?: readonly Container[];
  initContainers?: readonly Container[];
  overhead?: Record<string, string>;
  activeDeadlineSeconds?: number;
  priorityClassName?: string;
};
type Pod = Frozen<Obj<PodSpec, { phase?: string; qosClass?: string }>>;
type Claim = Frozen<Obj<{ storageClassName?: string; resources?: Resources }>>;
type Service = Frozen<Obj<{ type?: string; ports?: readonly unknown[]; allocateLoadBalancerNodePorts?: boolean }>>;

/** What an object takes of a quota, by the names that quotas limit. @source kubernetes pkg/quota/v1/evaluator/core */
export function usageOf(o: Frozen<Obj>, plural: string): Amounts {
  const group = o.apiVersion.includes('/') ? o.apiVersion.split('/')[0] : '';
  const counted = { [`count/${plural}${group ? `.${group}` : ''}`]: units(1) };
  if (group !== '') return counted;
  if (o.kind === 'Pod') return isFinished(o as Pod) ? counted : { ...counted, ...podUsage(o as Pod) };
  if (o.kind === 'PersistentVolumeClaim') return { ...counted, ...claimUsage(o as Claim) };
  if (o.kind === 'Service') return { ...counted, ...serviceUsage(o as Service) };
  return PLAIN.has(plural) ? { ...counted, [plural]: units(1) } : counted;
}
const PLAIN = new Set(['configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas']);
const isFinished = (pod: Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** What a Pod asks for: its containers together, or the greatest of its init containers. @source kubernetes component-helpers/resource */
export function podResources(spec: PodSpec, part: 'requests' | 'limits'): Amounts {
  const of = (c: Container) => amountsOf(c.resources?.[part]);
  let sidecars: Amounts = {};
  let starting: Amounts = {};
  for (const c of spec.initContainers ?? []) {
    const own = of(c);
    if (c.restartPolicy === 'Always') sidecars = sum([sidecars, own]);
    starting = greatest(starting, c.restartPolicy === 'Always' ? sidecars : sum([sidecars, own]));
  }
  const running = sum([sidecars, ...(spec.containers ?? []).map(of)]);
  const needed = greatest(running, starting);
  const overhead = amountsOf(spec.overhead);
  return part === 'requests' ? sum([needed, overhead]) : needed;
}

const SHORT = new Set(['cpu', 'memory', 'ephemeral-storage']);
function podUsage(pod: Pod): Amounts {
  const spec = (pod.spec ?? {}) as PodSpec;
  const used: Record<string, bigint> = { pods: units(1) };
  for (const [name, n] of Object.entries(podResources(spec, 'requests'))) {
    if (SHORT.has(name)) used[name] = n;
    used[`requests.${name}`] = n;
  }
  for (const [name, n] of Object.entries(podResources(spec, 'limits'))) used[`limits.${name}`] = n;
  return used;
}
function claimUsage(claim: Claim): Amounts {
  const storage = amountsOf(claim.spec?.resources?.requests)['storage'] ?? 0n;
  const used = { persistentvolumeclaims: units(1), 'requests.storage': storage };
  const of = claim.spec?.storageClassName;
  if (!of) return used;
  const prefix = `${of}.storageclass.storage.k8s.io`;
  return { ...used, [`${prefix}/persistentvolumeclaims`]: units(1), [`${prefix}/requests.storage`]: storage };
}
function serviceUsage(service: Service): Amounts {
  const { type, ports = [], allocateLoadBalancerNodePorts = true } = service.spec ?? {};
  const balancers = type === 'LoadBalancer' ? 1 : 0;
  const nodePorts = type === 'NodePort' || (balancers && allocateLoadBalancerNodePorts) ? ports.length : 0;
  return { services: units(1), 'services.nodeports': units(nodePorts), 'services.loadbalancers': units(balancers) };
}

export type Scope = { scopeName: string; operator?: string; values?: readonly string[] };
/** Whether a Pod is in a scope of a quota; other kinds are in none. */
export function isInScope(o: Frozen<Obj>, { scopeName, operator = 'Exists', values = [] }: Scope): boolean {
  if (o.kind !== 'Pod' || o.apiVersion !== 'v1') return false;
  const pod = o as Pod;
  const isBestEffort = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].every(
    c => !['cpu', 'memory'].some(r => c.resources?.requests?.[r] !== undefined || c.resources?.limits?.[r] !== undefined),
  );
  switch (scopeName) {
    case 'Terminating':
      return pod.spec?.activeDeadlineSeconds !== undefined;
    case 'NotTerminating':
      return pod.spec?.activeDeadlineSeconds === undefined;
    case 'BestEffort':
      return isBestEffort;
    case 'NotBestEffort':
      return !isBestEffort;
    case 'PriorityClass':
      return meets(pod.spec?.priorityClassName, operator, values);
  }
  return false;
}
function meets(value: string | undefined, operator: string, values: readonly string[]): boolean {
  if (operator === 'Exists') return !!value;
  if (operator === 'DoesNotExist') return !value;
  return (value !== undefined && values.includes(value)) === (operator === 'In');
}

/** The compute resources that a quota limits and that a container leaves open: it must say them. */
export function unstated(o: Frozen<Obj>, limited: readonly string[]): Map<string, string[]> {
  const missing = new Map<string, string[]>();
  if (o.kind !== 'Pod' || o.apiVersion !== 'v1') return missing;
  const { containers = [], initContainers = [] } = ((o as Pod).spec ?? {}) as PodSpec;
  for (const name of limited) {
    const [, part = 'requests', resource] = /^(?:(requests|limits)\.)?(cpu|memory|ephemeral-storage)$/.exec(name) ?? [];
    if (!resource || resource === 'ephemeral-storage') continue;
    const open = [...containers, ...initContainers].filter(c => !c.resources?.[part as 'requests']?.[resource]);
    if (open.length > 0)
      missing.set(
        name,
        open.map(c => c.name),
      );
  }
  return missing;
}
