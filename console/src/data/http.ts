import { reportAnswer, reportSilence } from './live.ts';

/** A request that was answered with an error: what the server said, in its own words. */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly requestId: string | undefined;
  readonly what: string;
  constructor(status: number, reason: string, message: string, what: string, requestId?: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.reason = reason;
    this.what = what;
    this.requestId = requestId;
  }
}
/** No answer at all: Skiff is down or unreachable. */
export class NoAnswer extends Error {
  constructor(what: string, cause: unknown) {
    super(`Skiff did not answer ${what}`, { cause });
    this.name = 'NoAnswer';
  }
}

/** The server's double-submit token; mutations carry it in a header as well. */
function csrfToken(): string {
  return /(?:^|;\s*)skiff-csrf=([^;]*)/.exec(document.cookie)?.[1] ?? '';
}

type Body = { json?: unknown; raw?: BodyInit; contentType?: string };
export type Request = Body & {
  method?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  keepalive?: boolean;
};

/** Speaks to the same origin; turns silence into `NoAnswer` and errors into `ApiError`. */
export async function request(path: string, o: Request = {}): Promise<Response> {
  const method = o.method ?? 'GET';
  const headers: Record<string, string> = { accept: 'application/json', ...o.headers };
  if (method !== 'GET') headers['x-skiff-csrf'] = csrfToken();
  if (o.json !== undefined) headers['content-type'] = o.contentType ?? 'application/json';
  else if (o.contentType) headers['content-type'] = o.contentType;
  const body = o.json === undefined ? o.raw : JSON.stringify(o.json);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body }),
      ...(o.signal ? { signal: o.signal } : {}),
      ...(o.keepalive ? { keepalive: true } : {}),
    });
  } catch (cause) {
    if (o.signal?.aborted) throw cause;
    reportSilence();
    throw new NoAnswer(`${method} ${path}`, cause);
  }
  reportAnswer();
  if (!response.ok) throw await errorOf(response, `${method} ${path}`);
  return response;
}

/** Kubernetes Status, KFP's grpc-gateway error and upload error, or plain text: all become one shape. */
async function errorOf(response: Response, what: string): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  const id = response.headers.get('x-request-id') ?? undefined;
  try {
    const body = JSON.parse(text) as Record<string, unknown>;
    const message = body['message'] ?? body['error_message'] ?? body['error'];
    const reason = body['reason'] ?? response.statusText;
    if (typeof message === 'string') return new ApiError(response.status, String(reason), message, what, id);
  } catch {
    // Not JSON: the text itself is the message.
  }
  return new ApiError(response.status, response.statusText, text.slice(0, 400) || `HTTP ${response.status}`, what, id);
}

/** GET that parses JSON. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await request(path, { signal })).json()) as T;
}
/** A mutation; gives the parsed answer, or undefined when there is none. */
export async function send<T>(method: string, path: string, o: Request = {}): Promise<T> {
  const text = await (await request(path, { ...o, method })).text();
  return (text ? JSON.parse(text) : undefined) as T;
}
/** `?a=1&b=2` of the members that have a value. */
export function query(params: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) if (value !== undefined && value !== '') search.set(key, String(value));
  const text = search.toString();
  return text ? `?${text}` : '';
}
