import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

export type VolumeFile = { data: Uint8Array; mode: number };
const DATA = '..data';

/**
 * Shows `files` (by relative path) in `folder` all at once: a new hidden folder, then one rename of the link `..data`.
 * Unchanged content is left alone. On the caller's thread: it is some small files, mostly a token. `stamp` names the new folder and must differ from the one before.
 * @source kubernetes pkg/volume/util/atomic_writer.go (from knowledge)
 */
export function writeAtomically(folder: string, files: ReadonlyMap<string, VolumeFile>, stamp: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const link = join(folder, DATA);
  const old = lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(link) : undefined;
  if (old && holds(join(folder, old), files)) return;
  const fresh = `..${stamp}`;
  mkdirSync(join(folder, fresh), { mode: 0o755 });
  for (const [path, file] of files) {
    const target = join(folder, fresh, path);
    if (path.includes('/')) mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    writeFileSync(target, file.data, { mode: file.mode });
  }
  symlinkSync(fresh, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), link);
  linkNames(folder, files);
  if (old && old !== fresh) rmSync(join(folder, old), { recursive: true, force: true });
}

/** The visible names: a link into `..data` for each first part of a path. */
function linkNames(folder: string, files: ReadonlyMap<string, VolumeFile>): void {
  const wanted = new Set([...files.keys()].map(path => path.split('/')[0]!));
  const present = new Set(readdirSync(folder));
  for (const name of wanted) if (!present.has(name)) symlinkSync(join(DATA, name), join(folder, name));
  for (const name of present) if (!name.startsWith('..') && !wanted.has(name)) rmSync(join(folder, name));
}

function holds(folder: string, files: ReadonlyMap<string, VolumeFile>): boolean {
  if (!lstatSync(folder, { throwIfNoEntry: false })) return false;
  const present = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(e => !e.isDirectory());
  if (present.length !== files.size) return false;
  for (const [path, file] of files) {
    const there = lstatSync(join(folder, path), { throwIfNoEntry: false });
    if (!there?.isFile() || !readFileSync(join(folder, path)).equals(file.data)) return false;
  }
  return true;
}
