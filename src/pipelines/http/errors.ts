import { DataError } from '../../data/index.ts';
import { StatusError } from '../../kube/index.ts';
import type { RouteAnswer } from '../../net/index.ts';
import { PipelineError } from '../errors.ts';

/** google.rpc.Code to HTTP, as grpc-gateway maps them. */
const HTTP_STATUS = {
  3: 400,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  12: 501,
  13: 500,
  14: 503,
  16: 401,
} as const;
type RpcCode = keyof typeof HTTP_STATUS;

/**
 * A failed call of the KFP API: `message` is the whole chain (`Failed to create a new run: Invalid input error: …`),
 * `detail` what the innermost error says to people.
 */
export class ApiError extends Error {
  readonly code: RpcCode;
  readonly detail: string;
  readonly httpStatus: number;
  constructor(code: RpcCode, message: string, detail: string, httpStatus: number = HTTP_STATUS[code]) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.detail = detail;
    this.httpStatus = httpStatus;
  }
  /** The same failure, said from one call further up. */
  wrap(context: string): ApiError {
    return new ApiError(this.code, `${context}: ${this.message}`, this.detail, this.httpStatus);
  }
}

/** The error table of the REST API. @source pipelines backend/src/common/util/error.go@7b70c7b95f68 */
export const apiErrors = {
  invalidInput: (detail: string) => new ApiError(3, `Invalid input error: ${detail}`, detail),
  invalidInputBecause: (detail: string, cause: string) => new ApiError(3, `InvalidInputError: ${detail}: ${cause}`, detail),
  malformed: (detail: string) => new ApiError(3, detail, detail),
  tooLarge: (detail: string) => new ApiError(3, `Invalid input error: ${detail}`, detail, 413),
  notFound: (kind: string, name: string) =>
    new ApiError(5, `ResourceNotFoundError: ${kind} ${name} not found`, `${kind} ${name} not found`),
  noLog: (detail: string) => new ApiError(5, `ResourceNotFoundError: ${detail}`, detail),
  alreadyExists: (detail: string) => new ApiError(6, `Already exist error: ${detail}`, detail),
  badRequest: (detail: string, cause: string) => new ApiError(10, `BadRequestError: ${detail}: ${cause}`, detail),
  failedPrecondition: (detail: string, cause: string) => new ApiError(9, `FailedPreconditionError: ${detail}: ${cause}`, detail),
  permissionDenied: (detail: string) => new ApiError(7, `PermissionDenied: ${detail}`, detail),
  unauthenticated: (detail: string) => new ApiError(16, `Unauthenticated: ${detail}`, detail),
  conflict: (detail: string) => new ApiError(10, `Conflict: ${detail}`, detail),
  tooManyRequests: (detail: string) => new ApiError(8, detail, detail),
  unavailable: (detail: string) => new ApiError(14, `ServiceUnavailable: ${detail}`, detail),
  unknownPath: () => new ApiError(5, 'Not Found', 'Not Found'),
  /** grpc-gateway answers 501 here; 405 says what is meant. */
  wrongMethod: () => new ApiError(12, 'Method Not Allowed', 'Method Not Allowed', 405),
  internal: () => new ApiError(13, 'InternalServerError: see the log of skiff', 'Internal Server Error'),
};

/** Any failure as this API says it. What nobody expected keeps its text for the log alone. */
export function apiErrorOf(e: unknown): ApiError {
  if (e instanceof ApiError) return e;
  if (e instanceof PipelineError) return apiErrors.invalidInput(e.message);
  if (e instanceof StatusError) return ofStatus(e);
  if (e instanceof DataError) {
    if (e.code === 'NotFound') return apiErrors.notFound('Artifact', e.message);
    if (e.code === 'BadName') return apiErrors.invalidInput(e.message);
    if (e.httpStatus >= 503) return apiErrors.unavailable(e.message);
  }
  return apiErrors.internal();
}

function ofStatus(e: StatusError): ApiError {
  switch (e.code) {
    case 401:
      return apiErrors.unauthenticated(e.message);
    case 403:
      return apiErrors.permissionDenied(e.message);
    case 404:
      return new ApiError(5, `ResourceNotFoundError: ${e.message}`, e.message);
    case 409:
      return e.reason === 'AlreadyExists' ? apiErrors.alreadyExists(e.message) : apiErrors.conflict(e.message);
    case 413:
      return apiErrors.tooLarge(e.message);
    case 429:
      return apiErrors.tooManyRequests(e.message);
    case 503:
    case 504:
      return apiErrors.unavailable(e.message);
    default:
      return e.code >= 500 ? apiErrors.internal() : apiErrors.invalidInput(e.message);
  }
}

/** Runs a call; its failure is said with the context in front, as upstream's chains are. */
export async function within<T>(context: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (e) {
    // What nobody expected must arrive at the log as it is.
    const known = apiErrorOf(e);
    throw known.code === 13 ? e : known.wrap(context);
  }
}

/** The error body of grpc-gateway, with the `error` of its first version. */
export function errorAnswer(e: unknown): RouteAnswer {
  const { code, message, detail, httpStatus } = apiErrorOf(e);
  const details = [{ '@type': 'type.googleapis.com/google.rpc.Status', code, message: detail }];
  return { status: httpStatus, json: { error: message, code, message, details } };
}

/** The error body of endpoints that are not gRPC: uploads, logs, artifacts. */
export function plainErrorAnswer(e: unknown): RouteAnswer {
  const { message, detail, httpStatus } = apiErrorOf(e);
  return { status: httpStatus, json: { error_message: detail, error_details: message } };
}
