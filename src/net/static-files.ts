import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import type { RouteAnswer } from './types.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/**
 * A file of a built application below `folder`; any other path without a file extension gives `index.html`, since the
 * application routes for itself. Hashed assets are cached for ever. `undefined`: there is no such file.
 */
export async function staticFile(
  folder: string,
  path: string,
  headers: Record<string, string>,
): Promise<RouteAnswer | undefined> {
  const clean = normalize(path).replaceAll('\\', '/');
  if (clean.includes('\0') || clean.split('/').includes('..')) return undefined;
  const wanted = join(folder, clean);
  const inside = wanted === folder || wanted.startsWith(folder + sep);
  const file = inside && (await isFile(wanted)) ? wanted : extname(clean) === '' ? join(folder, 'index.html') : undefined;
  if (!file || !(await isFile(file))) return undefined;
  const cache = clean.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  return {
    headers: { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'cache-control': cache, ...headers },
    body: createReadStream(file),
  };
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
