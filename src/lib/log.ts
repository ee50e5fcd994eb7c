import type { Clock } from './clock.ts';

/** A constant message plus keys, never values formatted into the text. */
export interface Logger {
  info(message: string, keys?: Record<string, unknown>): void;
  warn(message: string, keys?: Record<string, unknown>): void;
  error(message: string, keys?: Record<string, unknown>): void;
  with(keys: Record<string, unknown>): Logger;
}

/** One JSON object a line to `write`. Errors under any key become their stack. */
export function jsonLogger(clock: Clock, write: (line: string) => void, base: Record<string, unknown> = {}): Logger {
  const emit = (level: string) => (message: string, keys?: Record<string, unknown>) => {
    const replacer = (_: string, v: unknown) => (v instanceof Error ? (v.stack ?? v.message) : v);
    write(`${JSON.stringify({ at: clock.now().toISOString(), level, message, ...base, ...keys }, replacer)}\n`);
  };
  return {
    info: emit('info'),
    warn: emit('warn'),
    error: emit('error'),
    with: keys => jsonLogger(clock, write, { ...base, ...keys }),
  };
}

export const silentLogger: Logger = { info() {}, warn() {}, error() {}, with: () => silentLogger };
