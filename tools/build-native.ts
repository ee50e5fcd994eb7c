/** Builds the native Pod supervisor and records which sources it belongs to: `npm run build:native`. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256Hex } from '../src/lib/index.ts';
import { compileNative, NATIVE_BINARY, nativeSourceHash } from '../src/node/runtimes/native.ts';

const RECORD = path.join(path.dirname(NATIVE_BINARY), 'SHA256');
const MAX_BYTES = 1_000_000;

/** Compiles and writes `bin/SHA256`: the hash of the sources, then that of the binary. */
export async function buildNative(): Promise<void> {
  await compileNative(NATIVE_BINARY);
  const binary = await readFile(NATIVE_BINARY);
  await writeFile(RECORD, `${await nativeSourceHash()}  sources\n${sha256Hex(binary)}  ${path.basename(NATIVE_BINARY)}\n`);
}

/** What is wrong with the committed binary, as a sentence; undefined when it belongs to the sources. */
export async function checkNative(): Promise<string | undefined> {
  const record = await readFile(RECORD, 'utf8').catch(() => '');
  const binary = await readFile(NATIVE_BINARY).catch(() => undefined);
  if (!binary) return 'src/node/native/bin has no binary: run npm run build:native';
  if (!record.includes(`${await nativeSourceHash()}  sources`)) return 'src/node/native changed: run npm run build:native';
  if (!record.includes(sha256Hex(binary))) return 'src/node/native/bin/SHA256 names another binary: run npm run build:native';
  if (binary.length > MAX_BYTES) return `the native binary has ${binary.length} bytes, more than ${MAX_BYTES}`;
  return undefined;
}

if (import.meta.main) await buildNative();
