import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { unzip, unzipSync } from 'fflate';
import { apiErrors } from '../errors.ts';
import { firstTarFile } from './tar.ts';

export const UPLOAD_LIMIT_BYTES = 32 * 1024 * 1024;
const gunzipAsync = promisify(gunzip);
const isYaml = (name: string) => /\.ya?ml$/.test(name);

/**
 * The text of an uploaded pipeline: YAML or JSON by its name, else a zip or tar.gz by its first bytes, of which
 * `pipeline.yaml` or else the first entry is taken. What is unpacked has the limit of what is uploaded.
 * @throws ApiError 400 with upstream's texts
 * @source pipelines backend/src/apiserver/server/util.go ReadPipelineFile@7b70c7b95f68
 */
export async function readPipelineFile(fileName: string, bytes: Uint8Array): Promise<string> {
  if (bytes.byteLength > UPLOAD_LIMIT_BYTES)
    throw apiErrors.invalidInput(
      `File size too large (${bytes.byteLength} bytes). Maximum supported size: ${UPLOAD_LIMIT_BYTES}. Consider moving large embedded artifacts or notebooks or Python code into a container image or object store.`,
    );
  const [first, second] = bytes;
  const isArchive = bytes.byteLength > 2;
  if (isYaml(fileName) || fileName.endsWith('.json')) return decode(bytes);
  if (isArchive && first === 0x50 && second === 0x4b) return decode(await unpackZip(bytes));
  if (isArchive && first === 0x1f && second === 0x8b) return decode(await unpackTarball(bytes));
  throw apiErrors.invalidInput('Unexpected pipeline file format. Support .zip, .tar.gz, .json or YAML');
}

async function unpackZip(bytes: Uint8Array): Promise<Uint8Array> {
  const broken = (detail: string) => apiErrors.invalidInput(`Error extracting pipeline from the zip file. ${detail}`);
  const entries: { name: string; originalSize: number }[] = [];
  try {
    unzipSync(bytes, { filter: e => entries.push(e) === 0 });
  } catch {
    throw broken('Not a valid zip file');
  }
  const entry = entries.find(e => e.name === 'pipeline.yaml') ?? entries[0];
  if (!entry) throw broken('Empty zip file');
  if (!isYaml(entry.name)) throw broken(`Expecting a pipeline.yaml file inside the zip. Got: ${entry.name}`);
  // The size an entry claims is the size of the buffer it is unpacked into, so a lie gains nothing.
  if (entry.originalSize > UPLOAD_LIMIT_BYTES) throw broken('Its content is too large');
  return await new Promise((resolve, reject) =>
    unzip(bytes, { filter: e => e.name === entry.name }, (error, files) => {
      const file = files?.[entry.name];
      if (error || !file) reject(broken('Failed to read the content'));
      else resolve(file);
    }),
  );
}

async function unpackTarball(bytes: Uint8Array): Promise<Uint8Array> {
  const broken = (detail: string) => apiErrors.invalidInput(`Error extracting pipeline from the tarball file. ${detail}`);
  const tar = await gunzipAsync(bytes, { maxOutputLength: 2 * UPLOAD_LIMIT_BYTES }).catch(() => {
    throw broken('Not a valid tarball file');
  });
  const file = firstTarFile(tar, 'pipeline.yaml');
  if (!file) throw broken('Not a valid tarball file');
  if (!isYaml(file.name)) throw broken(`Expecting a pipeline.yaml file inside the tarball. Got: ${file.name}`);
  return file.content;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw apiErrors.invalidInput('The pipeline file is not UTF-8 text');
  }
}
