import { statfs } from 'node:fs/promises';

export type Disk = { bytes: number; freeBytes: number };
const LEAST_SHARE = 0.1;
const LEAST_BYTES = 2 ** 30;

/** The disk that a folder is on; zeros when it cannot be read. */
export async function readDisk(folder: string): Promise<Disk> {
  const disk = await statfs(folder).catch(() => ({ bsize: 0, blocks: 0, bavail: 0 }));
  return { bytes: disk.bsize * disk.blocks, freeBytes: disk.bsize * disk.bavail };
}
/** With less free than this the node is under disk pressure: a tenth as upstream, but a GiB is always enough. */
export function diskThresholdBytes(disk: Disk): number {
  return Math.min(Math.floor(disk.bytes * LEAST_SHARE), LEAST_BYTES);
}
export function isLow(disk: Disk): boolean {
  return disk.freeBytes < diskThresholdBytes(disk);
}
