import type { Frozen, ModuleEnv, Obj, Why } from '../kube/index.ts';
import type { NodeRow } from './api/node.ts';
import { RUN_API_VERSION, type Run } from './api/run.ts';
import type { StepPod } from './controller/pod-parts.ts';
import { explainNode, explainRun } from './projection/why.ts';

const TAIL_LINES = 20;

/** Why a run has failed or is not yet done: the first failed step, and the end of its log. */
export async function whyRun(env: ModuleEnv, object: Frozen<Obj>): Promise<Why | undefined> {
  if (object.kind !== 'Run' || object.apiVersion !== RUN_API_VERSION) return undefined;
  const run = object as Frozen<Run>;
  const rows = await env.ledger.all<{ json: string }>(
    `SELECT json FROM run_node WHERE run_uid = ? AND state IN ('Failed', 'Running', 'Pending') ORDER BY ordinal LIMIT 500`,
    [run.metadata.uid!],
  );
  const nodes = rows.map(r => JSON.parse(r.json) as NodeRow);
  const failed = nodes.find(n => n.state === 'Failed' && n.attempts.length > 0);
  const logTail = failed ? await podLogTail(env, run.metadata.namespace!, failed.attempts.at(-1)!.pod) : undefined;
  if (failed && run.status?.state === 'FAILED') return explainNode(run.metadata.name, failed, logTail);
  const stuck = nodes.find(n => n.state === 'Running' && n.attempts.at(-1)?.state === 'Pending');
  const waiting = stuck && (await podWaitsFor(env, run.metadata.namespace!, stuck.attempts.at(-1)!.pod));
  return explainRun(run, nodes, waiting && { node: stuck.id, ...waiting });
}

/** What keeps a Pod from starting: the scheduler's word, or a container's. */
async function podWaitsFor(env: ModuleEnv, namespace: string, pod: string): Promise<{ pod: string; what: string } | undefined> {
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace, name: pod };
  const status = (await env.client.get<StepPod>(ref).catch(() => undefined))?.status;
  const waiting = status?.containerStatuses?.find(c => c.name === 'main')?.state?.waiting;
  const unscheduled = status?.conditions?.find(c => c.type === 'PodScheduled' && c.status === 'False')?.message;
  const what = unscheduled ?? waiting?.message ?? waiting?.reason;
  return what ? { pod, what } : undefined;
}

/** The last lines of a Pod's log, oldest first; nothing when the log is gone. */
export async function podLogTail(env: Pick<ModuleEnv, 'client'>, namespace: string, pod: string): Promise<string[] | undefined> {
  if (!pod) return undefined;
  try {
    const chunks: Uint8Array[] = [];
    const ref = { apiVersion: 'v1', kind: 'Pod', namespace, name: pod };
    for await (const chunk of await env.client.log(
      ref,
      { tailLines: TAIL_LINES, container: 'main' },
      new AbortController().signal,
    ))
      chunks.push(chunk);
    const lines = Buffer.concat(chunks).toString().split('\n').filter(Boolean);
    return lines.length > 0 ? lines : undefined;
  } catch {
    // A log that cannot be had is no reason to say nothing.
    return undefined;
  }
}
