import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { errors, type Gvk, type Obj } from '../../kube/index.ts';
import { definitionName } from '../schema/index.ts';
import { type Message, type MessageField, messageNamed } from './messages.ts';
import { type Nested, SPECIAL } from './special.ts';

/** `k8s\0`, before the envelope. */
const MAGIC = [0x6b, 0x38, 0x73, 0x00];
/** Kinds that every group serves under its own version, and that are the same in all. */
const COMMON_KIND = /^(?:Create|Update|Patch|Delete|Get|List)Options$|^Status$|^WatchEvent$|^Scale$/;

type Members = Record<string, unknown>;

/** Whether a body starts as Kubernetes' protobuf does. */
export function isProtobuf(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/**
 * Decodes a request body of type `application/vnd.kubernetes.protobuf` to the JSON form of its object.
 *
 * Go writes every field that is no pointer, so zero scalars, empty texts and empty structs there mean "unset" and are left out;
 * in pointer fields, lists and maps they are values.
 * @throws StatusError 400 when the envelope or the message is malformed or the kind has no protobuf form
 * @source apimachinery pkg/runtime/serializer/protobuf@eed236ceee2c
 */
export function decodeProtobuf(bytes: Uint8Array): Obj {
  if (!isProtobuf(bytes))
    throw errors.badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  try {
    return decodeEnvelope(bytes.subarray(MAGIC.length));
  } catch (e) {
    if (e instanceof RangeError || e instanceof SyntaxError || (e instanceof Error && e.constructor === Error)) {
      if (e.name === 'StatusError') throw e;
      throw errors.badRequest(`unable to decode protobuf body: ${e.message}`);
    }
    throw e;
  }
}

/** runtime.Unknown: type, raw message, encoding and content type. */
function decodeEnvelope(bytes: Uint8Array): Obj {
  const reader = new BinaryReader(bytes);
  let type: Members = {};
  let raw: Uint8Array = new Uint8Array();
  let contentType = '';
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1) type = decodeMessage('runtime.TypeMeta', reader.bytes());
    else if (number === 2) raw = reader.bytes();
    else if (number === 4) contentType = reader.string();
    else reader.skip(wireType);
  }
  const apiVersion = String(type['apiVersion'] ?? '');
  const kind = String(type['kind'] ?? '');
  if (contentType === 'application/json') return JSON.parse(Buffer.from(raw).toString('utf8')) as Obj;
  const name = messageFor(apiVersion, kind);
  if (name === undefined) throw errors.badRequest(`no kind "${kind}" is registered for version "${apiVersion}" in protobuf`);
  return { apiVersion, kind, ...decodeMessage(name, raw) } as Obj;
}

function messageFor(apiVersion: string, kind: string): string | undefined {
  const name = definitionName(`${apiVersion}/${kind}` as Gvk);
  if (name !== undefined && messageNamed(name)) return name;
  const common = kind === 'Scale' ? 'autoscaling.v1.Scale' : `meta.v1.${kind}`;
  return COMMON_KIND.test(kind) && messageNamed(common) ? common : undefined;
}

const nested: Nested = {
  message: (name, bytes) => decodeMessage(name, bytes),
  object: bytes => (isProtobuf(bytes) ? decodeProtobuf(bytes) : JSON.parse(Buffer.from(bytes).toString('utf8'))),
};

function decodeMessage(name: string, bytes: Uint8Array): Members {
  const out: Members = {};
  readInto(out, messageNamed(name)!, new BinaryReader(bytes));
  return out;
}

function readInto(out: Members, message: Message, reader: BinaryReader): void {
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = message.get(number);
    if (!field) reader.skip(wireType);
    else if (field.json === '^') readInto(out, messageNamed(field.type)!, new BinaryReader(reader.bytes()));
    else readField(out, field, reader, wireType);
  }
}

function readField(out: Members, field: MessageField, reader: BinaryReader, wireType: WireType): void {
  if (field.shape === '{}') {
    const [key, value] = readEntry(field, reader.bytes());
    const map = (out[field.json] ??= {}) as Members;
    // Assigning `__proto__` would not make a member.
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  } else if (field.shape === '[]') {
    const list = (out[field.json] ??= []) as unknown[];
    // A packed list of numbers comes as one field.
    if (wireType === WireType.LengthDelimited && isVarint(field.type)) {
      const packed = new BinaryReader(reader.bytes());
      while (packed.pos < packed.len) list.push(readValue(field.type, packed));
    } else list.push(readValue(field.type, reader));
  } else {
    const value = readValue(field.type, reader);
    if (value !== undefined && (field.pointer || !isZero(value, field.type))) out[field.json] = value;
  }
}

function readEntry(field: MessageField, bytes: Uint8Array): [string, unknown] {
  const reader = new BinaryReader(bytes);
  let key = '';
  let value: unknown;
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1) key = reader.string();
    else if (number === 2) value = readValue(field.type, reader);
    else reader.skip(wireType);
  }
  // An absent value is the type's zero: empty text, or null for an unset time.
  return [key, value ?? (field.type === 'string' || field.type === 'bytes' ? '' : null)];
}

const isVarint = (type: string) => type === 'int32' || type === 'int64' || type === 'bool';

function readValue(type: string, reader: BinaryReader): unknown {
  switch (type) {
    case 'string':
      return reader.string();
    case 'bytes':
      return Buffer.from(reader.bytes()).toString('base64');
    case 'bool':
      return reader.bool();
    case 'int32':
      return reader.int32();
    case 'int64':
      return Number(reader.int64());
    case 'double':
      return reader.double();
    default:
      return readMessage(type, reader.bytes());
  }
}

function readMessage(type: string, bytes: Uint8Array): unknown {
  const special = SPECIAL[type];
  if (special) return special(new BinaryReader(bytes), nested);
  const value = decodeMessage(type, bytes);
  return isNamedList(type) ? (value['items'] ?? []) : value;
}

/** A list that Go names as a type of its own (`ExtraValue`) is wrapped in a message on the wire. */
function isNamedList(type: string): boolean {
  const message = messageNamed(type)!;
  const only = message.size === 1 ? message.get(1) : undefined;
  return only?.json === 'items' && only.shape === '[]' && only.type === 'string';
}

function isZero(value: unknown, type: string): boolean {
  if (value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && value !== null && !SPECIAL[type] && Object.keys(value).length === 0;
}
