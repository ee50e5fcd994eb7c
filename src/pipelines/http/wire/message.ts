import { apiErrors } from '../errors.ts';

/** A field of a protobuf message in its JSON form. An array of names is an enum, whose first name means "not set". */
export type FieldType =
  | 'string'
  | 'int32'
  | 'int64'
  | 'bool'
  | 'time'
  | 'struct'
  | 'value'
  | readonly string[]
  | { message: MessageType }
  | { list: FieldType }
  | { map: FieldType };
export type MessageType = { readonly [snakeName: string]: FieldType };

export type Decoded<M extends MessageType> = { [K in keyof M]?: DecodedField<M[K]> };
type DecodedField<F> = F extends 'string' | 'time'
  ? string
  : F extends 'int32' | 'int64'
    ? number
    : F extends 'bool'
      ? boolean
      : F extends 'struct'
        ? Record<string, unknown>
        : F extends readonly (infer E)[]
          ? E
          : F extends { message: infer M extends MessageType }
            ? Decoded<M>
            : F extends { list: infer T }
              ? DecodedField<T>[]
              : F extends { map: infer T }
                ? Record<string, DecodedField<T>>
                : unknown;

/**
 * Reads a message as protojson does: snake_case and camelCase names, null is "not set", int64 also as text, enums by name
 * or number. The result has snake_case names.
 * @throws ApiError 400 for unknown or doubled fields and ill-typed values
 */
export function decodeMessage<const M extends MessageType>(type: M, json: unknown, at = ''): Decoded<M> {
  if (!isObject(json))
    throw apiErrors.malformed(`proto: syntax error: ${at || 'the body'} must be an object, but is ${shown(json)}`);
  const decoded: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(json)) {
    const field = Object.hasOwn(type, name) ? name : snakeOf(name);
    if (!Object.hasOwn(type, field)) throw apiErrors.malformed(`proto: unknown field ${JSON.stringify(at + name)}`);
    if (field in decoded) throw apiErrors.malformed(`proto: duplicate field ${JSON.stringify(at + name)}`);
    if (value !== null) decoded[field] = decodeField(type[field]!, value, at + name);
  }
  return decoded as Decoded<M>;
}

function decodeField(type: FieldType, value: unknown, at: string): unknown {
  if (isEnum(type)) return decodeEnum(type, value, at);
  if (typeof type === 'object') {
    if ('message' in type) return decodeMessage(type.message, value, `${at}.`);
    if ('list' in type) {
      if (!Array.isArray(value)) throw invalid('list', at, value);
      return value.map((v, i) => decodeField(type.list, v, `${at}[${i}]`));
    }
    if ('map' in type) {
      if (!isObject(value)) throw invalid('map', at, value);
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, decodeField(type.map, v, `${at}.${k}`)]));
    }
  }
  switch (type) {
    case 'string':
      if (typeof value !== 'string') throw invalid('string', at, value);
      return value;
    case 'time':
      if (typeof value !== 'string' || !isTime(value)) throw invalid('google.protobuf.Timestamp', at, value);
      return value;
    case 'bool':
      if (typeof value !== 'boolean') throw invalid('bool', at, value);
      return value;
    case 'int32':
    case 'int64': {
      const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
      if (!Number.isSafeInteger(number)) throw invalid(type, at, value);
      if (type === 'int32' && Math.abs(number as number) > 0x7fffffff) throw invalid(type, at, value);
      return number;
    }
    case 'struct':
      if (!isObject(value)) throw invalid('google.protobuf.Struct', at, value);
      return value;
    default:
      return value;
  }
}

/** Array.isArray does not narrow readonly arrays. */
function isEnum(type: FieldType): type is readonly string[] {
  return Array.isArray(type);
}
function decodeEnum(names: readonly string[], value: unknown, at: string): string | undefined {
  const name = typeof value === 'number' ? names[value] : typeof value === 'string' && names.includes(value) ? value : undefined;
  if (!name) throw invalid('enum', at, value);
  return name === names[0] ? undefined : name;
}

/** RFC 3339 with any fraction and offset. */
export function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** What a client that knows no time for an event expects there. */
export const NEVER = '1970-01-01T00:00:00Z';

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
/** Seconds are the resolution of this API. */
export function timestamp(time: string | number | undefined): string {
  if (time === undefined) return NEVER;
  if (typeof time === 'string' && UTC.test(time)) return `${time.slice(0, 19)}Z`;
  return `${new Date(typeof time === 'number' ? time * 1000 : time).toISOString().slice(0, 19)}Z`;
}
export function unixSeconds(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);
}

/** Leaves out what protojson leaves out when it emits no unpopulated fields. Only this level: values inside are the user's. */
export function compact<T extends object>(message: T): Partial<T> {
  const populated: Partial<T> = {};
  for (const key in message) if (!isUnpopulated(message[key])) populated[key] = message[key];
  return populated;
}
function isUnpopulated(v: unknown): boolean {
  if (Array.isArray(v)) return v.length === 0;
  if (isObject(v)) {
    for (const _ in v) return false;
    return true;
  }
  return v === undefined || v === null || v === '' || v === false || v === 0;
}

export function isObject(v: unknown): v is Record<string, unknown> {
  return typeof v === 'object' && v !== null && !Array.isArray(v);
}
function snakeOf(name: string): string {
  return name.replace(/[A-Z]/g, upper => `_${upper.toLowerCase()}`);
}
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 60);
}
function invalid(type: string, at: string, value: unknown): Error {
  return apiErrors.malformed(`proto: invalid value for ${type} field ${at}: ${shown(value)}`);
}
