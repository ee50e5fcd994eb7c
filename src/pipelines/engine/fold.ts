import type { Retry } from '../graph/graph.ts';
import { Draft } from './draft.ts';
import type { RunEvent } from './events.ts';
import { resetFailed } from './reset.ts';
import { type Attempt, type Instance, isDone, nodeOf, type RunState, workOf } from './state.ts';
import { noValues } from './values.ts';

/** Folds events into a state; the given state stays as it was. Costs what the events touch. */
export function apply(state: RunState, events: readonly RunEvent[]): RunState {
  return applyTouching(state, events).state;
}
/** As `apply`, and says which instances changed. */
export function applyTouching(state: RunState, events: readonly RunEvent[]): { state: RunState; touched: number[] } {
  const draft = new Draft(state);
  for (const event of events) fold(draft, event);
  return { state: draft.finish(), touched: [...draft.touched] };
}

/**
 * Folds one event. Events that no longer fit (an attempt that has its outcome already) change nothing: the log may hold
 * what two deciders wrote, and what came first counts.
 */
export function fold(draft: Draft, event: RunEvent): void {
  draft.sequence++;
  switch (event.type) {
    case 'run.started':
      if (draft.size > 0) return;
      draft.setTop({ startedAt: event.at, ...(event.artifactRoot ? { artifactRoot: event.artifactRoot } : {}) });
      draft.setState('RUNNING', event.at);
      draft.add({
        id: '',
        parent: -1,
        phase: 'running',
        waitsFor: 0,
        inputs: event.inputs,
        createdAt: event.at,
        startedAt: event.at,
      });
      draft.openScope(0, draft.scopeOf(workOf(draft.graph, draft.get(0))), draft.graph.root, event.at);
      return;
    case 'run.terminating':
      if (draft.isStopping || draft.top.finishedAt) return;
      draft.setTop({ terminating: { at: event.at, reason: event.reason } });
      draft.setState('CANCELING', event.at);
      cancelWaiting(draft, event.at);
      return;
    case 'run.finished':
      finishRun(draft, event);
      return;
    case 'run.retried':
      draft.setTop({ retryGeneration: event.generation });
      resetFailed(draft, event.at);
      return;
    default:
      foldNode(draft, event);
  }
}

type NodeEvent = Extract<RunEvent, { node: number }>;
function foldNode(draft: Draft, event: NodeEvent): void {
  const instance = draft.get(event.node);
  switch (event.type) {
    case 'attempt.finished':
      finishAttempt(draft, instance, event);
      return;
    case 'attempt.started': {
      const live = instance.attempts[event.attempt];
      if (!live || live.outcome || live.seenAt) return;
      draft.set(event.node, {
        attempts: withAttempt(instance, { ...live, seenAt: event.at }),
        startedAt: instance.startedAt ?? event.at,
      });
      return;
    }
    case 'attempt.planned': {
      if (isDone(instance.phase) || event.attempt !== instance.attempts.length) return;
      const attempt: Attempt = { number: event.attempt, plannedAt: event.at, ...(event.pod ? { pod: event.pod } : {}) };
      if (event.pod) draft.livePods++;
      else draft.liveOthers++;
      draft.set(event.node, {
        phase: 'running',
        attempts: [...instance.attempts, attempt],
        ...(event.inputs ? { inputs: event.inputs } : {}),
        ...(event.fingerprint ? { fingerprint: event.fingerprint } : {}),
        ...(event.pod ? {} : { startedAt: event.at }),
      });
      return;
    }
    default:
      if (instance.phase === 'ready') foldDecision(draft, instance, event);
  }
}
function foldDecision(draft: Draft, { number }: Instance, event: Exclude<NodeEvent, { attempt: number }>): void {
  const inputs = event.inputs ? { inputs: event.inputs } : {};
  switch (event.type) {
    case 'node.started': {
      const instance = draft.set(number, {
        ...inputs,
        phase: 'running',
        startedAt: event.at,
        ...(event.items ? { items: event.items } : {}),
      });
      const work = workOf(draft.graph, instance);
      if (work.kind === 'scope') draft.openScope(number, draft.scopeOf(work), work.scope, event.at);
      else if (work.kind === 'fanout') draft.openFanout(number, event.items?.length ?? 0, event.at);
      else draft.end(number, 'succeeded', event.at, { outputs: event.inputs });
      return;
    }
    case 'node.skipped':
      draft.end(number, event.outcome, event.at, { ...inputs, message: event.message });
      return;
    case 'node.failed':
      draft.end(number, 'failed', event.at, { ...inputs, message: event.message });
      return;
    case 'node.cached': {
      const { outputs, fingerprint, run } = event;
      draft.end(number, 'cached', event.at, { ...inputs, outputs, fingerprint, cachedFrom: run, startedAt: event.at });
      return;
    }
  }
}

