import { readdirSync } from 'node:fs';
import { silentLogger, systemClock, systemIds } from '../lib/index.ts';
import { openRuntime } from '../node/runtimes/index.ts';
import type { Home } from './home.ts';

/**
 * Ends the Pods that a daemon left running when it was killed, with their network and sockets. Only while no daemon runs.
 * @returns how many Pods there were
 */
export async function endLeftovers(home: Home): Promise<number> {
  const left = readFolder(home.path('run'));
  if (left.length === 0) return 0;
  const mode = home.lastDaemon()?.nodeMode;
  const runtime = await openRuntime({
    home: home.folder,
    mode,
    clock: systemClock,
    ids: systemIds,
    log: silentLogger,
    poolSize: 0,
  });
  await runtime.start();
  const uids = [...runtime.facts().keys()];
  await Promise.all(uids.map(uid => runtime.removeSandbox(uid)));
  await runtime.close();
  return uids.length;
}

/** What is in the folder of running things; nothing when there is none. */
function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw e;
  }
}
