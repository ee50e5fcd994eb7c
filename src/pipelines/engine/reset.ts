import type { Draft } from './draft.ts';
import { type Instance, isDone, workOf } from './state.ts';

/**
 * Prepares a failed run for another go: what succeeded stays, what failed, was cancelled or follows from those waits
 * again.
 * @source pipelines backend/src/apiserver/resource RetryRun@7b70c7b95f68; ours resets the followers of a failure too
 */
export function resetFailed(draft: Draft, at: string): void {
  const { finishedAt: _, error: __, terminating: ___, ...rest } = draft.top;
  draft.clearEnd(rest);
  draft.setState('RUNNING', at);
  if (draft.size > 0) reopen(draft, 0);
}

/** A failed scope or fan-out runs again, with those of its children that have to. */
function reopen(draft: Draft, number: number): void {
  const parent = draft.get(number);
  const { first, count } = parent.children!;
  const again = childrenToReset(draft, parent);
  const children = { first, count, open: again.size, failed: 0, cancelled: 0, running: 0, next: 0 };
  const { finishedAt: _, message: __, outputs: ___, ...kept } = parent;
  draft.replace(number, { ...kept, phase: 'running', children });
  const isLoop = workOf(draft.graph, parent).kind === 'fanout';
  for (const [index, follows] of again) {
    const child = draft.get(first + index);
    const partly = child.children && !follows && (child.phase === 'failed' || child.phase === 'cancelled');
    if (partly) {
      if (isLoop)
        draft.set(number, { children: { ...draft.get(number).children!, running: draft.get(number).children!.running + 1 } });
      reopen(draft, first + index);
      continue;
    }
    const waitsFor = isLoop
      ? 0
      : draft.siblings(child).scope.nodes[index]!.after.filter(up => again.has(draft.siblings(child).at.get(up)!)).length;
    draft.replace(first + index, fresh(child, waitsFor));
    if (!isLoop && waitsFor === 0) draft.makeReady(first + index);
  }
  if (isLoop) draft.startIterations(number);
  if (again.size === 0) draft.complete(number, parent.createdAt);
}

/** Indices of children to reset; true for those that only follow from another one. */
function childrenToReset(draft: Draft, parent: Instance): Map<number, boolean> {
  const { first, count } = parent.children!;
  const again = new Map<number, boolean>();
  for (let i = 0; i < count; i++) {
    const { phase } = draft.get(first + i);
    if (phase === 'failed' || phase === 'cancelled' || !isDone(phase)) again.set(i, false);
  }
  const work = workOf(draft.graph, parent);
  if (work.kind !== 'scope') return again;
  const { followers } = draft.scopeOf(work);
  const queue = [...again.keys()];
  for (const index of queue)
    for (const follower of followers[index]!) {
      if (!again.has(follower)) queue.push(follower);
      again.set(follower, true);
    }
  return again;
}

function fresh(child: Instance, waitsFor: number): Instance {
  const { number, id, parent, place, iteration, attempts, createdAt } = child;
  return {
    number,
    id,
    parent,
    ...(place ? { place } : {}),
    ...(iteration === undefined ? {} : { iteration }),
    phase: 'waiting',
    waitsFor,
    attempts,
    attemptsBefore: attempts.length,
    createdAt,
  };
}
