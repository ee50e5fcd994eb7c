import { type Frozen, parseQuantity } from '../../kube/index.ts';
import type { Pod } from './pod.ts';

/** Guaranteed, Burstable or BestEffort. @source kubernetes pkg/apis/core/v1/helper/qos (from knowledge) */
export function qosClass(pod: Frozen<Pod>): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  let any = false;
  let guaranteed = true;
  for (const c of [...pod.spec!.containers, ...(pod.spec!.initContainers ?? [])]) {
    for (const r of ['cpu', 'memory']) {
      const limit = parseQuantity(c.resources?.limits?.[r]);
      const request = parseQuantity(c.resources?.requests?.[r]) || limit;
      if (limit || request) any = true;
      if (!limit || limit !== request) guaranteed = false;
    }
  }
  return any ? (guaranteed ? 'Guaranteed' : 'Burstable') : 'BestEffort';
}
