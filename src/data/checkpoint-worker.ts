import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

// Checkpoints copy pages and sync twice: never on the main thread. PASSIVE waits for nobody and keeps the WAL's inode.
const db = new DatabaseSync(workerData as string);
db.exec('PRAGMA synchronous=NORMAL');
parentPort!.on('message', () => {
  const row = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
  parentPort!.postMessage({ log: Number(row?.['log'] ?? 0), checkpointed: Number(row?.['checkpointed'] ?? 0) });
});
