import { type BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** What a message with a JSON form of its own may ask of the decoder. */
export type Nested = {
  message(name: string, bytes: Uint8Array): unknown;
  object(bytes: Uint8Array): unknown;
};
type Special = (reader: BinaryReader, nested: Nested) => unknown;

const SCHEMA = 'apiextensions.v1.JSONSchemaProps';

/** Collects fields by number: numbers for varints, bytes for the rest. Repeated fields keep all values. */
function fields(reader: BinaryReader): Map<number, (number | Uint8Array)[]> {
  const out = new Map<number, (number | Uint8Array)[]>();
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const values = out.get(number) ?? [];
    out.set(number, values);
    if (wireType === WireType.Varint) values.push(Number(reader.int64()));
    else if (wireType === WireType.LengthDelimited) values.push(reader.bytes());
    else reader.skip(wireType);
  }
  return out;
}
const text = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : '');
const number = (value: unknown) => (typeof value === 'number' ? value : 0);
const bytes = (value: unknown) => (value instanceof Uint8Array ? value : new Uint8Array());

function json(raw: Uint8Array, nested: Nested): unknown {
  if (raw.length === 0) return undefined;
  return nested.object(raw);
}

function time(fractionDigits: 0 | 6): Special {
  return reader => {
    // An empty message is Go's zero time, which JSON writes as null.
    if (reader.len === reader.pos) return undefined;
    const values = fields(reader);
    const seconds = new Date(number(values.get(1)?.[0]) * 1000).toISOString().slice(0, 19);
    const micros = String(Math.floor(number(values.get(2)?.[0]) / 1000)).padStart(6, '0');
    return fractionDigits === 0 ? `${seconds}Z` : `${seconds}.${micros}Z`;
  };
}

/**
 * Messages whose JSON is not an object of their fields.
 * @source apimachinery pkg/apis/meta/v1 (Time, MicroTime, FieldsV1), pkg/api/resource, pkg/util/intstr, pkg/runtime@eed236ceee2c
 */
export const SPECIAL: Readonly<Record<string, Special>> = {
  'meta.v1.Time': time(0),
  'meta.v1.MicroTime': time(6),
  'meta.v1.FieldsV1': (reader, nested) => json(bytes(fields(reader).get(1)?.[0]), nested),
  'resource.Quantity': reader => text(fields(reader).get(1)?.[0]) || '0',
  'intstr.IntOrString': reader => {
    const values = fields(reader);
    return number(values.get(1)?.[0]) === 1 ? text(values.get(3)?.[0]) : number(values.get(2)?.[0]);
  },
  'runtime.RawExtension': (reader, nested) => json(bytes(fields(reader).get(1)?.[0]), nested),
  'apiextensions.v1.JSON': (reader, nested) => json(bytes(fields(reader).get(1)?.[0]), nested),
  'apiextensions.v1.JSONSchemaPropsOrBool': (reader, nested) => {
    const values = fields(reader);
    const schema = values.get(2)?.[0];
    return schema === undefined ? number(values.get(1)?.[0]) !== 0 : nested.message(SCHEMA, bytes(schema));
  },
  'apiextensions.v1.JSONSchemaPropsOrArray': (reader, nested) => {
    const values = fields(reader);
    const many = values.get(2);
    return many ? many.map(b => nested.message(SCHEMA, bytes(b))) : nested.message(SCHEMA, bytes(values.get(1)?.[0]));
  },
  'apiextensions.v1.JSONSchemaPropsOrStringArray': (reader, nested) => {
    const values = fields(reader);
    const schema = values.get(1)?.[0];
    return schema === undefined ? (values.get(2) ?? []).map(text) : nested.message(SCHEMA, bytes(schema));
  },
};