function finishAttempt(draft: Draft, instance: Instance, event: Extract<RunEvent, { type: 'attempt.finished' }>): void {
  const live = instance.attempts[event.attempt];
  if (!live || live.outcome) return;
  if (live.pod) draft.livePods--;
  else draft.liveOthers--;
  const { outcome, message, exitCode, startedAt, finishedAt, outputs, executionId } = event;
  const attempt: Attempt = {
    ...live,
    outcome,
    finishedAt: finer(finishedAt, event.at),
    ...(message === undefined ? {} : { message }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(startedAt === undefined ? {} : { startedAt: finer(startedAt, live.seenAt ?? startedAt) }),
  };
  const attempts = withAttempt(instance, attempt);
  const begun = instance.startedAt ?? attempt.startedAt;
  const change: Partial<Instance> = {
    attempts,
    ...(begun ? { startedAt: begun } : {}),
    ...(executionId ? { executionId } : {}),
    ...(message === undefined ? {} : { message }),
  };
  if (outcome === 'succeeded') {
    draft.end(instance.number, 'succeeded', event.at, { ...change, outputs: outputs ?? noValues });
    return;
  }
  if (draft.isStopping || outcome === 'cancelled') {
    draft.end(instance.number, 'cancelled', event.at, change);
    return;
  }
  const retry = nodeOf(draft.graph, instance)?.retry;
  const used = attempts.length - instance.attemptsBefore;
  if (!retry || used > retry.limit) {
    draft.end(instance.number, 'failed', event.at, change);
    return;
  }
  const retryAt = new Date(Date.parse(event.at) + backoffMs(retry, used)).toISOString();
  draft.set(instance.number, { ...change, phase: 'backoff', retryAt });
  draft.backoff.push(instance.number);
}
/** Pods tell whole seconds; what was noticed within moments of it is the better time. */
function finer(said: string | undefined, noticed: string): string {
  if (said === undefined) return noticed;
  const laterMs = Date.parse(noticed) - Date.parse(said);
  return laterMs >= 0 && laterMs < NOTICED_WITHIN_MS ? noticed : said;
}
const NOTICED_WITHIN_MS = 2_000;
function backoffMs(retry: Retry, failures: number): number {
  return Math.min(retry.maxBackoffMs, retry.backoffMs * retry.factor ** (failures - 1));
}
function withAttempt(instance: Instance, attempt: Attempt): Attempt[] {
  return instance.attempts.map(a => (a.number === attempt.number ? attempt : a));
}

/** Whatever has not begun ends as cancelled; what runs ends when its attempt does. */
function cancelWaiting(draft: Draft, at: string): void {
  for (let number = draft.size - 1; number >= 0; number--) {
    const { phase } = draft.get(number);
    if (phase === 'waiting' || phase === 'ready' || phase === 'backoff') draft.end(number, 'cancelled', at);
  }
}

/** A run that was stopped, or that could not begin. */
function finishRun(draft: Draft, event: Extract<RunEvent, { type: 'run.finished' }>): void {
  if (draft.top.finishedAt) return;
  const error = { code: 1, message: event.message };
  draft.setTop({ finishedAt: event.at });
  // The SDK waits for ever on CANCELED, so that is told in the history only.
  if (draft.top.terminating?.reason === 'terminated') draft.setState('CANCELED', event.at, error);
  draft.setState('FAILED', event.at, error);
}
