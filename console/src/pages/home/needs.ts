import type { Obj } from '../../../../src/kube/types.ts';
import type { Run } from '../../data/kfp.ts';
import { type KnownKind, objectLink, objectState } from '../../data/kinds.ts';
import type { Resource } from '../../data/kube.ts';
import { parseTime } from '../../lib/time.ts';
import { type State, states, wordState } from '../../parts/state.tsx';

/** Something that waits for a person. */
export type Need = {
  id: string;
  state: State;
  word: string;
  name: string;
  kind: string;
  at: number;
  /** Absent when the run's own view must be asked. */
  text: string | undefined;
  link: string;
  why: string;
  cost: number;
};
/** Something that goes on or has ended. */
export type Item = {
  id: string;
  state: State;
  name: string;
  as: KnownKind | 'runs';
  text: string;
  link: string;
  from: number;
  to?: number;
};
export type Known = readonly { as: KnownKind; resource: Resource; items: readonly Obj[] }[];

/** What needs somebody, the costliest wait first: services that are down, work that failed, work that cannot start. */
export function needsOf(runs: readonly Run[], known: Known, isFresh: (run: Run) => boolean): Need[] {
  const needs: Need[] = runs.filter(isFresh).map(run => ({
    id: run.run_id,
    state: states.fail('Failed'),
    word: run.state === 'FAILED' ? 'Failed' : `${run.failed_tasks} failed`,
    name: run.display_name,
    kind: 'Run',
    at: (run.state === 'FAILED' ? parseTime(run.finished_at) : undefined) ?? parseTime(run.created_at) ?? 0,
    text: run.error?.message,
    link: `/runs/${run.run_id}`,
    why: `Run/${run.namespace ?? 'default'}/${run.run_id}`,
    cost: run.state === 'FAILED' ? 2 : 4,
  }));
  for (const { as, resource, items } of known) {
    for (const o of items) {
      const state = objectState(o);
      const down = state?.phase === 'failed' && as === 'serving';
      const stuck = state?.phase === 'waiting' && as !== 'notebooks';
      if (!state || !(down || stuck)) continue;
      const { namespace, name } = o.metadata;
      needs.push({
        id: `${resource.plural}/${namespace}/${name}`,
        state: down ? states.fail('NotReady') : states.wait('Waiting'),
        word: state.word,
        name,
        kind: resource.kind,
        at: parseTime(state.since) ?? parseTime(o.metadata.creationTimestamp) ?? 0,
        text: state.message ?? (down ? 'It does not answer.' : 'It has not started.'),
        link: objectLink(resource, namespace, name),
        why: `${resource.kind}/${namespace}/${name}`,
        cost: down ? 3 : 2.5,
      });
    }
  }
  return needs.sort((a, b) => b.cost - a.cost || b.at - a.at);
}
const numbers = [
  'Nothing',
  'One thing',
  'Two things',
  'Three things',
  'Four things',
  'Five things',
  'Six things',
  'Seven things',
  'Eight things',
  'Nine things',
];
/** The conclusion of the page: `Four things need you`. */
export function needsTitle(count: number): string {
  return `${numbers[count] ?? `${count} things`} need${count <= 1 ? 's' : ''} you`;
}
/** Katib counts trials, jobs count replicas. */
export function progressText(o: Obj, as: KnownKind): { text: string; share?: number; failed?: number } {
  const spec = (o.spec ?? {}) as { maxTrialCount?: number; pytorchReplicaSpecs?: Record<string, { replicas?: number }> };
  const status = (o.status ?? {}) as { trialsSucceeded?: number; trialsRunning?: number; trialsFailed?: number };
  if (as === 'tuning') {
    const done = (status.trialsSucceeded ?? 0) + (status.trialsFailed ?? 0);
    const total = spec.maxTrialCount ?? 0;
    return {
      text: total ? `trial ${done} of ${total}` : `${done} trials`,
      ...(total ? { share: (status.trialsSucceeded ?? 0) / total, failed: (status.trialsFailed ?? 0) / total } : {}),
    };
  }
  const replicas = Object.values(spec.pytorchReplicaSpecs ?? {}).reduce((sum, r) => sum + (r.replicas ?? 1), 0);
  return { text: replicas ? `${replicas} replica${replicas === 1 ? '' : 's'}` : 'running' };
}
/** The state word of an object with its tone. */
export function stateOf(o: Obj): State {
  const state = objectState(o);
  if (!state) return states.skip('Unknown');
  return { ...(wordState(state.word) ?? states.run(state.word)), word: state.word };
}
