import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  createReadStream,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { chmod, copyFile, type FileHandle, mkdir, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { type Clock, type Ids, Trash } from '../lib/index.ts';
import { DataError, dataFailures } from './errors.ts';
import { checkBucket, checkKey, checkSha256, checkStageId } from './names.ts';
import type { Blob, Blobs, Sql } from './types.ts';

const READ_LIMIT_BYTES = 64 * 1024 * 1024;
/** Makes a prefix's range in `blob_name` end: no text of Unicode is greater. */
const AFTER_ALL = '\u{10ffff}';

/**
 * Opens the blob store below `folder` (made when missing, 0700: what is inside is nobody else's):
 * `sha256/ab/<hash>` the bytes, read-only and never changed; `stages/<id>` folders that Pods mount; `trash/` those that are
 * done with; `unfinished/` emptied at start. Names (`bucket/key`) are rows of the ledger. A blob is in place under its hash only when its bytes are on disk.
 */
export function openBlobs(o: { folder: string; sql: Sql; ids: Ids; clock: Clock }): Blobs {
  mkdirSync(o.folder, { recursive: true, mode: 0o700 });
  const root = realpathSync(o.folder);
  rmSync(join(root, 'unfinished'), { recursive: true, force: true });
  for (const name of ['sha256', 'stages', 'unfinished']) mkdirSync(join(root, name), { recursive: true, mode: 0o700 });
  makeFanOut(join(root, 'sha256'));
  return new BlobFolder(root, o.sql, o.ids, o.clock);
}

/** All 256 folders from the start, on disk, so that placing a blob has to flush but the one it goes to. */
function makeFanOut(folder: string): void {
  if (readdirSync(folder).length === 256) return;
  for (let i = 0; i < 256; i++) mkdirSync(join(folder, i.toString(16).padStart(2, '0')), { recursive: true, mode: 0o700 });
  const fd = openSync(folder, 'r');
  fsyncSync(fd);
  closeSync(fd);
}

class BlobFolder implements Blobs {
  readonly #root: string;
  readonly #stages: string;
  readonly #sql: Sql;
  readonly #ids: Ids;
  readonly #trash: Trash;

  constructor(root: string, sql: Sql, ids: Ids, clock: Clock) {
    this.#root = root;
    this.#stages = join(root, 'stages');
    this.#sql = sql;
    this.#ids = ids;
    this.#trash = new Trash({ folder: join(root, 'trash'), clock });
  }

  async put(data: Uint8Array | Readable | { path: string }): Promise<Blob> {
    const unfinished = join(this.#root, 'unfinished', this.#ids.uuid());
    try {
      const blob = await ('path' in data && !(data instanceof Readable)
        ? this.#take(data.path, unfinished)
        : writeNew(data, unfinished));
      await this.#place(unfinished, blob.sha256);
      return blob;
    } finally {
      await rm(unfinished, { force: true });
    }
  }

  /** A range as HTTP's: both ends inclusive, from 0. */
  async open(sha256: string, range?: { start: number; end?: number }): Promise<Readable> {
    const handle = await this.#handle(sha256);
    return createReadStream('', { fd: handle, ...range });
  }

  /** All of it, refused with TooLarge over the limit (default 64 MiB): the head of a large one is `open` with a range. */
  async read(sha256: string, limitBytes: number = READ_LIMIT_BYTES): Promise<Uint8Array> {
    const handle = await this.#handle(sha256);
    try {
      if ((await handle.stat()).size > limitBytes) throw new DataError(dataFailures.tooLarge(sha256, limitBytes));
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  }

  async has(sha256: string): Promise<boolean> {
    return stat(this.#pathOf(sha256)).then(
      s => s.isFile(),
      e => {
        if (isMissing(e)) return false;
        throw e;
      },
    );
  }

  /** The folder above is made when missing; what was at the path is replaced at once, a link there is not followed. */
  async copyTo(sha256: string, path: string): Promise<void> {
    if (!(await this.has(sha256))) throw new DataError(dataFailures.noBlob(sha256));
    const folder = dirname(resolve(path));
    await mkdir(folder, { recursive: true });
    this.#checkInStage(folder, await realpath(folder));
    const unfinished = join(folder, `.${this.#ids.uuid()}`);
    try {
      await copyFile(this.#pathOf(sha256), unfinished, constants.COPYFILE_FICLONE);
      await chmod(unfinished, 0o644);
      await rename(unfinished, path);
    } finally {
      await rm(unfinished, { force: true });
    }
  }

  async bind(bucket: string, key: string, blob: Blob): Promise<void> {
    await this.#sql.transaction([
      {
        sql: `INSERT INTO blob_name (bucket, key, sha256, size_bytes) VALUES (?, ?, ?, ?)
              ON CONFLICT DO UPDATE SET sha256 = excluded.sha256, size_bytes = excluded.size_bytes`,
        params: [checkBucket(bucket), checkKey(key), checkSha256(blob.sha256), blob.sizeBytes],
      },
    ]);
  }

  async stat(bucket: string, key: string): Promise<Blob | undefined> {
    const rows = await this.#sql.all<Blob>('SELECT sha256, size_bytes AS sizeBytes FROM blob_name WHERE bucket = ? AND key = ?', [
      bucket,
      key,
    ]);
    return rows[0];
  }

  listKeys(bucket: string, prefix: string): Promise<{ key: string; sha256: string; sizeBytes: number }[]> {
    return this.#sql.all(
      'SELECT key, sha256, size_bytes AS sizeBytes FROM blob_name WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key',
      [bucket, prefix, prefix + AFTER_ALL],
    );
  }

  async unbind(bucket: string, key: string): Promise<void> {
    await this.#sql.transaction([{ sql: 'DELETE FROM blob_name WHERE bucket = ? AND key = ?', params: [bucket, key] }]);
  }

  /** Any user of a Pod may write inside; the 0700 folder above keeps everybody else out. */
  async stage(id: string): Promise<string> {
    const path = join(this.#stages, checkStageId(id));
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o777);
    return path;
  }

  async dropStage(id: string): Promise<void> {
    this.#trash.take(join(this.#stages, checkStageId(id)));
  }

  #pathOf(sha256: string): string {
    return join(this.#root, 'sha256', checkSha256(sha256).slice(0, 2), sha256);
  }

  async #handle(sha256: string): Promise<FileHandle> {
    try {
      return await open(this.#pathOf(sha256), 'r');
    } catch (e) {
      if (isMissing(e)) throw new DataError(dataFailures.noBlob(sha256));
      throw e;
    }
  }

  /**
   * Copies a file that a Pod may have made: never through a link, never out of its stage folder, never from a pipe that
   * would block. What is checked is the open file, so that nobody can exchange it in between.
   */
  async #take(path: string, unfinished: string): Promise<Blob> {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(e => {
      if (['ELOOP', 'ENXIO'].includes(codeOf(e))) throw new DataError(dataFailures.notAFile(path));
      throw e;
    });
    try {
      if (!(await handle.stat()).isFile()) throw new DataError(dataFailures.notAFile(path));
      const byFd = `/proc/self/fd/${handle.fd}`;
      const real = await readlink(byFd).catch(() => undefined);
      this.#checkInStage(path, real ?? (await realpath(path)));
      await copyFile(real === undefined ? path : byFd, unfinished, constants.COPYFILE_FICLONE);
    } finally {
      await handle.close();
    }
    return hashAndFlush(unfinished);
  }

  /** A path below a stage folder, whoever made links in it, must really be there. */
  #checkInStage(path: string, real: string): void {
    const asked = resolve(path);
    if (!asked.startsWith(this.#stages + sep)) return;
    const stage = join(this.#stages, asked.slice(this.#stages.length + 1).split(sep)[0]!);
    if (real !== stage && !real.startsWith(stage + sep)) throw new DataError(dataFailures.outsideStage(path));
  }

  async #place(unfinished: string, sha256: string): Promise<void> {
    const path = this.#pathOf(sha256);
    if (!(await this.has(sha256))) {
      await chmod(unfinished, 0o444);
      await rename(unfinished, path);
    }
    // Also when it was there: whoever put it may not have flushed yet.
    await flush(dirname(path));
  }
}

async function writeNew(data: Uint8Array | Readable, path: string): Promise<Blob> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const handle = await open(path, 'wx', 0o600);
  try {
    for await (const part of data instanceof Uint8Array ? [data] : data) {
      const bytes: Uint8Array = typeof part === 'string' ? Buffer.from(part) : part;
      hash.update(bytes);
      sizeBytes += bytes.byteLength;
      await handle.writeFile(bytes);
    }
    await handle.datasync();
  } finally {
    await handle.close();
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

async function hashAndFlush(path: string): Promise<Blob> {
  await chmod(path, 0o600);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const handle = await open(path, 'r+');
  try {
    for await (const bytes of handle.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 })) {
      hash.update(bytes);
      sizeBytes += bytes.length;
    }
    await handle.datasync();
  } finally {
    await handle.close();
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

async function flush(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(e: unknown): string {
  return String((e as { code?: unknown }).code);
}
function isMissing(e: unknown): boolean {
  return codeOf(e) === 'ENOENT';
}
