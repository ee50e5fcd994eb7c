import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { errors, StatusError } from '../kube/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Route, RouteAnswer } from './types.ts';

/** Writes an answer: JSON, bytes, a stream with back-pressure, or server-sent events until the client leaves. */
export async function writeAnswer(response: ServerResponse, answer: RouteAnswer, signal: AbortSignal): Promise<void> {
  if ('sse' in answer) return await writeEvents(response, answer.sse, signal);
  const headers = { 'cache-control': 'no-store', ...answer.headers };
  if ('json' in answer) {
    const body = Buffer.from(JSON.stringify(answer.json));
    response.writeHead(answer.status ?? 200, {
      'content-type': 'application/json',
      'content-length': body.byteLength,
      ...headers,
    });
    response.end(body);
    return;
  }
  response.writeHead(answer.status ?? 200, headers);
  if (typeof answer.body === 'string' || answer.body instanceof Uint8Array) {
    response.end(answer.body);
    return;
  }
  response.flushHeaders();
  for await (const chunk of answer.body) await write(response, chunk, signal);
  response.end();
}

async function writeEvents(
  response: ServerResponse,
  events: AsyncIterable<{ event?: string; id?: string; data: unknown }>,
  signal: AbortSignal,
) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  response.flushHeaders();
  for await (const { event, id, data } of events) {
    const head = `${event ? `event: ${event}\n` : ''}${id ? `id: ${id}\n` : ''}`;
    await write(response, Buffer.from(`${head}data: ${JSON.stringify(data)}\n\n`), signal);
  }
  response.end();
}

async function write(response: ServerResponse, chunk: Uint8Array, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw signal.reason;
  if (!response.write(chunk)) await once(response, 'drain', { signal });
}

/** The answer to a failed request. What nobody expected is a 500 with a constant text; the log has the rest. */
export function answerOf(error: unknown, route: Route | undefined, log: Logger): RouteAnswer {
  if (!(error instanceof StatusError) && !(error as { httpStatus?: number })?.httpStatus)
    log.error('request failed', { route: route?.path, error });
  if (route?.onError) return route.onError(error);
  const failure = error instanceof StatusError ? error : errors.internal('see the log of skiff');
  return { status: failure.code, json: failure.status };
}
