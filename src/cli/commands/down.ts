import { systemClock } from '../../lib/index.ts';
import { type Command, UserError } from '../command.ts';
import { processLives } from '../home.ts';

const PATIENCE_MS = 45_000;

/** Asks the daemon to stop its Pods and itself, and waits until it has. */
export const run: Command['run'] = async c => {
  const daemon = c.home.daemon();
  if (!daemon) {
    c.print('Skiff does not run.');
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
