import { parentPort, workerData } from 'node:worker_threads';
import { PipelineError } from '../../errors.ts';
import { type ParsedPipeline, parsePipeline } from '../../ir/parse.ts';
import { ApiError } from '../errors.ts';
import { checkJsonSize } from '../wire/json-size.ts';

export type ParseAnswer = { pipeline: ParsedPipeline } | { invalid: string };

function parse(text: string): ParseAnswer {
  try {
    const pipeline = parsePipeline(text);
    checkJsonSize(pipeline);
    return { pipeline };
  } catch (e) {
    if (e instanceof PipelineError) return { invalid: e.message };
    if (e instanceof ApiError) return { invalid: e.detail };
    throw e;
  }
}

parentPort!.postMessage(parse(workerData as string));
