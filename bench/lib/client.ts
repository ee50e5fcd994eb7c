import type { RunView } from '../../src/pipelines/api/view.ts';
import type { Skiff } from '../../tests/lib/skiff.ts';

const FINAL = /^(SUCCEEDED|FAILED|SKIPPED|CANCELED)$/;
type RunMessage = { run_id: string; state?: string; error?: { message?: string } };

export async function createRun(skiff: Skiff, pipelineSpec: unknown, parameters: Record<string, unknown> = {}): Promise<string> {
  const body = JSON.stringify({ display_name: 'bench', pipeline_spec: pipelineSpec, runtime_config: { parameters } });
  const run = await skiff.json<RunMessage>('/apis/v2beta1/runs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return run.run_id;
}
/** Polls GET without a pause until the run is final: what a client could see at the earliest. */
export async function waitFor(skiff: Skiff, runId: string, pollMs = 2): Promise<RunMessage> {
  for (;;) {
    const run = await skiff.json<RunMessage>(`/apis/v2beta1/runs/${runId}`);
    if (FINAL.test(run.state ?? '')) return run;
    await new Promise(resolve => setTimeout(resolve, pollMs));
  }
}
export async function succeed(
  skiff: Skiff,
  spec: unknown,
  parameters?: Record<string, unknown>,
  pollMs?: number,
): Promise<string> {
  const id = await createRun(skiff, spec, parameters);
  const run = await waitFor(skiff, id, pollMs);
  if (run.state !== 'SUCCEEDED') throw new Error(`run ${id} ended ${run.state}: ${run.error?.message ?? ''}`);
  return id;
}
/** Proves that every step ran: its Pod's log holds the nonce. Reads a sample of a wide run. */
export async function assertNonce(skiff: Skiff, runId: string, nonce: string, expected: number): Promise<void> {
  const view = await skiff.json<RunView>(`/console/api/runs/${runId}`);
  const pods = view.nodes.filter(n => n.kind === 'task').map(n => n.attempts.at(-1)?.pod);
  if (pods.length !== expected) throw new Error(`${pods.length} steps ran, not ${expected}`);
  for (const pod of pods.filter((_, i) => i % Math.ceil(expected / 20) === 0)) {
    const log = await (await skiff.fetch(`/k8s/api/v1/namespaces/${view.namespace}/pods/${pod}/log`)).text();
    if (log.trim() !== nonce) throw new Error(`Pod ${pod} printed ${JSON.stringify(log)}, not the nonce`);
  }
}
