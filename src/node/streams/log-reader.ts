import { existsSync, watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type CriLine, parseCriLine } from './cri-line.ts';

const CHUNK_BYTES = 64 * 1024;
/** How many rotated parts the runtime keeps: `x.log.4` is the oldest. */
const PARTS = 4;

export type Follow = {
  /** Whether the writer has ended: what is in the file then is all. */
  ended(): boolean;
  /** Calls back when that may have changed; returns how to stop. */
  onChange(listener: () => void): () => void;
};

/**
 * The lines of a log over all its rotated parts, from the `tailLines`-th last on, or what comes after the first
 * `fromBytes` of the newest part. With `follow` it goes on as the file
 * grows, over rotations, until the writer has ended or `signal` aborts. Woken by the file system, not by a timer.
 */
export async function* readLog(
  path: string,
  o: { tailLines?: number; fromBytes?: number; follow?: Follow; signal: AbortSignal },
): AsyncGenerator<CriLine> {
  const bell = o.follow ? new Bell(dirname(path), o.follow, o.signal) : undefined;
  let file: FileHandle | undefined;
  try {
    const from = o.fromBytes === undefined ? await startOf(path, o.tailLines) : { older: [], offset: o.fromBytes };
    for (const part of from.older) {
      file = await open(part.path, 'r').catch(() => undefined);
      if (!file) continue;
      yield* new LineReader(file, part.offset).lines();
      await file.close();
      file = undefined;
    }
    file = await open(path, 'r').catch(() => undefined);
    let reader = file && new LineReader(file, from.offset);
    while (!o.signal.aborted) {
      // Asked before the read, so that what was written before the end is read after it.
      const last = o.follow === undefined || o.follow.ended();
      if (reader) yield* reader.lines();
      const next = await rotatedTo(path, file);
      if (next) {
        if (reader) yield* reader.lines();
        await file?.close();
        file = next;
        reader = new LineReader(file, 0);
      } else if (last) return;
      else await bell!.rung();
    }
  } finally {
    bell?.close();
    await file?.close();
  }
}

/** A fresh file under the same name, once the writer has rotated. */
async function rotatedTo(path: string, file: FileHandle | undefined): Promise<FileHandle | undefined> {
  const now = await stat(path).catch(() => undefined);
  if (!now || (file && (await file.stat()).ino === now.ino)) return undefined;
  return open(path, 'r').catch(() => undefined);
}

type Start = { older: { path: string; offset: number }[]; offset: number };
/** Where to begin: everything, or the last `tailLines` whole lines, which may reach back into rotated parts. */
async function startOf(path: string, tailLines: number | undefined): Promise<Start> {
  const older = Array.from({ length: PARTS }, (_, i) => `${path}.${PARTS - i}`).filter(p => existsSync(p));
  if (tailLines === undefined) return { older: older.map(p => ({ path: p, offset: 0 })), offset: 0 };
  let missing = tailLines;
  const used: Start['older'] = [];
  for (const part of [path, ...older.toReversed()]) {
    const found = await lastLines(part, missing);
    used.unshift({ path: part, offset: found.offset });
    missing -= found.lines;
    if (missing <= 0) break;
  }
  const current = used.pop()!;
  return { older: used, offset: current.offset };
}
/** The offset of the `count`-th last whole line of a file, reading it backwards. */
async function lastLines(path: string, count: number): Promise<{ offset: number; lines: number }> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return { offset: 0, lines: 0 };
  try {
    const { size } = await file.stat();
    if (count <= 0) return { offset: size, lines: 0 };
    let newlines = 0;
    for (let end = size; end > 0; ) {
      const start = Math.max(0, end - CHUNK_BYTES);
      const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
      for (let i = buffer.lastIndexOf(0x0a); i >= 0; i = i > 0 ? buffer.lastIndexOf(0x0a, i - 1) : -1) {
        if (++newlines > count) return { offset: start + i + 1, lines: count };
      }
      end = start;
    }
    return { offset: 0, lines: newlines };
  } finally {
    await file.close();
  }
}

/** Reads whole lines from an offset on; may be asked again when the file has grown. */
class LineReader {
  readonly #file: FileHandle;
  #offset: number;
  #rest = Buffer.alloc(0);
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  constructor(file: FileHandle, offset: number) {
    this.#file = file;
    this.#offset = offset;
  }
  async *lines(): AsyncGenerator<CriLine> {
    for (;;) {
      const { buffer, bytesRead } = await this.#file.read(this.#chunk, 0, CHUNK_BYTES, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      let bytes = Buffer.concat([this.#rest, buffer.subarray(0, bytesRead)]);
      for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a)) {
        const line = parseCriLine(bytes.subarray(0, end));
        bytes = bytes.subarray(end + 1);
        if (line) yield line;
      }
      this.#rest = bytes;
    }
  }
}

/** Rings when the folder changes, the writer may have ended or the reader is called off. A ring is never missed. */
class Bell {
  #pending = false;
  #wake: (() => void) | undefined;
  readonly #stops: (() => void)[] = [];
  constructor(folder: string, follow: Follow, signal: AbortSignal) {
    const ring = () => {
      this.#pending = true;
      this.#wake?.();
    };
    const watcher = watch(folder, { persistent: false }, ring);
    watcher.on('error', ring);
    this.#stops.push(() => watcher.close(), follow.onChange(ring));
    signal.addEventListener('abort', ring, { once: true });
    this.#stops.push(() => signal.removeEventListener('abort', ring));
  }
  async rung(): Promise<void> {
    if (!this.#pending) await new Promise<void>(resolve => (this.#wake = resolve));
    this.#wake = undefined;
    this.#pending = false;
  }
  close(): void {
    for (const stop of this.#stops) stop();
  }
}
