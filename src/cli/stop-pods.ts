import { type Client, type Frozen, isReason, type Obj, refOf } from '../kube/index.ts';
import { systemClock } from '../lib/index.ts';
import { NOT_READY_TAINT, type PodRuntime } from '../node/index.ts';

const PATIENCE_MS = 40_000;
const FINAL = new Set(['Succeeded', 'Failed']);

type Pod = Obj<{ nodeName?: string }, { phase?: string }>;
type Node = Obj<{ taints?: { key: string; effect: string }[] }>;

/**
 * Ends all Pods of this node before the daemon goes, as a kubelet does when its machine shuts down: nothing new is placed
 * here, each Pod gets its outcome first, the agent then stops its processes. @source kubelet nodeshutdown: reason and message.
 */
export async function stopPods(client: Client, runtime: PodRuntime, nodeName: string): Promise<void> {
  await closeNode(client, nodeName);
  const startMs = systemClock.monotonicMs();
  const left = () => runtime.uids();
  // Again until there was none: a Pod may have been placed while the node was being closed.
  while ((await endPods(client, nodeName)) > 0 || left().length > 0) {
    // The agent removes each sandbox when its processes have ended; what it has not removed in time is removed by force.
    if (systemClock.monotonicMs() - startMs > PATIENCE_MS) break;
    await systemClock.sleep(20);
  }
  await Promise.all(left().map(uid => runtime.removeSandbox(uid)));
}

/** The taint goes when the node registers again. */
async function closeNode(client: Client, name: string): Promise<void> {
  const ref = { apiVersion: 'v1', kind: 'Node', name };
  const node: Frozen<Node> = await client.get<Node>(ref);
  const taints = [...(node.spec?.taints ?? []).filter(t => t.key !== NOT_READY_TAINT.key), NOT_READY_TAINT];
  await client.write({ verb: 'patch', ref, type: 'merge', patch: { spec: { taints } } });
}

/** How many Pods had no outcome yet. */
async function endPods(client: Client, nodeName: string): Promise<number> {
  const status = {
    phase: 'Failed',
    reason: 'Terminated',
    message: `Pod was terminated in response to imminent node shutdown at ${systemClock.now().toISOString()}.`,
  };
  let ended = 0;
  for await (const page of client.list<Pod>('v1/Pod')) {
    const live = page.items.filter(p => p.spec?.nodeName === nodeName && !FINAL.has(p.status?.phase ?? ''));
    ended += live.length;
    await Promise.all(
      live.map(p =>
        client
          .write({ verb: 'patch', ref: refOf(p), type: 'merge', patch: { status }, subresource: 'status' })
          .catch(e => (isReason(e, 'NotFound') ? undefined : Promise.reject(e))),
      ),
    );
  }
  return ended;
}
