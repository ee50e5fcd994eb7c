import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';

/**
 * Starts a program that outlives this process, its output going to `logPath`.
 * @returns its process id and a promise that rejects when it ends before `signal` aborts the wait.
 */
export function launchDetached(
  argv: readonly string[],
  o: { logPath: string; env: Record<string, string | undefined> },
): { pid: number; ended: Promise<number> } {
  const out = openSync(o.logPath, 'a', 0o600);
  const child = spawn(argv[0]!, argv.slice(1), { detached: true, stdio: ['ignore', out, out], env: o.env });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
    child.on('error', reject);
  });
  child.unref();
  return { pid: child.pid ?? 0, ended };
}

/** Runs a program to its end with this process's own output; `onLine` takes its standard output instead. */
export function launch(
  argv: readonly string[],
  o: { env?: Record<string, string | undefined>; cwd?: string; onLine?: (line: string) => void } = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), {
      stdio: ['ignore', o.onLine ? 'pipe' : 'inherit', 'inherit'],
      ...(o.env ? { env: o.env } : {}),
      ...(o.cwd ? { cwd: o.cwd } : {}),
    });
    let rest = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) o.onLine!(line);
    });
    child.on('error', reject);
    child.on('close', code => resolve(code ?? 1));
  });
}
