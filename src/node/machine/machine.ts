import { readdir, readFile } from 'node:fs/promises';
import { arch, availableParallelism, freemem, hostname, release, totalmem } from 'node:os';
import { gpusIn } from '../devices/gpus.ts';
import type { Disk } from './disk.ts';
import type { Machine } from './node-object.ts';

/** Measures this machine. Never rejects: what cannot be read is empty or zero. */
export async function readMachine(deviceFolder: string, readDisk: () => Promise<Disk>): Promise<Machine> {
  const text = (path: string) => readFile(path, 'utf8').catch(() => '');
  const [disk, devices, osRelease, machineID, bootID, meminfo] = await Promise.all([
    readDisk(),
    readdir(deviceFolder).catch((): string[] => []),
    text('/etc/os-release'),
    text('/etc/machine-id'),
    text('/proc/sys/kernel/random/boot_id'),
    text('/proc/meminfo'),
  ]);
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1];
  return {
    hostname: hostname(),
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    freeMemoryBytes: available ? Number(available) * 1024 : freemem(),
    diskBytes: disk.bytes,
    freeDiskBytes: disk.freeBytes,
    gpus: gpusIn(devices).length,
    arch: arch(),
    kernel: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? process.platform,
    machineID: machineID.trim(),
    bootID: bootID.trim(),
  };
}
