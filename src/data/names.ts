import { DataError, dataFailures } from './errors.ts';

const SHA256 = /^[0-9a-f]{64}$/;
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const STAGE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/;
const KEY_BYTES = 1024;

/** @throws DataError BadName unless it is the 64 lower-case hex digits of a SHA-256 */
export function checkSha256(sha256: string): string {
  if (!SHA256.test(sha256)) throw new DataError(dataFailures.badName('sha256', sha256));
  return sha256;
}

/** @throws DataError BadName: letters, digits, `.`, `_`, `-`, at most 253, no path */
export function checkStageId(id: string): string {
  if (!STAGE.test(id)) throw new DataError(dataFailures.badName('stage id', id));
  return id;
}

/** @throws DataError BadName: at most 63 letters, digits, `.`, `_`, `-` */
export function checkBucket(bucket: string): string {
  if (!BUCKET.test(bucket)) throw new DataError(dataFailures.badName('bucket', bucket));
  return bucket;
}

/**
 * Keys are S3's, without those that a file system or a URL would read as a way out.
 * @throws DataError BadName when empty, absolute, over 1,024 bytes, ending in `/`, or with a `.`, `..` or control character
 */
export function checkKey(key: string): string {
  const bad =
    key === '' ||
    key.startsWith('/') ||
    key.endsWith('/') ||
    Buffer.byteLength(key) > KEY_BYTES ||
    !key.isWellFormed() ||
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    /[\u0000-\u001f\u007f\\]/.test(key) ||
    key.split('/').some(segment => segment === '.' || segment === '..');
  if (bad) throw new DataError(dataFailures.badName('artifact key', key));
  return key;
}
