import { dump } from 'js-yaml';
import { type ApiResponse, deepFreeze, type Frozen, StatusError } from '../../kube/index.ts';
import type { Answer } from '../request/accept.ts';

/** An answer of a value: frozen for callers in process, written when a transport asks for bytes. */
export function respond(
  code: number,
  value: unknown,
  answer: Pick<Answer, 'format' | 'pretty'>,
  stored?: () => Uint8Array,
): ApiResponse {
  const isYaml = answer.format === 'yaml';
  return {
    code,
    headers: { 'content-type': isYaml ? 'application/yaml' : 'application/json' },
    object: deepFreeze(value) as Frozen<unknown>,
    bytes: () => {
      if (isYaml) return Buffer.from(dump(value));
      if (stored && !answer.pretty) return Buffer.concat([stored(), NEWLINE]);
      return Buffer.from(`${answer.pretty ? JSON.stringify(value, null, 2) : JSON.stringify(value)}\n`);
    },
  };
}
export const NEWLINE = Buffer.from('\n');

/** A Status, whatever was thrown: bugs become 500 without their inner text in the wrong hands. */
export function failure(e: unknown, answer: Pick<Answer, 'format' | 'pretty'> = { format: 'json', pretty: false }): ApiResponse {
  const error =
    e instanceof StatusError
      ? e
      : new StatusError({
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: `Internal error occurred: ${(e as Error).message}`,
          reason: 'InternalError',
          details: { causes: [{ message: (e as Error).message }] },
          code: 500,
        });
  const response = respond(error.code, error.status, answer);
  const retry = error.status.details?.retryAfterSeconds;
  if (retry) response.headers['retry-after'] = String(retry);
  return response;
}

/** A plain text answer. */
export function text(code: number, body: string, type = 'text/plain; charset=utf-8'): ApiResponse {
  return { code, headers: { 'content-type': type }, bytes: () => Buffer.from(body) };
}
