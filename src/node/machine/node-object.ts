import type { Condition, Obj } from '../../kube/index.ts';
import { DOMAIN, VERSION } from '../../lib/index.ts';
import { timeText } from '../agent/status.ts';
import type { RuntimeInfo } from '../runtime.ts';
import { isLow } from './disk.ts';

/** What the node knows of its machine. */
export type Machine = {
  hostname: string;
  cpus: number;
  memoryBytes: number;
  diskBytes: number;
  freeMemoryBytes: number;
  freeDiskBytes: number;
  gpus: number;
  arch: string;
  kernel: string;
  osImage: string;
  machineID: string;
  bootID: string;
};
/** On a node that is going or gone, so that nothing new is placed there; its next registration takes it off. */
export const NOT_READY_TAINT = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
/** While the disk is nearly full nothing new is placed here. */
export const DISK_PRESSURE_TAINT = { key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' };
export function hasDiskPressure(m: Machine): boolean {
  return isLow({ bytes: m.diskBytes, freeBytes: m.freeDiskBytes });
}
const MAX_PODS = 1_000;
/** Below these shares memory and disk are under pressure. @source kubernetes default eviction thresholds (from knowledge) */
const LEAST_MEMORY_BYTES = 100 * 2 ** 20;
const ARCHITECTURES: Record<string, string> = { x64: 'amd64', ia32: '386' };

/** The Node object as it should stand in the API. `past` keeps transition times. */
export function nodeObject(name: string, m: Machine, runtime: RuntimeInfo, past: readonly Condition[], now: Date): Obj {
  const architecture = ARCHITECTURES[m.arch] ?? m.arch;
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'node-role.kubernetes.io/control-plane': '',
  };
  const capacity = {
    cpu: String(m.cpus),
    memory: `${Math.floor(m.memoryBytes / 1024)}Ki`,
    'ephemeral-storage': `${Math.floor(m.diskBytes / 1024)}Ki`,
    pods: String(MAX_PODS),
    ...(m.gpus > 0 ? { 'nvidia.com/gpu': String(m.gpus) } : {}),
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels, annotations: { [`${DOMAIN}/network-mode`]: runtime.mode } },
    spec: runtime.podCIDR ? { podCIDR: runtime.podCIDR, podCIDRs: [runtime.podCIDR] } : {},
    status: {
      capacity,
      allocatable: capacity,
      conditions: conditions(m, runtime, past, now),
      addresses: [
        { type: 'InternalIP', address: runtime.gatewayIP },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: {
        machineID: m.machineID,
        systemUUID: m.machineID,
        bootID: m.bootID,
        kernelVersion: m.kernel,
        osImage: m.osImage,
        containerRuntimeVersion: `skiff://${VERSION}`,
        kubeletVersion: `v1.36.0-skiff.${VERSION}`,
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture,
      },
    },
  };
}

function conditions(m: Machine, runtime: RuntimeInfo, past: readonly Condition[], now: Date): Condition[] {
  const lowMemory = m.freeMemoryBytes < LEAST_MEMORY_BYTES;
  const lowDisk = hasDiskPressure(m);
  const { isolation } = runtime;
  const drafts: [string, boolean, string, string][] = [
    ['MemoryPressure', lowMemory, ...pressure(lowMemory, 'Memory', 'sufficient memory', 'little memory is left')],
    ['DiskPressure', lowDisk, ...pressure(lowDisk, 'Disk', 'no disk pressure', 'little disk space is left')],
    ['PIDPressure', false, ...pressure(false, 'PID', 'sufficient PID', '')],
    ['PodIsolation', isolation.status === 'True', isolation.reason, isolation.message],
    ['Ready', true, 'KubeletReady', 'the node agent is posting ready status'],
  ];
  return drafts.map(([type, holds, reason, message]) => {
    const status = holds ? 'True' : 'False';
    const before = past.find(c => c.type === type);
    const lastTransitionTime = before?.status === status && before.lastTransitionTime ? before.lastTransitionTime : timeText(now);
    return { type, status, reason, message, lastTransitionTime, lastHeartbeatTime: timeText(now) } as Condition;
  });
}
function pressure(low: boolean, what: string, good: string, bad: string): [string, string] {
  const verb = what === 'Memory' || what === 'PID' ? 'Sufficient' : 'No';
  return low
    ? [`KubeletHas${what === 'Memory' || what === 'PID' ? 'Insufficient' : ''}${what}${what === 'Disk' ? 'Pressure' : ''}`, bad]
    : [`KubeletHas${verb}${what}${what === 'Disk' ? 'Pressure' : ''}`, `kubelet has ${good}`];
}
