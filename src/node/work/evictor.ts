import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, type Frozen, parseQuantity } from '../../kube/index.ts';
import type { Clock, Logger } from '../../lib/index.ts';
import { containersOf, isTerminal, type Pod } from '../agent/pod.ts';
import { type Disk, diskThresholdBytes, isLow } from '../machine/disk.ts';
import { podLogFolder } from '../streams/log-path.ts';

export type EvictorOptions = {
  home: string;
  nodeName: string;
  client: Client;
  clock: Clock;
  log: Logger;
  disk(): Promise<Disk>;
  /** Marks a Pod: its plan ends it as Evicted. */
  evict(uid: string, message: string): void;
  /** Tells the API about the pressure that came or went. */
  changed(): Promise<void>;
};
const EVERY_MS = 10_000;
const RESOURCE = 'ephemeral-storage';
/** @source kubernetes pkg/apis/scheduling SystemCriticalPriority: such Pods are never evicted */
const CRITICAL_PRIORITY = 2_000_000_000;

type Candidate = { pod: Frozen<Pod>; usedBytes: number; requestBytes: number };

/**
 * Watches the disk; while it is nearly full, ends one Pod at each look.
 * @source kubernetes pkg/kubelet/eviction: period, ranking and texts (from knowledge)
 */
export class Evictor {
  readonly #o: EvictorOptions;
  #low = false;
  #cancel = () => {};
  #closed = false;
  readonly #evicted = new Set<string>();
  constructor(o: EvictorOptions) {
    this.#o = o;
  }
  start(): void {
    if (this.#closed) return;
    this.#cancel = this.#o.clock.after(EVERY_MS, () => {
      this.look()
        .catch(error => this.#o.log.warn('disk pressure not relieved', { error }))
        .finally(() => this.start());
    });
  }
  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  /** One look at the disk. */
  async look(): Promise<void> {
    const disk = await this.#o.disk();
    const low = isLow(disk);
    if (low !== this.#low) {
      this.#low = low;
      this.#evicted.clear();
      await this.#o.changed();
    }
    if (!low) return;
    const worst = (await this.#candidates()).sort(byRank)[0];
    if (!worst) return;
    this.#evicted.add(worst.pod.metadata.uid!);
    this.#o.evict(worst.pod.metadata.uid!, messageOf(worst, disk));
  }

  async #candidates(): Promise<Candidate[]> {
    const { client, nodeName, home } = this.#o;
    const candidates: Candidate[] = [];
    for await (const page of client.list<Pod>('v1/Pod')) {
      for (const pod of page.items) {
        const { uid, namespace, name } = pod.metadata;
        if (pod.spec?.nodeName !== nodeName || isTerminal(pod.status?.phase) || this.#evicted.has(uid!)) continue;
        if ((pod.spec.priority ?? 0) >= CRITICAL_PRIORITY) continue;
        const folders = [join(home, 'pods', uid!), podLogFolder(home, { uid: uid!, namespace: namespace!, name })];
        const sizes = await Promise.all(folders.map(folderBytes));
        candidates.push({ pod, usedBytes: sizes[0]! + sizes[1]!, requestBytes: requestOf(pod) });
      }
    }
    return candidates;
  }
}

/** Who uses more than was asked for goes first, then the lower priority, then the greater excess. */
function byRank(a: Candidate, b: Candidate): number {
  const excess = (c: Candidate) => c.usedBytes - c.requestBytes;
  const over = Number(excess(b) > 0) - Number(excess(a) > 0);
  return over || (a.pod.spec!.priority ?? 0) - (b.pod.spec!.priority ?? 0) || excess(b) - excess(a);
}
function messageOf({ pod, usedBytes, requestBytes }: Candidate, disk: Disk): string {
  const { spec } = containersOf(pod).find(c => c.role === 'main')!;
  const low = `The node was low on resource: ${RESOURCE}. Threshold quantity: ${diskThresholdBytes(disk)}, available: ${kibi(disk.freeBytes)}. `;
  if (usedBytes <= requestBytes) return low;
  return `${low}Container ${spec.name} was using ${kibi(usedBytes)}, request is ${requestBytes ? kibi(requestBytes) : 0}, has larger consumption of ${RESOURCE}. `;
}
function requestOf(pod: Frozen<Pod>): number {
  const amounts = containersOf(pod).map(c => (c.role === 'main' ? parseQuantity(c.spec.resources?.requests?.[RESOURCE]) : 0));
  return amounts.reduce((sum, n) => sum + (n || 0), 0);
}
function kibi(bytes: number): string {
  return `${Math.floor(bytes / 1024)}Ki`;
}
/** What the files below a folder take; what vanishes meanwhile counts nothing. */
async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries.filter(e => e.isFile()).map(e => lstat(join(e.parentPath, e.name)).catch(() => undefined));
  return (await Promise.all(files)).reduce((sum, file) => sum + (file ? file.blocks * 512 : 0), 0);
}
