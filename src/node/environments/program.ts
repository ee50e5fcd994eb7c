import { spawn } from 'node:child_process';

export type ProgramResult = { code: number; stdout: string; stderr: string };

/** Runs a program to its end. Files that it makes can be read by everybody: Pods of any user share them. */
export function runProgram(
  argv: readonly string[],
  o: { env: Readonly<Record<string, string>>; signal?: AbortSignal },
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', 'umask 022; exec "$@"', 'sh', ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...o.env },
      ...(o.signal ? { signal: o.signal } : {}),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', code =>
      resolve({ code: code ?? 1, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
  });
}
