import { realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256Hex } from '../../lib/index.ts';
import { runProgram } from './program.ts';

/** An interpreter of the host that Pods may run. */
export type Interpreter = {
  path: string;
  /** `3.11` */
  version: string;
  stdlib: string;
  include: string;
  /** Where pip puts packages and scripts, relative to the prefix. */
  purelib: string;
  scripts: string;
  /** Changes when the program does. */
  id: string;
};
const ASK = `import sys, sysconfig
p = sysconfig.get_paths()
cut = lambda x: x[len(p["data"]):].lstrip("/") if x.startswith(p["data"]) else x
base = sysconfig.get_paths(vars={"base": "/B", "platbase": "/B", "installed_base": "/B", "installed_platbase": "/B"})
print("\\x1f".join([".".join(map(str, sys.version_info[:2])), p["stdlib"], p["include"], base["purelib"][3:], base["scripts"][3:], sys.version]))`;

/**
 * The first Python of the candidates that a Pod can run: everybody may enter its folders and execute it (a pyenv below
 * /root is out of a Pod's reach). `wanted` (`3.12`) is preferred where it is there.
 */
export async function findInterpreter(folders: readonly string[], wanted: string | undefined): Promise<Interpreter | undefined> {
  const names = wanted ? [`python${wanted}`, 'python3'] : ['python3'];
  for (const name of names) {
    for (const folder of ['/usr/bin', ...folders]) {
      const path = await realpath(join(folder, name)).catch(() => undefined);
      if (!path || !(await isForAll(path))) continue;
      const found = await describe(path);
      if (found) return found;
    }
  }
  return undefined;
}

async function isForAll(path: string): Promise<boolean> {
  for (let at = path; at !== '/'; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (!found || (found.mode & 0o001) === 0) return false;
  }
  return true;
}
async function describe(path: string): Promise<Interpreter | undefined> {
  const { code, stdout } = await runProgram([path, '-I', '-c', ASK], { env: {} });
  const [version, stdlib, include, purelib, scripts, full] = stdout.trimEnd().split('\x1f');
  if (code !== 0 || !full) return undefined;
  const { size, mtimeMs } = await stat(path);
  const id = sha256Hex(`${path} ${full} ${size} ${mtimeMs}`).slice(0, 16);
  return { path, version: version!, stdlib: stdlib!, include: include!, purelib: purelib!, scripts: scripts!, id };
}
