import type { Clock, Ids, Logger } from '../../lib/index.ts';
import type { PodRuntime } from '../runtime.ts';
import { openEngine } from './engine/open.ts';
import { nativeBinary } from './native.ts';
import { NetnsRuntime } from './netns.ts';
import { PlainRuntime } from './plain.ts';
import { RoutedRuntime } from './routed.ts';

export { RuntimeError } from './errors.ts';
export { type SpawnFloor, spawnFloor } from './floor.ts';

export type RuntimeOptions = {
  /** `$SKIFF_HOME`; Pods live below its `run/`. */
  home: string;
  /** Asked for; otherwise `netns` where it works, else `plain`. */
  mode?: 'netns' | 'plain' | undefined;
  /** The socket of a container engine; `none` for no engine, else the usual ones are tried. */
  engineSocket?: string | undefined;
  clock: Clock;
  ids: Ids;
  log: Logger;
  /** Crash tests: called at `before-spec-fsync`, `between-fork-and-pid`, `before-first-status`. */
  onPoint?: ((name: string) => void) | undefined;
  /** Sandboxes kept ready (netns), default 4. */
  poolSize?: number | undefined;
};

/**
 * Tries what this machine allows and opens the best; `info.isolation.message` says what was chosen and why.
 * @throws RuntimeError NoNative or NoNamespaces when `netns` was asked for and cannot be.
 */
export async function openRuntime(options: RuntimeOptions): Promise<PodRuntime> {
  const [own, engine] = await Promise.all([openOwn(options), openEngine({ ...options, socketPath: options.engineSocket })]);
  return engine ? new RoutedRuntime(own, engine) : own;
}

async function openOwn(options: RuntimeOptions): Promise<PodRuntime> {
  if (options.mode === 'plain') return new PlainRuntime({ ...options, reason: 'it was asked for' });
  try {
    return await NetnsRuntime.open({ ...options, binary: await nativeBinary(options.home) });
  } catch (error) {
    if (options.mode === 'netns') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    options.log.warn('Pods run without isolation', { reason });
    return new PlainRuntime({ ...options, reason });
  }
}
