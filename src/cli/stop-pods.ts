import { type Client, isReason, refOf } from '../kube/index.ts';
import { systemClock } from '../lib/index.ts';
import type { PodRuntime } from '../node/index.ts';

const PATIENCE_MS = 40_000;
const FINAL = new Set(['Succeeded', 'Failed']);

/**
 * Ends all Pods before the daemon goes, as a kubelet does when its machine shuts down: each gets its outcome first, the
 * agent then stops its processes. @source kubelet nodeshutdown: reason and message.
 */
export async function stopPods(client: Client, runtime: PodRuntime): Promise<void> {
  const now = systemClock.now().toISOString();
  for await (const page of client.list('v1/Pod')) {
    await Promise.all(
      page.items
        .filter(p => !FINAL.has((p.status as { phase?: string } | undefined)?.phase ?? ''))
        .map(async p => {
          const status = {
            phase: 'Failed',
            reason: 'Terminated',
            message: `Pod was terminated in response to imminent node shutdown at ${now}.`,
          };
          try {
            await client.write({ verb: 'patch', ref: refOf(p), type: 'merge', patch: { status }, subresource: 'status' });
          } catch (e) {
            if (!isReason(e, 'NotFound')) throw e;
          }
        }),
    );
  }
  const startMs = systemClock.monotonicMs();
  // The agent removes each sandbox when its processes have ended; what it has not removed in time is removed by force.
  const left = () => [...runtime.facts().keys()];
  while (left().length > 0 && systemClock.monotonicMs() - startMs < PATIENCE_MS) await systemClock.sleep(20);
  await Promise.all(left().map(uid => runtime.removeSandbox(uid)));
}
