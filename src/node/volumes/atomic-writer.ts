import { mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export type VolumeFile = { data: Uint8Array; mode: number };
const DATA = '..data';

/**
 * Shows `files` (by relative path) in `folder` all at once: a new hidden folder, then one rename of the link `..data`.
 * Unchanged content is left alone. `stamp` names the new folder and must differ from the one before.
 * @source kubernetes pkg/volume/util/atomic_writer.go (from knowledge)
 */
export async function writeAtomically(folder: string, files: ReadonlyMap<string, VolumeFile>, stamp: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const old = await readlink(join(folder, DATA)).catch(() => undefined);
  if (old && (await holds(join(folder, old), files))) return;
  const fresh = `..${stamp}`;
  for (const [path, file] of files) {
    const target = join(folder, fresh, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await writeFile(target, file.data, { mode: file.mode });
  }
  await mkdir(join(folder, fresh), { recursive: true, mode: 0o755 });
  await symlink(fresh, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, DATA));
  await linkNames(folder, files);
  if (old && old !== fresh) await rm(join(folder, old), { recursive: true, force: true });
}

/** The visible names: a link into `..data` for each first part of a path. */
async function linkNames(folder: string, files: ReadonlyMap<string, VolumeFile>): Promise<void> {
  const wanted = new Set([...files.keys()].map(path => path.split('/')[0]!));
  const present = new Set(await readdir(folder));
  for (const name of wanted) if (!present.has(name)) await symlink(join(DATA, name), join(folder, name));
  for (const name of present) if (!name.startsWith('..') && !wanted.has(name)) await rm(join(folder, name));
}

async function holds(folder: string, files: ReadonlyMap<string, VolumeFile>): Promise<boolean> {
  const present = (await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])).filter(e => !e.isDirectory());
  if (present.length !== files.size) return false;
  for (const [path, file] of files) {
    const data = await readFile(join(folder, path)).catch(() => undefined);
    if (!data?.equals(file.data)) return false;
  }
  return true;
}
