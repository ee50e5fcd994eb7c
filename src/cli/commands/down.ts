import { systemClock } from '../../lib/index.ts';
import { type Command, UserError } from '../command.ts';
import { processLives } from '../home.ts';
import { endLeftovers } from '../leftovers.ts';

const PATIENCE_MS = 45_000;

/** Asks the daemon to stop its Pods and itself, and waits until it has. Of one that was killed the Pods are ended. */
export const run: Command['run'] = async c => {
  const daemon = c.home.daemon();
  if (!daemon) {
    const ended = await endLeftovers(c.home);
    c.print(ended > 0 ? `Skiff does not run; ended ${ended} Pods that it had left behind.` : 'Skiff does not run.');
    return 0;
  }
  process.kill(daemon.pid, 'SIGTERM');
  const startMs = systemClock.monotonicMs();
  while (processLives(daemon.pid)) {
    if (systemClock.monotonicMs() - startMs > PATIENCE_MS)
      throw new UserError(`process ${daemon.pid} has not ended; see ${c.home.path('logs', 'skiff.log')}`);
    await systemClock.sleep(20);
  }
  c.print('Skiff stopped.');
  return 0;
};
