import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../lib/index.ts';
import { launchDetached } from '../node/launch/index.ts';
import { type Context, UserError } from './command.ts';
import type { DaemonRecord } from './home.ts';

const PATIENCE_MS = 60_000;

/**
 * Starts the daemon of this home in the background, or finds it running.
 * @throws UserError with the end of its log when it does not come up.
 */
export async function ensureDaemon(c: Context, args: readonly string[] = []): Promise<DaemonRecord> {
  const running = c.home.daemon();
  if (running) return running;
  mkdirSync(c.home.path('logs'), { recursive: true, mode: 0o700 });
  const logPath = c.home.path('logs', 'skiff.log');
  const argv = [process.execPath, join(import.meta.dirname, 'main.ts'), 'up', '--home', c.home.folder, ...args];
  const child = launchDetached(argv, { logPath, env: c.env });
  let ended: number | undefined;
  child.ended.then(code => (ended = code)).catch(() => (ended = 1));
  const startMs = systemClock.monotonicMs();
  for (;;) {
    const record = c.home.daemon();
    if (record) return record;
    if (ended !== undefined || systemClock.monotonicMs() - startMs > PATIENCE_MS) {
      const tail = readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
      throw new UserError(
        `Skiff did not start${ended === undefined ? ` within ${PATIENCE_MS / 1000} s` : ''}; the end of ${logPath}:\n${tail}`,
      );
    }
    await systemClock.sleep(15);
  }
}
