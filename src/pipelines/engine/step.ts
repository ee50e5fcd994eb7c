import { PipelineError } from '../errors.ts';
import { holds } from '../graph/edges.ts';
import type { Node, Outcome } from '../graph/graph.ts';
import { each } from './chunks.ts';
import type { Dialect } from './dialect.ts';
import { Draft } from './draft.ts';
import type { RunEvent } from './events.ts';
import { fold } from './fold.ts';
import { itemsOf, resolveInputs, runInputs } from './resolve.ts';
import { type Instance, liveAttempt, nodeOf, type RunState, workOf } from './state.ts';
import type { Values } from './values.ts';

/** A Pod of the run, as far as the engine cares. */
export type PodFact = {
  name: string;
  node: number;
  /** Address of its node. */
  id: string;
  attempt: number;
  /** `gone`: deleted by somebody and without processes, outcome unknown. */
  phase: 'pending' | 'running' | 'succeeded' | 'failed';
};
export type CacheHit = { run: string; outputs: Values };
export type Facts = {
  /** Pods whose outcome is not yet recorded. */
  pods: readonly PodFact[];
  /** Answers to lookups, by fingerprint; null is a miss. */
  cache: Readonly<Record<string, CacheHit | null>>;
  terminate: boolean;
  retryGeneration: number;
  /** The namespace's default, noted when the run starts. */
  artifactRoot?: string;
};
export type Action =
  /** Create the Pod of a planned attempt. */
  | { do: 'start'; node: number; attempt: number }
  /** Read the outcome of a Pod that has ended; its attempt has none yet. */
  | { do: 'collect'; pod: PodFact }
  /** The outcome is recorded: let the Pod go. */
  | { do: 'release'; pod: PodFact }
  | { do: 'kill'; pod: PodFact }
  | { do: 'import' | 'k8s'; node: number; attempt: number }
  | { do: 'lookup'; fingerprints: string[] };
export type Step = { events: RunEvent[]; actions: Action[]; state: RunState; wakeAt?: Date };

/** CANCELING is held so long that a client that asks right after terminating sees it. */
export const CANCELING_HOLD_MS = 2_000;

/** Names of Pods are told by whoever makes them; the engine only keeps them. */
export type PodNamer = (state: RunState, instance: Instance, attempt: number) => string;

/**
 * What follows from a run's state and the facts: events to append first, then actions. Pure; actions are repeated until
 * the log says they are done, so each must be idempotent.
 */
export function step(state: RunState, facts: Facts, now: Date, dialect: Dialect, podName: PodNamer): Step {
  return new Stepper(state, facts, now, dialect, podName).run();
}

class Stepper {
  readonly #draft: Draft;
  readonly #state: RunState;
  readonly #facts: Facts;
  readonly #now: Date;
  readonly #at: string;
  readonly #dialect: Dialect;
  readonly #podName: PodNamer;
  readonly #events: RunEvent[] = [];
  readonly #actions: Action[] = [];
  readonly #lookups = new Set<string>();
  /** Pods that the log does not know: it was restored from before. When their attempts are planned again, they are theirs. */
  readonly #strays: PodFact[] = [];
  #wakeMs = Number.POSITIVE_INFINITY;

  constructor(state: RunState, facts: Facts, now: Date, dialect: Dialect, podName: PodNamer) {
    this.#draft = new Draft(state);
    this.#state = state;
    this.#facts = facts;
    this.#now = now;
    this.#at = now.toISOString();
    this.#dialect = dialect;
    this.#podName = podName;
  }

