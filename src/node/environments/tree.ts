import { chmod, copyFile, link, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Interpreter } from './interpreter.ts';

/** Of the host's library these stay behind: its packages, and Debian's refusal to let pip install. */
const LEFT_OUT = new Set(['site-packages', 'dist-packages', 'EXTERNALLY-MANAGED', 'sitecustomize.py']);

/**
 * Makes `folder` a Python installation of its own: the program, links to the host's library, no packages. It finds itself
 * by where it stands, so it may be moved; an environment made from within (venv) sees its packages as the system's.
 * @param shared where one copy of the program is kept, so that installations share its disk space
 */
export async function makeTree(python: Interpreter, folder: string, shared: string): Promise<void> {
  const name = `python${python.version}`;
  const library = join(folder, 'lib', name);
  await mkdir(join(folder, 'bin'), { recursive: true });
  await mkdir(library, { recursive: true });
  await mkdir(join(folder, 'include'));
  const program = await sharedCopy(python, shared, folder);
  await link(program, join(folder, 'bin', name));
  for (const alias of ['python3', 'python']) await symlink(name, join(folder, 'bin', alias));
  await symlink(python.include, join(folder, 'include', name));
  const entries = (await readdir(python.stdlib)).filter(e => !LEFT_OUT.has(e));
  await Promise.all(entries.map(e => symlink(join(python.stdlib, e), join(library, e))));
  for (const made of [folder, join(folder, 'bin'), join(folder, 'lib'), library, join(folder, 'include')])
    await chmod(made, 0o755);
}

/**
 * Copied where the installation is made, so that several may be made at once; the first one to arrive is shared and never
 * replaced, for a file that is being replaced cannot be linked.
 */
async function sharedCopy(python: Interpreter, shared: string, folder: string): Promise<string> {
  const path = join(shared, python.id);
  const fresh = join(folder, 'program');
  await mkdir(shared, { recursive: true });
  if ((await readdir(shared)).includes(python.id)) return path;
  await copyFile(python.path, fresh);
  await chmod(fresh, 0o755);
  await link(fresh, path).catch(e => {
    if ((e as NodeJS.ErrnoException).code !== 'EEXIST') throw e;
  });
  await rm(fresh);
  return path;
}
