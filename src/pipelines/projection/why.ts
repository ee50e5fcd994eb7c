import type { Frozen } from '../../kube/types.ts';
import type { Why, WhyStep } from '../../kube/why.ts';
import type { NodeRow } from '../api/node.ts';
import type { Run } from '../api/run.ts';

const SENTENCE_LIMIT = 140;

/** Why a node did not do what was asked of it; undefined when there is nothing to say. */
export function explainNode(runName: string, node: NodeRow, logTail?: readonly string[]): Why | undefined {
  const cause = causeOf(node, logTail);
  if (cause === undefined) return undefined;
  const chain: WhyStep[] = [
    step('Run', runName, `task ${node.id} ${VERBS[node.state] ?? 'is not done'}`, node.finishedAt),
    step('Task', node.id, node.message ?? cause, node.finishedAt),
    ...node.attempts
      .slice(-1)
      .flatMap(a => (a.pod ? [step('Pod', a.pod, a.message ?? `exit code ${a.exitCode ?? 'unknown'}`, a.finishedAt)] : [])),
  ];
  const pod = node.attempts.at(-1)?.pod;
  return {
    sentence: clip(`${node.id} ${VERBS[node.state] ?? 'is not done'}: ${cause}`),
    chain,
    ...(logTail?.length ? { logTail: [...logTail] } : {}),
    ...(node.state === 'Failed' && pod
      ? { remedy: { label: 'See its log', command: `skiff logs run/${node.runUid} --task ${node.id}` } }
      : {}),
  };
}
const VERBS: Partial<Record<NodeRow['state'], string>> = {
  Failed: 'failed',
  Skipped: 'did not run',
  Canceled: 'was cancelled',
  Pending: 'waits',
  Running: 'runs',
};

/** The last line that says something is the best cause of a failure: a Python traceback ends with it. */
function causeOf(node: NodeRow, logTail: readonly string[] | undefined): string | undefined {
  switch (node.state) {
    case 'Failed': {
      const last = logTail?.findLast(line => line.trim() !== '')?.trim();
      const exit = node.attempts.at(-1)?.exitCode;
      const tries = node.attempts.length > 1 ? ` after ${node.attempts.length} attempts` : '';
      if (last) return `${last}${exit === undefined ? '' : ` (exit code ${exit}${tries})`}`;
      return `${node.message?.split('\n').at(-1) ?? 'no reason given'}${tries}`;
    }
    case 'Skipped':
    case 'Canceled':
      return node.message ?? 'the run was stopped';
    case 'Cached':
      return node.cachedFromRun ? `outputs of run ${node.cachedFromRun} were used again` : undefined;
    case 'Running':
      return node.attempts.length > 1
        ? `attempt ${node.attempts.length}, the last one ended with ${node.attempts.at(-2)?.message ?? 'a failure'}`
        : undefined;
    default:
      return undefined;
  }
}

/** Why a run is not done: what it waits for; `waiting` is a step whose Pod does not start. */
export function explainRun(
  run: Frozen<Run>,
  nodes: readonly NodeRow[],
  waiting?: { node: string; pod: string; what: string },
): Why | undefined {
  const { name } = run.metadata;
  const state = run.status?.state ?? 'PENDING';
  const said = run.status?.error?.message;
  if (state === 'FAILED' || state === 'CANCELED') {
    const chain = [step('Run', name, said ?? state, run.status?.finishedAt)];
    return { sentence: clip(`${name} ended ${state}: ${said ?? 'no reason given'}`), chain };
  }
  if (waiting)
    return {
      sentence: clip(`${name} is not done: ${waiting.node} has not started: ${waiting.what}`),
      chain: [step('Run', name, state), step('Task', waiting.node, 'has not started'), step('Pod', waiting.pod, waiting.what)],
    };
  const running = nodes.filter(n => n.state === 'Running' && n.attempts.length > 0);
  if (state === 'SUCCEEDED' || running.length === 0) return undefined;
  const first = running[0]!;
  const others = running.length > 1 ? ` and ${running.length - 1} more` : '';
  return {
    sentence: clip(`${name} is not done: ${first.id}${others} ${running.length > 1 ? 'are' : 'is'} running`),
    chain: [step('Run', name, state), ...running.slice(0, 5).map(n => step('Task', n.id, 'is running', n.startedAt))],
  };
}

function step(kind: string, name: string, what: string, at?: string): WhyStep {
  return { kind, name, what, ...(at ? { at } : {}) };
}
function clip(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= SENTENCE_LIMIT ? line : `${line.slice(0, SENTENCE_LIMIT - 1)}…`;
}
