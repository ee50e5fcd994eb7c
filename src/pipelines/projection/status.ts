import type { RunNode, RunStatus } from '../api/run.ts';
import { at } from '../engine/chunks.ts';
import { type Instance, isDone, NODE_STATES, nodeOf, type RunState } from '../engine/state.ts';

const MOST_NODES = 20;

/** The status of the Run object. */
export function runStatus(state: RunState): RunStatus {
  return {
    state: state.state,
    ...(state.startedAt ? { startedAt: state.startedAt } : {}),
    ...(state.finishedAt ? { finishedAt: state.finishedAt } : {}),
    ...(state.error ? { error: state.error } : {}),
    stateHistory: [...state.history],
    counts: { ...state.counts },
    nodes: notableNodes(state),
    sequence: state.sequence,
    retryGeneration: state.retryGeneration,
  };
}

/** Running and failed leaves, depth first; what ended well is not looked into. */
function notableNodes(state: RunState): RunNode[] {
  const found: RunNode[] = [];
  const visit = (instance: Instance): void => {
    const { phase, children } = instance;
    if (phase === 'waiting' || phase === 'ready' || (isDone(phase) && phase !== 'failed')) return;
    if (!children) {
      if (instance.parent >= 0) found.push(runNode(state, instance));
      return;
    }
    for (let i = 0; i < children.count && found.length < MOST_NODES; i++) visit(at(state.nodes, children.first + i)!);
  };
  const root = at(state.nodes, 0);
  if (root) visit(root);
  return found;
}
function runNode(state: RunState, instance: Instance): RunNode {
  const pod = instance.attempts.at(-1)?.pod;
  return {
    id: instance.id,
    taskName: nodeOf(state.graph, instance)!.name,
    state: NODE_STATES[instance.phase],
    ...(pod ? { pod } : {}),
    ...(instance.message ? { message: instance.message } : {}),
    ...(instance.startedAt ? { startedAt: instance.startedAt } : {}),
    ...(instance.finishedAt ? { finishedAt: instance.finishedAt } : {}),
  };
}
