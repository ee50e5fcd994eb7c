import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

export const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Whether a program is in one of the folders; a found one is remembered, a missing one may be installed later. */
export function programFinder(folders: readonly string[]): (name: string) => boolean {
  const found = new Set<string>();
  return name => {
    if (found.has(name)) return true;
    const there = folders.some(folder => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
    if (there) found.add(name);
    return there;
  };
}
