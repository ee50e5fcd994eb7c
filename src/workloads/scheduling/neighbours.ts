import { type Frozen, type LabelSelector, Selector, selectorOf } from '../../kube/index.ts';
import type { Pod, PodAffinityTerm, SpreadConstraint } from '../objects.ts';
import { isDeleting } from '../pod-state.ts';
import { matchesSelector, type NodeRoom } from './fit.ts';

type AnyPod = Frozen<Pod>;
type Term = Frozen<PodAffinityTerm>;
type Labels = Readonly<Record<string, string>> | undefined;
/** Counts of Pods by the value of a node label. */
type Domains = { key: string; counts: Map<string, number> };
export type Neighbours = {
  rooms: ReadonlyMap<string, NodeRoom>;
  /** Pods on nodes that want others to stay away. */
  shy: readonly { pod: AnyPod; room: NodeRoom }[];
  labelsOf(namespace: string): Labels;
};
export type PodRules = { obstacle(room: NodeRoom): string | undefined; liking(room: NodeRoom): number };

const requiredOf = (pod: AnyPod, kind: 'podAffinity' | 'podAntiAffinity') =>
  pod.spec?.affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

/** Whether a Pod wants others to stay away from it. */
export function isShy(pod: AnyPod): boolean {
  return requiredOf(pod, 'podAntiAffinity').length > 0;
}

/**
 * What a Pod wants of the Pods around it, and they of it: affinity, anti-affinity and even spreading.
 *
 * @source kubernetes pkg/scheduler/framework/plugins interpodaffinity, podtopologyspread, from knowledge
 */
export function podRules(pod: AnyPod, near: Neighbours): PodRules {
  const obstacles = [...spreadRules(pod, near), ...affinityRules(pod, near)];
  const wishes = wishesOf(pod, near);
  return {
    obstacle: room => obstacles.map(rule => rule(room)).find(Boolean),
    liking: room => wishes.reduce((sum, { weight, domains }) => sum + weight * countAt(domains, room), 0),
  };
}
type Rule = (room: NodeRoom) => string | undefined;

function affinityRules(pod: AnyPod, near: Neighbours): Rule[] {
  const rules: Rule[] = [];
  const together = requiredOf(pod, 'podAffinity');
  if (together.length > 0) {
    const matchesAll = (other: AnyPod) => together.every(t => matchesTerm(t, pod, other, near));
    const domains = together.map(t => count(near, t.topologyKey, matchesAll));
    // The first of a group that wants to be together has nobody to join.
    const isFirst = domains.every(d => d.counts.size === 0) && matchesAll(pod);
    const has = (room: NodeRoom) =>
      isFirst ? domains.every(d => valueAt(d.key, room) !== undefined) : domains.every(d => countAt(d, room) > 0);
    rules.push(room => (has(room) ? undefined : "node(s) didn't match pod affinity rules"));
  }
  const apart = requiredOf(pod, 'podAntiAffinity').map(t => count(near, t.topologyKey, o => matchesTerm(t, pod, o, near)));
  rules.push(room => (apart.some(d => countAt(d, room) > 0) ? "node(s) didn't match pod anti-affinity rules" : undefined));
  const avoided = near.shy.flatMap(({ pod: other, room }) =>
    requiredOf(other, 'podAntiAffinity')
      .filter(t => matchesTerm(t, other, pod, near))
      .map(t => ({ key: t.topologyKey, value: valueAt(t.topologyKey, room) })),
  );
  const isAvoided = (room: NodeRoom) => avoided.some(a => a.value !== undefined && a.value === valueAt(a.key, room));
  rules.push(room => (isAvoided(room) ? "node(s) didn't satisfy existing pods anti-affinity rules" : undefined));
  return rules;
}

