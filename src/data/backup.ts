import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { backup as copyDatabase, DatabaseSync } from 'node:sqlite';

/** In one step, so that a busy writer cannot make the copy start again and again; it runs on a thread of libuv. */
const ALL_PAGES = 1_000_000_000;

/**
 * Copies live SQLite files consistently, each as of one moment, without stopping its writer. In the given order: name
 * `kube.db` first, since objects refer to nothing that the ledger has not recorded before. Durable when resolved.
 */
export async function backup(files: readonly { from: string; to: string }[]): Promise<void> {
  for (const { from, to } of files) {
    const unfinished = `${to}.unfinished`;
    await rm(unfinished, { force: true });
    const db = new DatabaseSync(from, { readOnly: true, timeout: 5_000 });
    try {
      await copyDatabase(db, unfinished, { rate: ALL_PAGES });
    } finally {
      db.close();
    }
    await flush(unfinished);
    await rename(unfinished, to);
    await flush(dirname(to));
  }
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
