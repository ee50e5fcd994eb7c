import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Frozen, parseQuantity } from '../../kube/index.ts';
import { type Container, containersOf, type Pod } from '../agent/pod.ts';
import { errors } from '../errors.ts';
import type { MountSpec } from '../runtime.ts';

export const GPU = 'nvidia.com/gpu';
/** Nodes that every user of a GPU needs besides the GPU's own. */
const SHARED = ['nvidiactl', 'nvidia-uvm', 'nvidia-uvm-tools', 'nvidia-modeset'];
const RECORD = 'gpus.json';

export type Devices = { mounts: MountSpec[]; env: Record<string, string> };

/** The indices of the GPUs in a device folder, from the names of their nodes: `nvidia0`, `nvidia1`, … */
export function gpusIn(entries: readonly string[]): number[] {
  const indices = entries.flatMap(name => /^nvidia(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  return indices.sort((a, b) => a - b);
}

/**
 * Which Pod has which GPUs: whole ones, from its first start to its end, on record in the Pod's folder. Containers get parts
 * of their Pod's, init containers the first ones, since those have ended when the others start.
 */
export class Gpus {
  readonly #home: string;
  readonly #folder: string;
  readonly #byIndex: boolean;
  readonly #held = new Map<string, readonly number[]>();
  /** `byIndex`: containers see all GPUs of the host and are told theirs; else they see theirs only. */
  constructor(o: { home: string; folder: string; byIndex: boolean }) {
    this.#home = o.home;
    this.#folder = o.folder;
    this.#byIndex = o.byIndex;
    for (const uid of list(join(o.home, 'pods'))) {
      if (list(join(o.home, 'pods', uid)).includes(RECORD))
        this.#held.set(uid, JSON.parse(readFileSync(join(o.home, 'pods', uid, RECORD), 'utf8')) as number[]);
    }
  }

  /** The devices of a container; nothing when it asks for none. @throws NotStartable when too few are free */
  bind(pod: Frozen<Pod>, container: Frozen<Container>): Devices {
    const count = countOf(container);
    if (count === 0) return { mounts: [], env: {} };
    const held = this.#of(pod);
    const inits = pod.spec!.initContainers?.some(c => c.name === container.name && c.restartPolicy !== 'Always');
    const before = inits ? [] : staying(pod).slice(0, staying(pod).indexOf(container));
    const start = before.reduce((sum, c) => sum + countOf(c), 0);
    const own = held.slice(start, start + count);
    const shared = list(this.#folder).filter(name => SHARED.includes(name));
    const names = [...own.map(i => `nvidia${i}`), ...shared];
    const indices = own.join(',');
    return {
      mounts: this.#byIndex
        ? []
        : names.map(n => ({ kind: 'bind', source: join(this.#folder, n), target: `/dev/${n}`, readOnly: false, idmap: false })),
      env: { NVIDIA_VISIBLE_DEVICES: indices, ...(this.#byIndex ? { CUDA_VISIBLE_DEVICES: indices } : {}) },
    };
  }
  /** The Pod has ended; its folder goes with its record. */
  release(uid: string): void {
    this.#held.delete(uid);
  }

  #of(pod: Frozen<Pod>): readonly number[] {
    const uid = pod.metadata.uid!;
    const known = this.#held.get(uid);
    if (known) return known;
    const most = Math.max(0, ...(pod.spec!.initContainers ?? []).map(countOf));
    const count = Math.max(
      most,
      staying(pod).reduce((sum, c) => sum + countOf(c), 0),
    );
    const taken = new Set([...this.#held.values()].flat());
    const free = gpusIn(list(this.#folder)).filter(i => !taken.has(i));
    if (free.length < count) throw errors.devicesShort(GPU, count, free.length);
    const chosen = free.slice(0, count);
    mkdirSync(join(this.#home, 'pods', uid), { recursive: true, mode: 0o700 });
    writeFileSync(join(this.#home, 'pods', uid, RECORD), JSON.stringify(chosen));
    this.#held.set(uid, chosen);
    return chosen;
  }
}

/** Containers that run beside each other. */
function staying(pod: Frozen<Pod>): Frozen<Container>[] {
  return containersOf(pod).flatMap(({ spec, role }) => (role === 'main' || role === 'sidecar' ? [spec] : []));
}
function countOf(container: Frozen<Container>): number {
  return parseQuantity(container.resources?.limits?.[GPU]) || 0;
}
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
