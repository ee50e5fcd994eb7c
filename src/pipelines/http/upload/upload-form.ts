import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import { apiErrors } from '../errors.ts';
import { UPLOAD_LIMIT_BYTES } from './pipeline-file.ts';

const FIELD = 'uploadfile';

/**
 * The file of a multipart form's field `uploadfile`. Other fields are read and dropped.
 * @throws ApiError 400 when the body is no such form, is cut off, or has no such file; 413 over the limit
 */
export async function readUploadForm(request: IncomingMessage): Promise<{ fileName: string; bytes: Uint8Array }> {
  const unreadable = () => apiErrors.invalidInput('Failed to read pipeline from file');
  const parts: Buffer[] = [];
  let fileName: string | undefined;
  let tooLarge = false;
  try {
    const form = busboy({
      headers: request.headers,
      limits: { fileSize: UPLOAD_LIMIT_BYTES, files: 10, fields: 100, headerPairs: 50 },
    });
    form.on('file', (field, stream, info) => {
      // A file that is cut off fails as a stream of its own too, which nobody else would hear; the form says it to us.
      stream.on('error', () => {});
      if (field !== FIELD || fileName !== undefined) return stream.resume();
      fileName = info.filename ?? '';
      stream.on('data', (chunk: Buffer) => parts.push(chunk));
      stream.on('limit', () => {
        tooLarge = true;
      });
      return stream;
    });
    await pipeline(request, form);
  } catch {
    // The rest is thrown away so that the answer can be sent.
    request.resume();
    throw unreadable();
  }
  if (tooLarge) throw apiErrors.tooLarge(`File size too large. Maximum supported size: ${UPLOAD_LIMIT_BYTES}`);
  if (fileName === undefined) throw unreadable();
  return { fileName, bytes: Buffer.concat(parts) };
}
