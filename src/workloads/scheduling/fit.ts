import { type Frozen, milliOf, type Obj } from '../../kube/index.ts';
import type { NodeSelectorTerm, Pod, Resources, Toleration } from '../objects.ts';

export type Taint = { key: string; value?: string; effect: string };
export type Node = Obj<
  { unschedulable?: boolean; taints?: Taint[] },
  { allocatable?: Record<string, string | number>; conditions?: { type: string; status: string }[] }
>;
type AnyPod = Frozen<Pod>;
type Amounts = Map<string, number>;

/** What a Pod asks of a node, in thousandths: the larger of its containers together and its init containers one by one. */
export function requestsOf(pod: AnyPod): ReadonlyMap<string, number> {
  // Asked of every Pod for each that is to be placed.
  const known = requests.get(pod) ?? requestsAnew(pod);
  requests.set(pod, known);
  return known;
}
const requests = new WeakMap<AnyPod, ReadonlyMap<string, number>>();
function requestsAnew(pod: AnyPod): Amounts {
  const { containers = [], initContainers = [], overhead, resources } = pod.spec ?? {};
  const total: Amounts = new Map();
  for (const c of containers) add(total, c.resources);
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const c of initContainers) {
    if (c.restartPolicy === 'Always') {
      add(sidecars, c.resources);
      continue;
    }
    const alone: Amounts = new Map(sidecars);
    add(alone, c.resources);
    for (const [name, amount] of alone) peak.set(name, Math.max(peak.get(name) ?? 0, amount));
  }
  for (const [name, amount] of sidecars) total.set(name, (total.get(name) ?? 0) + amount);
  for (const [name, amount] of peak) total.set(name, Math.max(total.get(name) ?? 0, amount));
  for (const [name, quantity] of Object.entries(resources?.requests ?? {})) total.set(name, milliOf(quantity));
  for (const [name, quantity] of Object.entries(overhead ?? {})) total.set(name, (total.get(name) ?? 0) + milliOf(quantity));
  return total;
}
function add(total: Amounts, resources: Frozen<Resources> | undefined): void {
  // A limit without a request is one: admission says so for built-in resources, extended ones must.
  const wanted = { ...resources?.limits, ...resources?.requests };
  for (const [name, quantity] of Object.entries(wanted)) total.set(name, (total.get(name) ?? 0) + milliOf(quantity));
}

/** A node with the Pods on it and what they leave. */
export class NodeRoom {
  readonly node: Frozen<Node>;
  readonly #free: Amounts;
  readonly #pods = new Set<AnyPod>();
  constructor(node: Frozen<Node>) {
    this.node = node;
    this.#free = new Map(Object.entries(node.status?.allocatable ?? {}).map(([name, quantity]) => [name, milliOf(quantity)]));
  }
  get pods(): ReadonlySet<AnyPod> {
    return this.#pods;
  }
  take(pod: AnyPod): void {
    this.#pods.add(pod);
    this.#add(pod, -1);
  }
  giveBack(pod: AnyPod): void {
    this.#pods.delete(pod);
    this.#add(pod, 1);
  }
  #add(pod: AnyPod, sign: 1 | -1): void {
    for (const [name, amount] of requestsOf(pod)) this.#free.set(name, (this.#free.get(name) ?? 0) + sign * amount);
    if (this.#free.has('pods')) this.#free.set('pods', this.#free.get('pods')! + sign * 1000);
  }
  /** The free share of the processor: ties among nodes go to the emptier one. */
  get freeCpu(): number {
    return this.#free.get('cpu') ?? 0;
  }
  /** What a Pod lacks here, in upstream's words; empty when there is room. */
  shortages(requests: ReadonlyMap<string, number>): string[] {
    const short = [...requests].filter(([name, amount]) => amount > 0 && amount > (this.#free.get(name) ?? 0));
    const full = (this.#free.get('pods') ?? 1000) < 1000 ? ['Too many pods'] : [];
    return [...full, ...short.map(([name]) => `Insufficient ${name}`)];
  }
}

/** Why a node does not want a Pod whatever room there is, in upstream's words. */
export function refusalOf(node: Frozen<Node>, pod: AnyPod): string | undefined {
  const tolerations = pod.spec?.tolerations;
  if (node.spec?.unschedulable && !tolerates(tolerations, UNSCHEDULABLE)) return 'node(s) were unschedulable';
  const taint = node.spec?.taints?.find(t => t.effect !== 'PreferNoSchedule' && !tolerates(tolerations, t));
  if (taint) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  return matchesSelector(pod, node) ? undefined : "node(s) didn't match Pod's node affinity/selector";
}

/** How much a Pod would like a node: the weights of its wishes, less the taints that ask it to stay away. */
export function likingOf(node: Frozen<Node>, pod: AnyPod): number {
  const wishes = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const met = wishes.filter(w => matchesTerm(w.preference, node)).reduce((sum, w) => sum + w.weight, 0);
  const taints = node.spec?.taints?.filter(t => t.effect === 'PreferNoSchedule' && !tolerates(pod.spec?.tolerations, t)) ?? [];
  return met - 100 * taints.length;
}

const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

function tolerates(tolerations: readonly Frozen<Toleration>[] | undefined, taint: Frozen<Taint>): boolean {
  return (tolerations ?? []).some(t => {
    if (t.effect && t.effect !== taint.effect) return false;
    if (!t.key) return t.operator === 'Exists';
    if (t.key !== taint.key) return false;
    return t.operator === 'Exists' || (t.value ?? '') === (taint.value ?? '');
  });
}

export function matchesSelector(pod: AnyPod, node: Frozen<Node>): boolean {
  const labels = node.metadata.labels ?? {};
  if (!Object.entries(pod.spec?.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || required.nodeSelectorTerms.some(term => matchesTerm(term, node));
}
function matchesTerm(term: Frozen<NodeSelectorTerm>, node: Frozen<Node>): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  const meets = (
    value: string | undefined,
    { operator, values = [] }: { operator: string; values?: readonly string[] },
  ): boolean => {
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      case 'Gt':
        return Number(value) > Number(values[0]);
      default:
        return operator === 'Lt' && Number(value) < Number(values[0]);
    }
  };
  return (
    expressions.every(e => meets(node.metadata.labels?.[e.key], e)) &&
    fields.every(f => meets(f.key === 'metadata.name' ? node.metadata.name : undefined, f))
  );
}
