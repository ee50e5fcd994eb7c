import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../lib/index.ts';

const ROTATE_BYTES = 10 << 20;
const ROTATE_FILES = 5;
const LINE_BYTES = 16384;

/** A container's log as the native supervisor writes it: CRI lines, five files of 10 MiB. @see native/logs.c */
export class CriLog {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #partial = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #fd: number;
  #size: number;

  constructor(logPath: string, clock: Clock) {
    mkdirSync(path.dirname(logPath), { recursive: true });
    this.#path = logPath;
    this.#clock = clock;
    this.#fd = openSync(logPath, 'a', 0o640);
    this.#size = statSync(logPath).size;
  }

  write(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const bytes = Buffer.concat([this.#partial[stream], chunk]);
    const out: Buffer[] = [];
    let start = 0;
    for (let end: number; (end = bytes.indexOf(10, start)) >= 0; start = end + 1)
      out.push(this.#line(stream, bytes.subarray(start, end), 'F'));
    for (; bytes.length - start >= LINE_BYTES; start += LINE_BYTES)
      out.push(this.#line(stream, bytes.subarray(start, start + LINE_BYTES), 'P'));
    this.#partial[stream] = Buffer.from(bytes.subarray(start));
    this.#append(Buffer.concat(out));
  }

  close(): void {
    for (const stream of ['stdout', 'stderr'] as const)
      if (this.#partial[stream].length) this.#append(this.#line(stream, this.#partial[stream], 'P'));
    closeSync(this.#fd);
  }

  #line(stream: string, text: Buffer, tag: 'F' | 'P'): Buffer {
    const stamp = this.#clock.now().toISOString().replace('Z', '000000Z');
    return Buffer.concat([Buffer.from(`${stamp} ${stream} ${tag} `), text, Buffer.from('\n')]);
  }

  #append(bytes: Buffer): void {
    if (this.#size && this.#size + bytes.length > ROTATE_BYTES) this.#rotate();
    this.#size += writeSync(this.#fd, bytes);
  }

  #rotate(): void {
    closeSync(this.#fd);
    for (let i = ROTATE_FILES - 1; i > 0; i--) {
      try {
        renameSync(i > 1 ? `${this.#path}.${i - 1}` : this.#path, `${this.#path}.${i}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
    this.#fd = openSync(this.#path, 'a', 0o640);
    this.#size = 0;
  }
}
