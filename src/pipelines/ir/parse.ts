import { errors } from '../errors.ts';
import type { PipelineSpec, PlatformSpec } from './spec.ts';
import { loadYaml } from './yaml.ts';

const invalidSpec = (detail: string) => errors.invalid(`${detail}: pipeline spec is invalid`);
const invalidPlatform = (detail: string) => errors.invalid(`${detail}: Platform spec is invalid`);

export type ParsedPipeline = { spec: PipelineSpec; platform?: PlatformSpec };

/**
 * Reads a pipeline from YAML or JSON text: one document with the pipeline spec, at most one with the platform spec,
 * others are passed over.
 * @throws PipelineError `invalid` with upstream's texts
 * @source pipelines backend/src/apiserver/template/v2_template.go@7b70c7b95f68
 */
export function parsePipeline(text: string): ParsedPipeline {
  let documents: unknown[];
  try {
    documents = text.trimStart().startsWith('{') ? [JSON.parse(text)] : loadYaml(text);
  } catch (e) {
    throw invalidSpec(`unable to decode yaml document: ${(e as Error).message.split('\n')[0]}`);
  }
  return readDocuments(documents);
}

/**
 * Reads a pipeline from the JSON value of an API request: the bare spec, or `{pipeline_spec, platform_spec}`.
 * @throws PipelineError `invalid`
 */
export function readPipeline(value: unknown): ParsedPipeline {
  if (!isObject(value)) throw invalidSpec('no pipeline spec is provided');
  const inner = value['pipeline_spec'] ?? value['pipelineSpec'];
  if (inner === undefined) return readDocuments([value]);
  const platform = value['platform_spec'] ?? value['platformSpec'];
  return readDocuments(platform === undefined || platform === null ? [inner] : [inner, platform]);
}

function readDocuments(documents: readonly unknown[]): ParsedPipeline {
  let spec: PipelineSpec | undefined;
  let platform: PlatformSpec | undefined;
  for (const document of documents) {
    if (!isObject(document)) continue;
    if (isPipelineSpec(document)) {
      if (spec) throw invalidSpec('multiple pipeline specs provided');
      spec = checkSpec(document);
    } else if (isPlatformSpec(document)) {
      if (platform) throw invalidPlatform('multiple platform specs provided');
      platform = document as PlatformSpec;
    }
  }
  if (!spec) throw invalidSpec('no pipeline spec is provided');
  return platform ? { spec, platform } : { spec };
}

/** A document with `pipelineInfo.name` and a `root` is a pipeline spec, whatever its schema version. */
function isPipelineSpec(document: Record<string, unknown>): boolean {
  return isObject(document['pipelineInfo']) && 'name' in document['pipelineInfo'] && 'root' in document;
}
function isPlatformSpec(document: Record<string, unknown>): boolean {
  return isObject(document['platforms']) && 'kubernetes' in document['platforms'];
}

const MEMBERS: Record<keyof PipelineSpec, true> = {
  pipelineInfo: true,
  schemaVersion: true,
  sdkVersion: true,
  components: true,
  deploymentSpec: true,
  root: true,
  defaultPipelineRoot: true,
};

function checkSpec(document: Record<string, unknown>): PipelineSpec {
  const unknown = Object.keys(document).find(key => !Object.hasOwn(MEMBERS, key));
  if (unknown) throw invalidSpec(`invalid v2 pipeline spec: proto: unknown field ${JSON.stringify(unknown)}`);
  const spec = document as PipelineSpec;
  const version = spec.schemaVersion ?? '';
  if (version !== '2.1.0')
    throw invalidSpec(`KFP only supports schema version 2.1.0, but the pipeline spec has version ${version}`);
  const name = spec.pipelineInfo.name;
  if (typeof name !== 'string' || name === '') throw invalidSpec('invalid v2 pipeline spec: name is empty');
  // Upstream's pattern is not anchored: one good character anywhere is enough.
  if (!/[a-z0-9]/.test(name))
    throw invalidSpec(
      "invalid v2 pipeline spec: name should consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    );
  if (!isObject(spec.root)) throw invalidSpec('invalid v2 pipeline spec: root component is empty');
  return spec;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
