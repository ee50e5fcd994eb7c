import type { Condition, Obj } from '../../../src/kube/types.ts';
import type { Resource, Target } from './kube.ts';

/** The kinds whose state the home page and the sidebar sum up. */
export type KnownKind = 'notebooks' | 'tuning' | 'training' | 'serving';
const known: readonly { as: KnownKind; group: string; plurals: readonly string[] }[] = [
  { as: 'notebooks', group: 'kubeflow.org', plurals: ['notebooks'] },
  { as: 'tuning', group: 'kubeflow.org', plurals: ['experiments'] },
  {
    as: 'training',
    group: 'kubeflow.org',
    plurals: ['pytorchjobs', 'tfjobs', 'mpijobs', 'xgboostjobs', 'jaxjobs', 'paddlejobs'],
  },
  { as: 'training', group: 'trainer.kubeflow.org', plurals: ['trainjobs'] },
  { as: 'serving', group: 'serving.kserve.io', plurals: ['inferenceservices'] },
];
/** Which of the known kinds this server serves. */
export function servedKinds(resources: readonly Resource[]): { as: KnownKind; resource: Resource }[] {
  return known.flatMap(({ as, group, plurals }) =>
    plurals.flatMap(plural => {
      const resource = resources.find(r => r.group === group && r.plural === plural);
      return resource ? [{ as, resource }] : [];
    }),
  );
}

/** One word about an object, with the tone it has and the sentence behind it. */
export type ObjectState = {
  word: string;
  phase: 'active' | 'done' | 'failed' | 'waiting' | 'rest';
  message?: string;
  since?: string;
};

/** The conditions of an object, if it has any. */
export function conditionsOf(o: { status?: unknown }): Condition[] {
  const conditions = (o.status as { conditions?: unknown } | undefined)?.conditions;
  return Array.isArray(conditions) ? (conditions as Condition[]) : [];
}
const find = (conditions: readonly Condition[], type: string, status: Condition['status'] = 'True'): Condition | undefined =>
  conditions.find(c => c.type === type && c.status === status);
const told = (c: Condition): { message?: string; since?: string } => ({
  ...(c.message ? { message: c.message } : {}),
  ...(c.lastTransitionTime ? { since: c.lastTransitionTime } : {}),
});

/** Terminal conditions first, as jobs keep the earlier ones true. */
const jobOrder = [
  ['Failed', 'failed'],
  ['Succeeded', 'done'],
  ['Complete', 'done'],
  ['Suspended', 'rest'],
  ['Restarting', 'active'],
  ['Running', 'active'],
  ['Created', 'waiting'],
] as const;

/** What state an object is in, by its kind's own rules; undefined for kinds that have no state. */
export function objectState(o: Obj): ObjectState | undefined {
  const conditions = conditionsOf(o);
  const status = (o.status ?? {}) as { phase?: string; reason?: string; message?: string; readyReplicas?: number };
  if (o.kind === 'Pod' && status.phase)
    return {
      word: status.reason ?? status.phase,
      phase: phaseOf(status.phase),
      ...(status.message ? { message: status.message } : {}),
    };
  if (o.kind === 'Notebook') return notebookState(o, status.readyReplicas ?? 0);
  if (/Job$|^Experiment$|^Trial$/.test(o.kind)) {
    for (const [type, phase] of jobOrder) {
      const c = find(conditions, type);
      if (c) return { word: type === 'Created' ? 'Waiting' : type, phase, ...told(c) };
    }
    return { word: 'Waiting', phase: 'waiting' };
  }
  const ready = conditions.find(c => c.type === 'Ready' || c.type === 'Available');
  if (ready) {
    if (ready.status === 'True') return { word: ready.type, phase: 'active', ...told(ready) };
    const bad = conditions.find(c => c.status === 'False' && c.type !== ready.type && c.message) ?? ready;
    return {
      word: ready.status === 'False' ? `Not${ready.type}` : 'Waiting',
      phase: ready.status === 'False' ? 'failed' : 'waiting',
      ...told(bad),
    };
  }
  if (status.phase) return { word: status.phase, phase: phaseOf(status.phase) };
  return undefined;
}
function phaseOf(phase: string): ObjectState['phase'] {
  if (/^(Running|Active|Bound)$/.test(phase)) return 'active';
  if (/^(Succeeded|Complete)/.test(phase)) return 'done';
  return phase === 'Failed' ? 'failed' : 'waiting';
}
function notebookState(o: Obj, readyReplicas: number): ObjectState {
  const stopped = o.metadata.annotations?.['kubeflow-resource-stopped'];
  if (stopped) return { word: 'Stopped', phase: 'rest', since: stopped };
  return readyReplicas > 0 ? { word: 'Running', phase: 'active' } : { word: 'Starting', phase: 'waiting' };
}
/** Where the object pages find an object. */
export function objectLink(r: Target, namespace: string | undefined, name: string): string {
  return `/objects/${r.group || 'core'}/${r.plural}/${namespace ?? '-'}/${name}`;
}
