import { lstatSync, type Stats } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Blob, Blobs } from '../../data/types.ts';
import { type Artifact, coerce, parseOutput, type Values } from '../engine/values.ts';
import { errors } from '../errors.ts';
import type { Json, Ports } from '../graph/graph.ts';
import type { ExecutorInput, RuntimeArtifact } from '../ir/executor-input.ts';
import { bucketKey, localPath, stagePath } from '../ir/paths.ts';

/** ExecutorOutput as steps write it: camelCase or snake_case. */
type ExecutorOutput = {
  parameterValues?: Record<string, Json>;
  parameter_values?: Record<string, Json>;
  artifacts?: Record<string, { artifacts?: (Partial<RuntimeArtifact> & { customPath?: string; custom_path?: string })[] }>;
};
const LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * What a step has left in its stage: parameters by the metadata file, else by their own files; artifacts into the blob
 * store. An artifact that is not there is recorded without content.
 * @throws PipelineError `outputs` when a parameter is missing or not of its type
 * @source pipelines backend/src/v2/component/launcher_v2.go collectOutputParameters, uploadOutputArtifacts@7b70c7b95f68
 */
export async function readOutputs(stage: string, input: ExecutorInput, ports: Ports, blobs: Blobs): Promise<Values> {
  const said = await readExecutorOutput(stage, input.outputs.outputFile);
  const parameters: Values['parameters'] = {};
  for (const [name, port] of Object.entries(ports.parameters)) {
    const value = (said.parameterValues ?? said.parameter_values)?.[name];
    if (value !== undefined) {
      parameters[name] = value === null ? null : coerceOutput(value, port, name);
      continue;
    }
    const text = await readText(stage, input.outputs.parameters[name]!.outputFile);
    if (text === undefined)
      throw errors.outputs(`the step wrote no output parameter "${name}" (${input.outputs.parameters[name]!.outputFile})`);
    parameters[name] = parseOutput(text, port, name);
  }
  const artifacts: Values['artifacts'] = {};
  for (const [name, list] of Object.entries(input.outputs.artifacts)) {
    const overrides = said.artifacts?.[name]?.artifacts;
    const base = list.artifacts[0]!;
    const given = overrides?.length
      ? overrides.map(o => ({ ...base, ...o, metadata: { ...base.metadata, ...o.metadata } }))
      : [base];
    artifacts[name] = await Promise.all(given.map(one => storeArtifact(stage, one, blobs)));
  }
  return { parameters, artifacts };
}
function coerceOutput(value: Json, port: Ports['parameters'][string], name: string): Json {
  try {
    return coerce(value, port, name);
  } catch {
    throw errors.outputs(`output parameter "${name}" is not a ${port.type}: ${JSON.stringify(value).slice(0, 80)}`);
  }
}

async function readExecutorOutput(stage: string, path: string): Promise<ExecutorOutput> {
  const text = await readText(stage, path);
  if (text === undefined || text.trim() === '') return {};
  try {
    return JSON.parse(text) as ExecutorOutput;
  } catch (e) {
    throw errors.outputs(`output_metadata.json is not JSON: ${(e as Error).message}`);
  }
}
function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // below something that is no folder, say
  }
}
/** The text of a file of the step; undefined when there is none. Links are not followed: they may lead anywhere. */
async function readText(stage: string, path: string): Promise<string | undefined> {
  const below = stagePath(path);
  if (!below) return undefined;
  const file = join(stage, below);
  const found = lookAt(file);
  if (!found?.isFile()) return undefined;
  if (found.size > LIMIT_BYTES) throw errors.outputs(`${path} is larger than ${LIMIT_BYTES} bytes`);
  return readFile(file, 'utf8');
}

type Given = RuntimeArtifact & { customPath?: string; custom_path?: string };
async function storeArtifact(stage: string, given: Given, blobs: Blobs): Promise<Artifact> {
  const { name, type, metadata } = given;
  const uri = given.uri.startsWith('/') ? (uriOf(given.uri) ?? given.uri) : given.uri;
  const artifact: Artifact = { name, type, uri, metadata };
  const from = stagePath(given.customPath || given.custom_path || localPath(given.uri, metadata));
  const to = bucketKey(uri);
  if (!from || !to) return artifact;
  const stored = await storeTree(join(stage, from), to.bucket, to.key, blobs);
  return stored ? { ...artifact, ...stored } : artifact;
}
/** A local path stands for the URI it is mounted for. */
function uriOf(path: string): string | undefined {
  const [, mount, rest] = /^\/(minio|s3|gcs)\/(.+)$/.exec(path) ?? [];
  return mount && `${mount === 'gcs' ? 'gs' : mount}://${rest}`;
}

/** Stores a file, or all files of a folder, under their names; gives size and, for a file, hash. */
async function storeTree(
  path: string,
  bucket: string,
  key: string,
  blobs: Blobs,
): Promise<{ sha256?: string; sizeBytes: number } | undefined> {
  const found = lookAt(path);
  if (found?.isFile()) {
    const blob: Blob = await blobs.put({ path });
    await blobs.bind(bucket, key, blob);
    return blob;
  }
  if (!found?.isDirectory()) return undefined;
  let sizeBytes = 0;
  for (const name of await readdir(path))
    sizeBytes += (await storeTree(join(path, name), bucket, `${key}/${name}`, blobs))?.sizeBytes ?? 0;
  return { sizeBytes };
}
