import type { Clock, Ids, Logger } from '../../lib/index.ts';
import type { PodRuntime } from '../runtime.ts';
import { nativeBinary } from './native.ts';
import { NetnsRuntime } from './netns.ts';

export { RuntimeError } from './errors.ts';

export type RuntimeOptions = {
  /** `$SKIFF_HOME`; Pods live below its `run/`. */
  home: string;
  /** Asked for; otherwise the best that works here. */
  mode?: 'netns' | 'plain' | undefined;
  clock: Clock;
  ids: Ids;
  log: Logger;
  /** Crash tests: called at `before-spec-fsync`, `between-fork-and-pid`, `before-first-status`. */
  onPoint?: ((name: string) => void) | undefined;
  /** Sandboxes kept ready (netns), default 4. */
  poolSize?: number | undefined;
};

/** Probes what this machine allows and opens it; `info.isolation.message` says what was chosen and why. */
export async function openRuntime(options: RuntimeOptions): Promise<PodRuntime> {
  const binary = await nativeBinary(options.home);
  return NetnsRuntime.open({ ...options, binary });
}
