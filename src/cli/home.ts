import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Ports = { console: number; kubernetes: number; kfpGrpc: number; mlmdGrpc: number; s3: number };
/** What a running daemon tells about itself, `$SKIFF_HOME/daemon.json`. */
export type DaemonRecord = {
  pid: number;
  startTicks: string;
  startedAt: string;
  ports: Ports;
  version: string;
  nodeMode: 'netns' | 'plain';
  engineSocket?: string;
};

/** `$SKIFF_HOME` and the files in it that others read. */
export class Home {
  readonly folder: string;
  constructor(folder: string) {
    this.folder = folder;
  }
  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }
  /** Makes the folder, private to its owner. */
  create(): void {
    for (const part of ['', 'run', 'logs', 'volumes', 'artifacts', 'envs'])
      mkdirSync(this.path(part), { recursive: true, mode: 0o700 });
  }
  get tokenFile(): string {
    return this.path('token');
  }
  get kubeconfig(): string {
    return this.path('kubeconfig');
  }
  token(): string | undefined {
    return readIfThere(this.tokenFile)?.trim();
  }

  /** The daemon of this home, when it runs: its process must be the one that wrote the record. */
  daemon(): DaemonRecord | undefined {
    const record = this.lastDaemon();
    return record && startTicksOf(record.pid) === record.startTicks ? record : undefined;
  }
  /** The daemon that runs, or the last one when it was killed. */
  lastDaemon(): DaemonRecord | undefined {
    const text = readIfThere(this.path('daemon.json'));
    return text ? (JSON.parse(text) as DaemonRecord) : undefined;
  }
  writeDaemon(record: Omit<DaemonRecord, 'startTicks'>): void {
    const full: DaemonRecord = { ...record, startTicks: startTicksOf(record.pid) ?? '' };
    writeFileSync(this.path('daemon.json'), `${JSON.stringify(full)}\n`, { mode: 0o600 });
  }
  clearDaemon(): void {
    rmSync(this.path('daemon.json'), { force: true });
  }
}

/** When a process started, in the kernel's ticks: tells it from a later one with the same number. Elsewhere than Linux: whether it lives. */
function startTicksOf(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat) return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch {
    return undefined;
  }
}

/** Whether a process with this number is there and not a zombie. */
export function processLives(pid: number): boolean {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat) return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  return startTicksOf(pid) !== undefined;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT' || (e as NodeJS.ErrnoException).code === 'ESRCH') return undefined;
    throw e;
  }
}
