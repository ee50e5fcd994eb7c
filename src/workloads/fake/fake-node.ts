import { type Condition, type ControllerDef, type Frozen, type Plan, refOf, type Write } from '../../kube/index.ts';
import { wireTime } from '../conditions.ts';
import type { Pod } from '../objects.ts';
import type { Node } from '../scheduling/fit.ts';

/** kwok's mark: what carries it is no machine. */
const MARK = 'kwok.x-k8s.io/node';
const PREFIX = 'fake-';
const CAPACITY = { cpu: '32', memory: '256Gi', pods: '110' };

export function isFakeNode(node: Frozen<Node> | undefined): boolean {
  return node?.metadata.annotations?.[MARK] === 'fake';
}

/**
 * Keeps `count` nodes that only exist in the API, for tests of scale. Only Pods that tolerate kwok's taint are placed there.
 * They have no Leases: nobody waits for their heartbeat.
 *
 * @source kwok kustomize/stage/node/fast@kwok-stages, docs of kwok
 */
export function fakeNodes(count: number): ControllerDef<Node> {
  return {
    name: 'fake-nodes',
    for: 'v1/Node',
    key: () => ({ name: 'all' }),
    reads: [{ gvk: 'v1/Pod' }],
    writes: [
      { gvk: 'v1/Node', verbs: ['create', 'delete'] },
      { gvk: 'v1/Pod', verbs: ['delete'] },
    ],
    plan({ find }, now): Plan {
      const nodes = find<Node>('v1/Node', {});
      const wanted = Array.from({ length: count }, (_, i) => `${PREFIX}${i}`);
      const missing = wanted.filter(name => !nodes.some(n => n.metadata.name === name));
      const surplus = nodes.filter(n => isFakeNode(n) && !wanted.includes(n.metadata.name));
      const names = new Set(surplus.map(n => n.metadata.name));
      const stranded = names.size > 0 ? find<Pod>('v1/Pod', {}).filter(p => names.has(p.spec?.nodeName ?? '')) : [];
      const remove = (o: Frozen<Node> | Frozen<Pod>): Write => ({
        verb: 'delete',
        ref: refOf(o),
        uid: o.metadata.uid!,
        graceSeconds: 0,
      });
      return {
        writes: [
          ...missing.map((name): Write => ({ verb: 'create', object: fakeNode(name, now), adopt: 'never' })),
          ...[...stranded, ...surplus].map(remove),
        ],
      };
    },
  };
}

function fakeNode(name: string, now: Date): Node {
  const at = wireTime(now);
  const condition = (type: string, status: 'True' | 'False', reason: string, message: string) =>
    ({ type, status, reason, message, lastTransitionTime: at, lastHeartbeatTime: at }) as Condition;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { [MARK]: 'fake', 'node.alpha.kubernetes.io/ttl': '0' },
      labels: { type: 'kwok', 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'node-role.kubernetes.io/agent': '' },
    },
    spec: { taints: [{ key: MARK, value: 'fake', effect: 'NoSchedule' }] },
    status: {
      capacity: CAPACITY,
      allocatable: CAPACITY,
      conditions: [
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      ],
    },
  } as Node;
}
