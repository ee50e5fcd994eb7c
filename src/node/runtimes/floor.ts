import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type Clock, type Logger, silentLogger } from '../../lib/index.ts';
import type { ContainerSpec, PodRuntime, SandboxSpec } from '../runtime.ts';
import { nativeBinary } from './native.ts';
import { NetnsRuntime } from './netns.ts';

/** Milliseconds of each Pod, in order. */
export type SpawnFloor = { untilExitMs: number[]; untilRemovedMs: number[]; wallMs: number };

/**
 * The least a Pod can cost here: sandbox and one container of `argv` made, run, its outcome on disk and known, and the
 * sandbox removed, with the same supervisor, namespaces, mounts, network and logs as the product, but no API and no ledger.
 * @param concurrency Pods under way at a time, default 1
 */
export async function spawnFloor(options: {
  home: string;
  count: number;
  concurrency?: number;
  argv?: readonly string[];
  poolSize?: number;
  clock: Clock;
  log?: Logger;
}): Promise<SpawnFloor> {
  const { home, count, clock, concurrency = 1, argv = ['/bin/true'], log = silentLogger } = options;
  const runtime = await NetnsRuntime.open({ home, clock, log, binary: await nativeBinary(home), poolSize: options.poolSize });
  const floor: SpawnFloor = { untilExitMs: [], untilRemovedMs: [], wallMs: 0 };
  try {
    await runtime.start();
    const waiting = new Map<string, () => void>();
    runtime.onChange(uid => {
      if (runtime.fact(uid)?.containers.some(c => c.state === 'exited')) waiting.get(uid)?.();
    });
    const startedMs = clock.monotonicMs();
    let next = 0;
    const worker = async () => {
      while (next < count) {
        const uid = `floor-${next++}`;
        const exited = new Promise<void>(resolve => waiting.set(uid, resolve));
        await onePod(runtime, home, uid, argv, exited, clock, floor);
        waiting.delete(uid);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    floor.wallMs = clock.monotonicMs() - startedMs;
  } finally {
    await runtime.close();
    await rm(path.join(home, 'logs', 'floor'), { recursive: true, force: true });
  }
  return floor;
}

async function onePod(
  runtime: PodRuntime,
  home: string,
  uid: string,
  argv: readonly string[],
  exited: Promise<void>,
  clock: Clock,
  floor: SpawnFloor,
): Promise<void> {
  const sandbox: SandboxSpec = {
    uid,
    namespace: 'floor',
    name: uid,
    hostname: uid,
    hostAliases: [],
    searchDomains: [],
    hostNetwork: false,
    ownNames: [],
  };
  const container: ContainerSpec = {
    name: 'main',
    attempt: 0,
    argv,
    env: [],
    workingDir: '/',
    mounts: [],
    readOnlyRoot: false,
    stdin: false,
    tty: false,
    logPath: path.join(home, 'logs', 'floor', `${uid}.log`),
    terminationMessagePath: '/dev/termination-log',
    limits: {},
  };
  const startMs = clock.monotonicMs();
  await Promise.all([runtime.createSandbox(sandbox), runtime.startContainer(uid, container), exited]);
  floor.untilExitMs.push(clock.monotonicMs() - startMs);
  await runtime.removeSandbox(uid);
  floor.untilRemovedMs.push(clock.monotonicMs() - startMs);
}
