import type { FieldError, Frozen, Status } from './types.ts';

/** A failed API call: the Status that clients see. Thrown by clients, built by the API server and by routes. */
export class StatusError extends Error {
  readonly status: Frozen<Status>;
  constructor(status: Status | Frozen<Status>) {
    super(status.message ?? status.reason ?? 'unknown');
    this.name = 'StatusError';
    this.status = status as Frozen<Status>;
  }
  get code(): number {
    return this.status.code ?? 500;
  }
  get reason(): string {
    return this.status.reason ?? '';
  }
}
/** Whether `e` is a StatusError with the given reason (`NotFound`, `AlreadyExists`, `Conflict`, `Expired` …). */
export function isReason(e: unknown, reason: string): e is StatusError {
  return e instanceof StatusError && e.reason === reason;
}

type Details = NonNullable<Status['details']>;
function failure(code: number, reason: string, message: string, details?: Details): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details ? { details } : {}),
    code,
  });
}
/** `pods`, or `deployments.apps`: how messages name a resource. */
export function resourceName(r: { group: string; plural: string }): string {
  return r.group ? `${r.plural}.${r.group}` : r.plural;
}
type Resource = { group: string; plural: string };
const named = (r: Resource, name: string): Details => ({ name, ...(r.group ? { group: r.group } : {}), kind: r.plural });

/** The error table of the Kubernetes API: code, reason, upstream's exact text. @source apimachinery pkg/api/errors@eed236ceee2c */
export const errors = {
  notFound: (r: Resource, name: string) => failure(404, 'NotFound', `${resourceName(r)} "${name}" not found`, named(r, name)),
  unknownResource: () => failure(404, 'NotFound', 'the server could not find the requested resource', {}),
  alreadyExists: (r: Resource, name: string) =>
    failure(409, 'AlreadyExists', `${resourceName(r)} "${name}" already exists`, named(r, name)),
  conflict: (
    r: Resource,
    name: string,
    detail = 'the object has been modified; please apply your changes to the latest version and try again',
  ) => failure(409, 'Conflict', `Operation cannot be fulfilled on ${resourceName(r)} "${name}": ${detail}`, named(r, name)),
  forbidden: (r: Resource, name: string, detail: string, causes?: Details['causes']) =>
    failure(403, 'Forbidden', `${resourceName(r)}${name ? ` "${name}"` : ''} is forbidden: ${detail}`, {
      ...(name ? { name } : {}),
      ...(r.group ? { group: r.group } : {}),
      kind: r.plural,
      ...(causes ? { causes } : {}),
    }),
  forbiddenPath: (detail: string) => failure(403, 'Forbidden', `forbidden: ${detail}`, {}),
  unauthorized: () => failure(401, 'Unauthorized', 'Unauthorized'),
  badRequest: (message: string) => failure(400, 'BadRequest', message),
  methodNotAllowed: () => failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {}),
  notAcceptable: (types: readonly string[]) =>
    failure(406, 'NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`),
  unsupportedMediaType: (types: readonly string[]) =>
    failure(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`,
    ),
  tooLarge: (limitBytes: number) => failure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`),
  expired: (message: string, continueToken?: string) =>
    new StatusError({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: continueToken ? { continue: continueToken } : {},
      status: 'Failure',
      message,
      reason: 'Expired',
      code: 410,
    }),
  invalid: (k: { group: string; kind: string }, name: string, errs: readonly FieldError[]) => {
    const lines = errs.map(e => `${e.field}: ${e.message}`);
    const what = k.group ? `${k.kind}.${k.group}` : k.kind;
    return failure(422, 'Invalid', `${what} "${name}" is invalid: ${lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`}`, {
      name,
      ...(k.group ? { group: k.group } : {}),
      kind: k.kind,
      causes: errs.map(({ reason, message, field }) => ({ reason, message, field })),
    });
  },
  serverTimeout: (message: string) => failure(504, 'Timeout', message, {}),
  tooManyRequests: (message: string, retryAfterSeconds: number) =>
    failure(429, 'TooManyRequests', message, { retryAfterSeconds }),
  unavailable: (message: string) => failure(503, 'ServiceUnavailable', message),
  /** A full disk; a code that upstream has no use for. */
  insufficientStorage: (message: string) => failure(507, 'InsufficientStorage', message),
  internal: (message: string) => failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }),
  failure,
};