  run(): Step {
    this.#decideRun();
    this.#readPods();
    this.#wakeBackoff();
    // Deciding one node may make others ready: the frontier grows while it is walked.
    for (let i = 0; i < this.#draft.frontier.length; i++) this.#decide(this.#draft.get(this.#draft.frontier[i]!));
    if (this.#lookups.size > 0) this.#actions.push({ do: 'lookup', fingerprints: [...this.#lookups] });
    this.#endTermination();
    if (this.#strays.length > 0 && (this.#draft.isStopping || this.#draft.top.finishedAt))
      for (const pod of this.#strays) this.#dismiss(pod);
    const wakeAt = Number.isFinite(this.#wakeMs) ? { wakeAt: new Date(this.#wakeMs) } : {};
    return { events: this.#events, actions: this.#actions, state: this.#draft.finish(), ...wakeAt };
  }

  #emit(event: RunEvent): void {
    this.#events.push(event);
    fold(this.#draft, event);
  }
  #wake(atMs: number): void {
    this.#wakeMs = Math.min(this.#wakeMs, atMs);
  }

  #decideRun(): void {
    const { finishedAt, terminating, retryGeneration, state, graph, startedAt } = this.#state;
    if (finishedAt) {
      const wantsRetry = this.#facts.retryGeneration > retryGeneration && state === 'FAILED' && this.#state.nodes.size > 0;
      if (wantsRetry) this.#emit({ type: 'run.retried', at: this.#at, generation: this.#facts.retryGeneration });
      return;
    }
    if (this.#facts.terminate && !terminating) {
      this.#emit({ type: 'run.terminating', at: this.#at, reason: 'terminated' });
      return;
    }
    if (!startedAt) this.#start();
    else if (graph.timeoutMs && !terminating) {
      const deadlineMs = Date.parse(startedAt) + graph.timeoutMs;
      if (this.#now.getTime() >= deadlineMs) this.#emit({ type: 'run.terminating', at: this.#at, reason: 'timeout' });
      else this.#wake(deadlineMs);
    }
  }
  #start(): void {
    try {
      const { artifactRoot } = this.#facts;
      const root = artifactRoot ? { artifactRoot } : {};
      this.#emit({ type: 'run.started', at: this.#at, inputs: runInputs(this.#state), ...root });
      if (this.#state.graph.timeoutMs) this.#wake(this.#now.getTime() + this.#state.graph.timeoutMs);
    } catch (e) {
      if (!(e instanceof PipelineError)) throw e;
      this.#emit({ type: 'run.finished', at: this.#at, message: e.message });
    }
  }

  #readPods(): void {
    let seen = 0;
    for (const pod of this.#facts.pods) {
      const instance = pod.node < this.#state.nodes.size ? this.#draft.get(pod.node) : undefined;
      const attempt = instance?.attempts[pod.attempt];
      if (!attempt) {
        this.#strays.push(pod);
        continue;
      }
      if (attempt.pod !== pod.name || instance!.id !== pod.id || attempt.outcome) {
        this.#dismiss(pod);
        continue;
      }
      seen++;
      if (pod.phase === 'succeeded' || pod.phase === 'failed') {
        this.#actions.push({ do: 'collect', pod });
        continue;
      }
      if (pod.phase === 'running' && !attempt.seenAt)
        this.#emit({ type: 'attempt.started', at: this.#at, node: pod.node, attempt: pod.attempt });
      if (this.#draft.isStopping) this.#actions.push({ do: 'kill', pod });
    }
    // Only when the numbers differ is it worth looking which attempts have no Pod, or none that we see.
    if (seen < this.#state.livePods) this.#findMissing();
    if (this.#state.liveOthers > 0) this.#repeatOthers();
  }
  #dismiss(pod: PodFact): void {
    this.#actions.push({ do: pod.phase === 'succeeded' || pod.phase === 'failed' ? 'release' : 'kill', pod });
  }
  #findMissing(): void {
    const present = new Set(this.#facts.pods.map(p => p.name));
    for (const { number, phase, attempts } of each(this.#state.nodes)) {
      const live = phase === 'running' ? attempts.at(-1) : undefined;
      if (!live?.pod || live.outcome || present.has(live.pod)) continue;
      const ends = { type: 'attempt.finished', at: this.#at, node: number, attempt: live.number } as const;
      if (live.seenAt)
        this.#emit({ ...ends, outcome: 'failed', message: `NodeLost: Pod ${live.pod} is gone and its outcome is unknown` });
      else if (this.#draft.isStopping) this.#emit({ ...ends, outcome: 'cancelled' });
      else this.#actions.push({ do: 'start', node: number, attempt: live.number });
    }
  }
  #repeatOthers(): void {
    for (const instance of each(this.#state.nodes)) {
      const live = instance.phase === 'running' ? liveAttempt(instance) : undefined;
      const kind = workOf(this.#state.graph, instance).kind;
      if (live && !live.pod && (kind === 'import' || kind === 'k8s'))
        this.#actions.push({ do: kind, node: instance.number, attempt: live.number });
    }
  }

  #wakeBackoff(): void {
    for (const number of this.#draft.backoff) {
      const { phase, retryAt } = this.#draft.get(number);
      if (phase !== 'backoff') continue;
      const dueMs = Date.parse(retryAt!);
      if (dueMs <= this.#now.getTime()) this.#plan(this.#draft.get(number));
      else this.#wake(dueMs);
    }
  }

  #endTermination(): void {
    const top = this.#draft.top;
    if (!top.terminating || top.finishedAt) return;
    const holdUntilMs = Date.parse(top.terminating.at) + (top.terminating.reason === 'terminated' ? CANCELING_HOLD_MS : 0);
    if (this.#draft.livePods + this.#draft.liveOthers > 0) return;
    if (this.#now.getTime() < holdUntilMs) {
      this.#wake(holdUntilMs);
      return;
    }
    const message = top.terminating.reason === 'terminated' ? 'terminated by user' : 'the run exceeded its active deadline';
    this.#emit({ type: 'run.finished', at: this.#at, message });
  }

  #decide(instance: Instance): void {
    if (instance.phase !== 'ready') return;
    const node = nodeOf(this.#draft.graph, instance)!;
    const refusal = instance.iteration === undefined ? this.#refusal(instance, node) : undefined;
    if (refusal) {
      this.#skip(instance, 'omitted', refusal);
      return;
    }
    let inputs: Values | undefined;
    try {
      inputs = resolveInputs(this.#draft, this.#dialect, instance);
      if (node.guard && instance.iteration === undefined && !this.#dialect.guard(node.guard, inputs))
        this.#skip(instance, 'skipped', `condition ${node.guard} is false`, inputs);
      else this.#begin(instance, node, inputs);
    } catch (e) {
      if (!(e instanceof PipelineError)) throw e;
      this.#emit({ type: 'node.failed', at: this.#at, node: instance.number, message: e.message, ...(inputs ? { inputs } : {}) });
    }
  }
  /** Why its upstream does not let a node run, if it does not. */
  #refusal(instance: Instance, node: Node): string | undefined {
    const parent = this.#draft.get(instance.parent);
    if (this.#draft.siblings(instance).scope.onFailure === 'stop' && parent.children!.failed > 0)
      return 'another task of its group failed';
    const outcomeOf = (name: string) => this.#draft.sibling(instance, name).phase as Outcome;
    if (holds(node.when, outcomeOf)) return undefined;
    const culprit = node.after.find(name => !['succeeded', 'cached'].includes(outcomeOf(name))) ?? node.after[0];
    return culprit ? `upstream task ${culprit} ${WORDS[outcomeOf(culprit)]}` : 'its upstream did not end as it needs';
  }
  #skip(instance: Instance, outcome: 'skipped' | 'omitted', message: string, inputs?: Values): void {
    this.#emit({ type: 'node.skipped', at: this.#at, node: instance.number, outcome, message, ...(inputs ? { inputs } : {}) });
  }
  #begin(instance: Instance, node: Node, inputs: Values): void {
    const { number } = instance;
    const work = workOf(this.#draft.graph, instance);
    switch (work.kind) {
      case 'exec':
        this.#beginExec(instance, node, inputs);
        return;
      case 'import':
      case 'k8s':
        this.#plan(instance, inputs);
        return;
      case 'fanout':
        this.#emit({ type: 'node.started', at: this.#at, node: number, inputs, items: itemsOf(node, work, inputs) });
        return;
      default:
        this.#emit({ type: 'node.started', at: this.#at, node: number, inputs });
        return;
    }
  }
  /** A step whose outputs are remembered does not run; whether they are is asked first. */
  #beginExec(instance: Instance, node: Node, inputs: Values): void {
    if (!node.memo?.enabled || this.#state.run.cacheDisabled) {
      this.#plan(instance, inputs);
      return;
    }
    const fingerprint = this.#dialect.memoKey(node, inputs);
    const answer = this.#facts.cache[fingerprint];
    if (answer === undefined) this.#lookups.add(fingerprint);
    else if (answer === null) this.#plan(instance, inputs, fingerprint);
    else this.#emit({ type: 'node.cached', at: this.#at, node: instance.number, inputs, fingerprint, ...answer });
  }
  #plan(instance: Instance, inputs?: Values, fingerprint?: string): void {
    const { number } = instance;
    const attempt = instance.attempts.length;
    const { kind } = workOf(this.#draft.graph, instance);
    const pod = kind === 'exec' ? { pod: this.#podName(this.#state, instance, attempt) } : {};
    const first = { ...(inputs ? { inputs } : {}), ...(fingerprint ? { fingerprint } : {}) };
    this.#emit({ type: 'attempt.planned', at: this.#at, node: number, attempt, ...pod, ...first });
    this.#actions.push({ do: kind === 'import' || kind === 'k8s' ? kind : 'start', node: number, attempt });
  }
}

const WORDS: Record<Outcome, string> = {
  succeeded: 'succeeded',
  cached: 'succeeded',
  failed: 'failed',
  cancelled: 'was cancelled',
  skipped: 'was skipped',
  omitted: 'was not triggered',
};
