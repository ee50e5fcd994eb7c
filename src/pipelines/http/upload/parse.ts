import { Worker } from 'node:worker_threads';
import { errors } from '../../errors.ts';
import { type ParsedPipeline, parsePipeline } from '../../ir/parse.ts';
import { checkJsonSize } from '../wire/json-size.ts';
import type { ParseAnswer } from './parse-worker.ts';

/** Up to here YAML is parsed in about 10 ms, the most that the main thread may be held; a thread costs 80 ms to start. */
const INLINE_CHARACTERS = 64 * 1024;
/** Text of 32 MiB needs about a third of this. */
const WORKER_MEMORY_MB = 1024;

/**
 * Reads a pipeline from text of any size without holding up the main thread.
 * @throws PipelineError or ApiError 400 as `parsePipeline` and `checkJsonSize`
 */
export async function parsePipelineText(text: string): Promise<ParsedPipeline> {
  if (text.length > INLINE_CHARACTERS) return await parseInWorker(text);
  const pipeline = parsePipeline(text);
  checkJsonSize(pipeline);
  return pipeline;
}

async function parseInWorker(text: string): Promise<ParsedPipeline> {
  const resourceLimits = { maxOldGenerationSizeMb: WORKER_MEMORY_MB };
  const worker = new Worker(new URL('./parse-worker.ts', import.meta.url), { workerData: text, resourceLimits, name: 'parse' });
  try {
    const answer = await new Promise<ParseAnswer>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', code => reject(new Error(`exit code ${code}`)));
    });
    if ('pipeline' in answer) return answer.pipeline;
    throw errors.invalid(answer.invalid);
  } catch (e) {
    if ((e as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY')
      throw errors.invalid('the pipeline needs too much memory: pipeline spec is invalid');
    throw e;
  } finally {
    await worker.terminate();
  }
}
