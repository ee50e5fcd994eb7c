import type { ModuleEnv } from '../../kube/index.ts';
import type { Route, RouteAnswer, RouteRequest } from '../../net/index.ts';
import type { ParsedPipeline } from '../ir/parse.ts';
import { ApiError, apiErrors, plainErrorAnswer } from './errors.ts';
import { pipelineById } from './pipeline-objects.ts';
import { createWithVersion } from './pipelines.ts';
import { pipelineMessageOf } from './rows.ts';
import { parsePipelineText } from './upload/parse.ts';
import { readPipelineFile } from './upload/pipeline-file.ts';
import { readUploadForm } from './upload/upload-form.ts';
import { createVersion, fullMessageOf, type NewVersion } from './versions.ts';
import { isObject } from './wire/message.ts';

/**
 * The two uploads, which are no gRPC and have an error body of their own.
 * @source pipelines backend/src/apiserver/server/pipeline_upload_server.go@7b70c7b95f68
 */
export function uploadRoutes(env: ModuleEnv): Route[] {
  return [
    {
      method: 'POST',
      path: '/apis/v2beta1/pipelines/upload',
      onError: uploadErrorAnswer,
      async handle(r) {
        const { fileName, pipeline } = await readUpload(r);
        const version = newVersionOf(r, fileName, pipeline);
        const created = await createWithVersion(env, r, { ...version, namespace: r.query.get('namespace') ?? '' }, version);
        return { json: pipelineMessageOf(created) };
      },
    },
    {
      method: 'POST',
      path: '/apis/v2beta1/pipelines/upload_version',
      onError: uploadErrorAnswer,
      async handle(r) {
        const { fileName, pipeline } = await readUpload(r);
        const version = newVersionOf(r, fileName, pipeline);
        const parent = await pipelineById(env, r, r.query.get('pipelineid') ?? '').catch(e => {
          // Upstream says 400 for a pipeline that is not there.
          throw e instanceof ApiError && e.code === 5
            ? apiErrors.invalidInputBecause('Failed to create a pipeline version', e.message)
            : e;
        });
        return { json: fullMessageOf(await createVersion(env, r, parent, version)) };
      },
    },
  ];
}

async function readUpload(r: RouteRequest): Promise<{ fileName: string; pipeline: ParsedPipeline }> {
  const { fileName, bytes } = await readUploadForm(r.raw);
  return { fileName, pipeline: await parsePipelineText(await readPipelineFile(fileName, bytes)) };
}

/** Name: as asked for, else the display name, else the file's. */
function newVersionOf({ query }: RouteRequest, fileName: string, pipeline: ParsedPipeline): NewVersion {
  const name = query.get('name') || query.get('display_name') || fileName;
  const description = query.get('description');
  const codeSourceUrl = query.get('code_source_url');
  const tags = parseTags(query.get('tags'));
  return {
    name,
    displayName: query.get('display_name') || name,
    ...(description ? { description } : {}),
    ...(codeSourceUrl ? { codeSourceUrl } : {}),
    ...(tags ? { tags } : {}),
    pipeline,
  };
}

function parseTags(text: string | null): Record<string, string> | undefined {
  if (!text) return undefined;
  try {
    const tags: unknown = JSON.parse(text);
    if (isObject(tags) && Object.values(tags).every(v => typeof v === 'string')) return tags as Record<string, string>;
  } catch {
    // said below
  }
  throw apiErrors.invalidInput('Failed to parse tags query parameter. Expected JSON object with string keys and values');
}

/** Too long a name is said in plain text, everything else in JSON. */
function uploadErrorAnswer(e: unknown): RouteAnswer {
  if (e instanceof ApiError && / length cannot exceed \d+$/.test(e.detail))
    return { status: 400, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${e.message}\n` };
  return plainErrorAnswer(e);
}
