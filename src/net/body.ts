import type { IncomingMessage } from 'node:http';
import { netErrors } from './errors.ts';

export const DEFAULT_BODY_LIMIT_BYTES = 3 * 1024 * 1024;

/**
 * The whole body of a request.
 * @throws StatusError 413 over the limit; the rest of the body is thrown away so that the answer can be sent.
 */
export async function readBody(request: IncomingMessage, limitBytes = DEFAULT_BODY_LIMIT_BYTES): Promise<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) {
    request.resume();
    throw netErrors.tooLarge(limitBytes);
  }
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size <= limitBytes) parts.push(chunk);
    else parts.length = 0;
  }
  if (size > limitBytes) throw netErrors.tooLarge(limitBytes);
  return Buffer.concat(parts);
}

/** @throws StatusError 400 for malformed text, 413 over the limit. */
export async function readJson(request: IncomingMessage, limitBytes?: number): Promise<unknown> {
  const bytes = await readBody(request, limitBytes);
  try {
    return bytes.byteLength === 0 ? undefined : JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (e) {
    throw netErrors.malformedJson((e as Error).message);
  }
}
