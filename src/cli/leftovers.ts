import { readdirSync, rmSync } from 'node:fs';
import { silentLogger, systemClock, systemIds } from '../lib/index.ts';
import { openRuntime } from '../node/runtimes/index.ts';
import type { Home } from './home.ts';

/**
 * Ends the Pods that a daemon left running when it was killed, with their network and sockets. Only while no daemon runs.
 * @returns how many Pods there were
 */
export async function endLeftovers(home: Home): Promise<number> {
  const entries = readFolder(home.path('run'));
  const pods = [...entries.filter(e => e.isDirectory()), ...readFolder(home.path('engine'))];
  if (pods.length > 0) {
    const { nodeMode: mode = 'netns', engineSocket } = home.lastDaemon() ?? {};
    const basis = { clock: systemClock, ids: systemIds, log: silentLogger };
    const runtime = await openRuntime({ ...basis, home: home.folder, mode, engineSocket, poolSize: 0 });
    await runtime.start();
    await Promise.all(runtime.uids().map(uid => runtime.removeSandbox(uid)));
    await runtime.close();
  }
  for (const e of entries) if (e.isSocket()) rmSync(home.path('run', e.name), { force: true });
  return pods.length;
}

function readFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw e;
  }
}
