import { load, YAML11_SCHEMA } from 'js-yaml';
import { type ApiRequest, errors, jsonCopy, type Obj } from '../../kube/index.ts';
import { apiVersionOf, type ResourceDef } from '../registry/resource.ts';

export const BODY_LIMIT_BYTES = 3 * 1024 * 1024;
const TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

export function contentTypeOf(r: ApiRequest): string {
  return (r.headers?.['content-type'] ?? 'application/json').split(';')[0]!.trim().toLowerCase() || 'application/json';
}

function parse(r: ApiRequest, what: string): unknown {
  const bytes = r.body!;
  if (bytes.byteLength > BODY_LIMIT_BYTES) throw errors.tooLarge(BODY_LIMIT_BYTES);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    return contentTypeOf(r).endsWith('yaml') ? load(text, { schema: YAML11_SCHEMA }) : JSON.parse(text);
  } catch (e) {
    const shown = Buffer.from(text.slice(0, 30)).toString('hex');
    throw errors.badRequest(
      `the object provided is unrecognized (must be of type ${what}): couldn't get version/kind; json parse error: ${(e as Error).message} (${shown} ...)`,
    );
  }
}

/** The JSON value of a body, whatever its type; undefined when there is none. @throws StatusError 400, 413 */
export function readJson(r: ApiRequest, what: string): unknown {
  if (r.object !== undefined) return jsonCopy(r.object);
  return r.body && r.body.byteLength > 0 ? parse(r, what) : undefined;
}

/** Decodes protobuf bodies; handed over by the server, so that this file needs no descriptors. */
export type ProtobufDecoder = (bytes: Uint8Array) => Obj;

/**
 * The object of a create or update request, in the version of its path.
 * @throws StatusError 400, 413, 415 with upstream's texts
 * @source apiserver pkg/endpoints/handlers/create.go@24a394e516bf
 */
export function readObject(
  r: ApiRequest,
  expected: { group: string; version: string; kind: string },
  def: ResourceDef | undefined,
  decode: ProtobufDecoder,
): Obj {
  const type = contentTypeOf(r);
  const isCustom = def?.custom !== undefined;
  const types = isCustom ? TYPES.slice(0, 2) : TYPES;
  if (r.object === undefined && !types.includes(type)) throw errors.unsupportedMediaType(types);
  let value: unknown;
  if (r.object === undefined && type === TYPES[2]) {
    if ((r.body?.byteLength ?? 0) > BODY_LIMIT_BYTES) throw errors.tooLarge(BODY_LIMIT_BYTES);
    value = decode(r.body ?? new Uint8Array());
  } else value = readJson(r, expected.kind);
  if (value === undefined)
    throw errors.badRequest(`the object provided is unrecognized (must be of type ${expected.kind}): empty body`);
  return checkedKind(value, expected, isCustom);
}

/** Fills in kind and version where they may be left out, and refuses others. */
export function checkedKind(value: unknown, expected: { group: string; version: string; kind: string }, isCustom: boolean): Obj {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw errors.badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): couldn't get version/kind; json parse error: the body is not an object`,
    );
  }
  const o = value as Obj;
  const apiVersion = apiVersionOf(expected);
  if (isCustom && !o.kind)
    throw errors.badRequest(
      `the object provided is unrecognized (must be of type ${expected.kind}): Object 'Kind' is missing in the body`,
    );
  o.apiVersion ??= apiVersion;
  o.kind ??= expected.kind;
  if (o.kind !== expected.kind) {
    throw errors.badRequest(
      `${String(o.kind)} in version "${String(o.apiVersion).split('/').at(-1)}" cannot be handled as a ${expected.kind}: converting (${o.apiVersion}, Kind=${String(o.kind)}) to (${apiVersion}, Kind=${expected.kind}) is not possible`,
    );
  }
  if (o.apiVersion !== apiVersion) {
    throw errors.badRequest(
      `the API version in the data (${String(o.apiVersion)}) does not match the expected API version (${apiVersion})`,
    );
  }
  if (o.metadata === undefined || o.metadata === null) o.metadata = { name: '' };
  if (typeof o.metadata !== 'object' || Array.isArray(o.metadata)) throw typeError(expected, 'metadata', 'object', o.metadata);
  return o;
}

/** The text of Go's JSON decoder for a member of the wrong type. */
export function typeError(expected: { version: string; kind: string }, field: string, type: string, value: unknown): Error {
  const got = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return errors.badRequest(
    `${expected.kind} in version "${expected.version}" cannot be handled as a ${expected.kind}: json: cannot unmarshal ${got} into Go struct field ${expected.kind}.${field} of type ${type}`,
  );
}
