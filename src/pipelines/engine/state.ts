import type { RunError } from '../api/run.ts';
import type { NodeState, RunState as StateName } from '../api/view.ts';
import type { Fanout, Graph, Node, Outcome, Work } from '../graph/graph.ts';
import { indexOf } from '../graph/topology.ts';
import { at, type Chunks, noChunks } from './chunks.ts';
import type { Item } from './events.ts';
import type { Values } from './values.ts';

/** What a run knows about itself besides its graph; constant. */
export type RunInfo = {
  uid: string;
  /** Name of the Run object: workflow name and prefix of Pods. */
  name: string;
  namespace: string;
  displayName: string;
  createdAt: string;
  scheduledAt?: string;
  parameters: Values['parameters'];
  pipelineRoot?: string;
  serviceAccountName: string;
  cacheDisabled: boolean;
};
export type Attempt = {
  number: number;
  pod?: string;
  plannedAt: string;
  /** When its Pod was first seen at work. */
  seenAt?: string;
  startedAt?: string;
  finishedAt?: string;
  outcome?: 'succeeded' | 'failed' | 'cancelled';
  exitCode?: number;
  message?: string;
};
/** `waiting` for upstream, `ready` to be decided, `backoff` before another attempt; the rest is final. */
export type Phase = 'waiting' | 'ready' | 'running' | 'backoff' | Outcome;

/** A node in a run. Instances are made when their scope opens. Its number is its place in `RunState.nodes`. */
export type Instance = {
  number: number;
  /** Address in the run: `for-loop-1[7].train`; the root's is empty. */
  id: string;
  /** Number of the enclosing instance; -1 for the root. */
  parent: number;
  /** Where its node stands in the graph; absent for the root. */
  place?: { scope: string; index: number };
  iteration?: number;
  phase: Phase;
  /** Upstream nodes that have not ended. */
  waitsFor: number;
  inputs?: Values;
  outputs?: Values;
  items?: readonly Item[];
  children?: Children;
  attempts: readonly Attempt[];
  /** Attempts before the last :retry of the run do not count against the policy. */
  attemptsBefore: number;
  retryAt?: string;
  fingerprint?: string;
  cachedFrom?: string;
  executionId?: string;
  message?: string;
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
};
/** Children have consecutive numbers; `open` are not final; a fan-out's next iteration to start is `next`. */
export type Children = {
  first: number;
  count: number;
  open: number;
  failed: number;
  cancelled: number;
  running: number;
  next: number;
};

export type RunState = {
  graph: Graph;
  run: RunInfo;
  /** Events folded so far: the sequence of the last one. */
  sequence: number;
  state: StateName;
  history: readonly { updateTime: string; state: StateName; error?: RunError }[];
  startedAt?: string;
  /** Where artifacts go when neither the run nor its pipeline says. */
  artifactRoot?: string;
  finishedAt?: string;
  error?: RunError;
  terminating?: { at: string; reason: 'terminated' | 'timeout' };
  retryGeneration: number;
  nodes: Chunks<Instance>;
  /** Instances to decide; those that are no longer `ready` are left over. */
  frontier: readonly number[];
  backoff: readonly number[];
  /** Attempts planned and not finished: with a Pod, and without. */
  livePods: number;
  liveOthers: number;
  counts: Readonly<Partial<Record<NodeState, number>>>;
};

/** A run before its first event. */
export function initialState(graph: Graph, run: RunInfo): RunState {
  return {
    graph,
    run,
    sequence: 0,
    state: 'PENDING',
    history: [{ updateTime: run.createdAt, state: 'PENDING' }],
    retryGeneration: 0,
    nodes: noChunks,
    frontier: [],
    backoff: [],
    livePods: 0,
    liveOthers: 0,
    counts: {},
  };
}

const FINAL: ReadonlySet<Phase> = new Set<Phase>(['succeeded', 'cached', 'failed', 'cancelled', 'skipped', 'omitted']);
export function isDone(phase: Phase): phase is Outcome {
  return FINAL.has(phase);
}
export const NODE_STATES: Record<Phase, NodeState> = {
  waiting: 'Pending',
  ready: 'Pending',
  running: 'Running',
  backoff: 'Running',
  succeeded: 'Succeeded',
  cached: 'Cached',
  failed: 'Failed',
  cancelled: 'Canceled',
  skipped: 'Skipped',
  omitted: 'Skipped',
};

/** The node of the graph that an instance stands for; undefined for the root. */
export function nodeOf(graph: Graph, instance: Instance): Node | undefined {
  return instance.place && graph.scopes[instance.place.scope]!.nodes[instance.place.index];
}
/** What an instance does: the root opens the root scope, an iteration does what its loop's body says. */
export function workOf(graph: Graph, instance: Instance): Work {
  const node = nodeOf(graph, instance);
  if (!node) return { kind: 'scope', scope: graph.root, is: 'pipeline' };
  return instance.iteration === undefined ? node.work : (node.work as Fanout).body;
}
/** The last attempt, unless it has finished. */
export function liveAttempt(instance: Instance): Attempt | undefined {
  const last = instance.attempts.at(-1);
  return last && !last.outcome ? last : undefined;
}
/** The instance at an address, in as many steps as the address has parts. */
export function findInstance(state: RunState, id: string): Instance | undefined {
  let found = at(state.nodes, 0);
  if (id === '') return found;
  for (const part of id.split('.')) {
    const [, name, iteration] = /^([^[]*)(?:\[(\d+)\])?$/.exec(part) ?? [];
    const work = found && workOf(state.graph, found);
    if (!found?.children || work?.kind !== 'scope') return undefined;
    const index = indexOf(state.graph)
      .get(work.scope)!
      .at.get(name ?? '');
    found = index === undefined ? undefined : at(state.nodes, found.children.first + index);
    if (iteration === undefined) continue;
    if (!found?.children || Number(iteration) >= found.children.count) return undefined;
    found = at(state.nodes, found.children.first + Number(iteration));
  }
  return found;
}
