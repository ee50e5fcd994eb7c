import type { Condition, Frozen } from '../kube/index.ts';

type Conditions = readonly Frozen<Condition>[];

export function conditionOf(conditions: Conditions | undefined, type: string): Frozen<Condition> | undefined {
  return conditions?.find(c => c.type === type);
}
export function isConditionTrue(conditions: Conditions | undefined, type: string): boolean {
  return conditionOf(conditions, type)?.status === 'True';
}
/** The list with `condition` in it. Its transition time moves only with its status. */
export function withCondition(conditions: Conditions, condition: Condition, now: Date): Condition[] {
  const old = conditionOf(conditions, condition.type);
  const since = old?.status === condition.status ? old.lastTransitionTime : undefined;
  const next = { ...condition, lastTransitionTime: since ?? wireTime(now) };
  const rest = conditions as readonly Condition[];
  return old ? rest.map(c => (c.type === condition.type ? next : c)) : [...rest, next];
}
/** RFC 3339 in whole seconds, as the wire has it. */
export function wireTime(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}
/** The earliest of some times; undefined when there is none. */
export function earliest(...times: (Date | undefined)[]): Date | undefined {
  return times.filter(t => t !== undefined).reduce<Date | undefined>((a, b) => (a && a <= b ? a : b), undefined);
}
