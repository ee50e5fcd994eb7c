import { access, constants, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Interpreter } from './interpreter.ts';
import { runProgram } from './program.ts';

/** The `uv` program: found in one of the folders, else installed by pip below `envs/tools`. @throws Error with pip's text */
export async function findUv(o: {
  envs: string;
  folders: readonly string[];
  python: Interpreter;
  env: Readonly<Record<string, string>>;
}): Promise<string> {
  const tools = join(o.envs, 'tools');
  const own = join(tools, 'bin', 'uv');
  for (const path of [own, ...o.folders.map(f => join(f, 'uv'))]) if (await isProgram(path)) return path;
  const fresh = `${tools}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(o.envs, { recursive: true });
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-warn-script-location',
    '--root-user-action',
    'ignore',
  ];
  const { code, stderr } = await runProgram([o.python.path, ...pip, '--target', fresh, 'uv'], { env: o.env });
  if (code !== 0) throw new Error(`uv could not be installed (put it on PATH, or give pip an index): ${lastLine(stderr)}`);
  await rm(tools, { recursive: true, force: true });
  await rename(fresh, tools);
  return own;
}
async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
/** The last line of a program's complaint that says something. */
export function lastLine(text: string): string {
  return (
    text
      .trim()
      .split('\n')
      .findLast(l => l.trim() !== '')
      ?.trim() ?? 'no message'
  );
}
