import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import type { CatalogueEntry } from './table.ts';

/**
 * The user's entries of `$SKIFF_HOME/images.yaml`: a list, or a map with the list under `images`, of entries as in
 * table.ts. No file is no entries.
 * @throws Error naming the file and the entry that is wrong
 */
export async function readOwnEntries(home: string): Promise<CatalogueEntry[]> {
  const path = join(home, 'images.yaml');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return [];
  const parsed: unknown = load(text);
  const list = Array.isArray(parsed) ? parsed : (parsed as { images?: unknown } | null)?.images;
  if (!Array.isArray(list)) throw new Error(`${path}: expected a list of entries`);
  return list.map((entry, i) => checkedEntry(entry, `${path}: entry ${i + 1}`));
}

function checkedEntry(value: unknown, where: string): CatalogueEntry {
  if (typeof value !== 'object' || value === null) throw new Error(`${where} is not a map`);
  const { match, ...rest } = value as Record<string, unknown>;
  const patterns = typeof match === 'string' ? [match] : match;
  if (!Array.isArray(patterns) || !patterns.every(p => typeof p === 'string'))
    throw new Error(`${where}: match must be a pattern or a list of patterns`);
  if (!['userland', 'python', 'refused'].includes(rest['kind'] as string))
    throw new Error(`${where}: kind must be userland, python or refused`);
  return { ...rest, match: patterns.map(withRegistry) } as unknown as CatalogueEntry;
}
/** `me/trainer` means `docker.io/me/trainer`, as in a Pod. */
function withRegistry(pattern: string): string {
  if (pattern.startsWith('*')) return pattern;
  const first = pattern.split('/')[0]!;
  if (pattern.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost')) return pattern;
  return pattern.includes('/') ? `docker.io/${pattern}` : `docker.io/library/${pattern}`;
}
