import type { ControllerDef, Frozen, Gvk, Key, Obj } from '../../kube/index.ts';
import { SOURCE } from './fact.ts';
import { type AgentConfig, type Memo, planPod } from './plan.ts';
import type { Pod } from './pod.ts';

/** Their appearance or change concerns the Pods that read them. */
const WAITED_FOR: Gvk[] = ['v1/ConfigMap', 'v1/Secret', 'v1/PersistentVolumeClaim'];

/** The node agent as a controller: what the kubelet does for the Pods that are bound to it. */
export function nodeController(config: AgentConfig, readers: (o: Frozen<Obj>) => Key[]): ControllerDef<Pod, Memo> {
  return {
    name: 'node',
    for: 'v1/Pod',
    reads: [...WAITED_FOR.map(gvk => ({ gvk, enqueue: readers })), { gvk: 'v1/Service' }, { gvk: 'v1/PersistentVolume' }],
    writes: [
      { gvk: 'v1/Pod', verbs: ['delete'] },
      { gvk: 'v1/ServiceAccount', verbs: ['create'], subresource: 'token' },
    ],
    sources: [{ name: SOURCE.containers }, { name: SOURCE.probes }],
    concurrency: 64,
    plan: (observed, now) => planPod(observed, now, config),
  };
}