function spreadRules(pod: AnyPod, near: Neighbours): Rule[] {
  const constraints = pod.spec?.topologySpreadConstraints?.filter(c => c.whenUnsatisfiable === 'DoNotSchedule') ?? [];
  if (constraints.length === 0) return [];
  const isEligible = (room: NodeRoom) =>
    matchesSelector(pod, room.node) && constraints.every(c => valueAt(c.topologyKey, room) !== undefined);
  return constraints.map(constraint => {
    const { maxSkew, topologyKey, minDomains = 1 } = constraint;
    const selector = withKeys(constraint, pod);
    const matches = (other: AnyPod) =>
      isOfNamespace(other, pod) && !isDeleting(other) && selector?.matches(other.metadata.labels) === true;
    const domains = count(near, topologyKey, matches, isEligible);
    const values = new Set([...near.rooms.values()].filter(isEligible).map(room => valueAt(topologyKey, room)!));
    const least = values.size < minDomains ? 0 : Math.min(...[...values].map(v => domains.counts.get(v) ?? 0));
    const own = matches(pod) ? 1 : 0;
    return room => {
      if (valueAt(topologyKey, room) === undefined)
        return "node(s) didn't match pod topology spread constraints (missing required label)";
      return countAt(domains, room) + own - least > maxSkew ? "node(s) didn't match pod topology spread constraints" : undefined;
    };
  });
}

function wishesOf(pod: AnyPod, near: Neighbours): { weight: number; domains: Domains }[] {
  const wishes = (kind: 'podAffinity' | 'podAntiAffinity', sign: number) =>
    (pod.spec?.affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm: t }) => ({
      weight: sign * weight,
      domains: count(near, t.topologyKey, other => matchesTerm(t, pod, other, near)),
    }));
  const spread = (pod.spec?.topologySpreadConstraints ?? [])
    .filter(c => c.whenUnsatisfiable === 'ScheduleAnyway')
    .map(c => {
      const selector = withKeys(c, pod);
      const matches = (other: AnyPod) => isOfNamespace(other, pod) && selector?.matches(other.metadata.labels) === true;
      return { weight: -1, domains: count(near, c.topologyKey, matches) };
    });
  return [...wishes('podAffinity', 1), ...wishes('podAntiAffinity', -1), ...spread];
}

function isOfNamespace(a: AnyPod, b: AnyPod): boolean {
  return a.metadata.namespace === b.metadata.namespace;
}
function valueAt(key: string, room: NodeRoom): string | undefined {
  return room.node.metadata.labels?.[key];
}
function countAt({ key, counts }: Domains, room: NodeRoom): number {
  return counts.get(valueAt(key, room) ?? '') ?? 0;
}
function count(
  near: Neighbours,
  key: string,
  matches: (other: AnyPod) => boolean,
  isEligible: (room: NodeRoom) => boolean = () => true,
): Domains {
  const counts = new Map<string, number>();
  for (const room of near.rooms.values()) {
    const value = valueAt(key, room);
    if (value === undefined || !isEligible(room)) continue;
    const found = [...room.pods].filter(matches).length;
    if (found > 0) counts.set(value, (counts.get(value) ?? 0) + found);
  }
  return { key, counts };
}

/** Whether a term of `owner` means `other`. */
function matchesTerm(term: Term, owner: AnyPod, other: AnyPod, near: Neighbours): boolean {
  const namespace = other.metadata.namespace!;
  const { namespaces = [], namespaceSelector } = term;
  const isHere =
    namespaces.length === 0 && !namespaceSelector
      ? namespace === owner.metadata.namespace
      : namespaces.includes(namespace) || (selectorOf(namespaceSelector)?.matches(near.labelsOf(namespace)) ?? false);
  return isHere && withKeys(term, owner)?.matches(other.metadata.labels) === true;
}
/** The selector of a term, narrowed to Pods that have its owner's values of some labels. */
function withKeys(
  { labelSelector, matchLabelKeys = [] }: Frozen<{ labelSelector?: LabelSelector; matchLabelKeys?: string[] } | SpreadConstraint>,
  owner: AnyPod,
): Selector | undefined {
  const selector = selectorOf(labelSelector);
  const labels = owner.metadata.labels ?? {};
  const more = matchLabelKeys.filter(key => key in labels).map(key => ({ key, operator: 'In' as const, values: [labels[key]!] }));
  return selector && new Selector([...selector.requirements, ...more]);
}
