import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { DocumentSchema } from './components.ts';

type Operation = {
  operationId: string;
  parameters: { name: string; in: string; type: string }[];
  [extension: `x-${string}`]: unknown;
};
export type GnosticDocument = {
  swagger: '2.0';
  info: { title: string; version: string };
  paths: Record<string, { patch: Operation }>;
  definitions: Record<string, DocumentSchema>;
};

const LENGTH_DELIMITED = 2;
const VARINT = 0;

/** Writes one nested message under a field number. */
function nest(writer: BinaryWriter, number: number, write: (writer: BinaryWriter) => void): void {
  writer.tag(number, LENGTH_DELIMITED).fork();
  write(writer);
  writer.join();
}
function text(writer: BinaryWriter, number: number, value: unknown): void {
  if (typeof value === 'string' && value !== '') writer.tag(number, LENGTH_DELIMITED).string(value);
}
/** A value of any shape travels as YAML text, of which JSON is a part. */
function any(writer: BinaryWriter, number: number, value: unknown): void {
  nest(writer, number, w => text(w, 2, JSON.stringify(value)));
}
function extensions(writer: BinaryWriter, number: number, holder: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(holder)) {
    if (!name.startsWith('x-') || value === undefined) continue;
    nest(writer, number, w => {
      text(w, 1, name);
      any(w, 2, value);
    });
  }
}

/** A v2 document in gnostic's protobuf form. Field numbers are those of OpenAPIv2.proto. */
export function encodeGnostic(document: GnosticDocument): Uint8Array {
  const writer = new BinaryWriter();
  text(writer, 1, document.swagger);
  nest(writer, 2, w => {
    text(w, 1, document.info.title);
    text(w, 2, document.info.version);
  });
  nest(writer, 8, w => {
    for (const [path, item] of Object.entries(document.paths))
      named(w, 2, path, inner => nest(inner, 8, op => operation(op, item.patch)));
  });
  nest(writer, 9, w => {
    for (const [name, value] of Object.entries(document.definitions)) named(w, 1, name, inner => schema(inner, value));
  });
  return writer.finish();
}

/** `Named…`: a name and a message. */
function named(writer: BinaryWriter, number: number, name: string, write: (writer: BinaryWriter) => void): void {
  nest(writer, number, w => {
    text(w, 1, name);
    nest(w, 2, write);
  });
}

function operation(writer: BinaryWriter, value: Operation): void {
  text(writer, 5, value.operationId);
  for (const parameter of value.parameters) {
    // ParametersItem, Parameter, NonBodyParameter, QueryParameterSubSchema: one choice inside another.
    nest(writer, 8, a =>
      nest(a, 1, b =>
        nest(b, 2, c =>
          nest(c, 3, query => {
            text(query, 2, parameter.in);
            text(query, 4, parameter.name);
            text(query, 6, parameter.type);
          }),
        ),
      ),
    );
  }
  nest(writer, 9, responses => named(responses, 1, '200', value => nest(value, 1, r => text(r, 1, 'OK'))));
  extensions(writer, 13, value);
}

function schema(writer: BinaryWriter, value: DocumentSchema): void {
  const { additionalProperties: additional, properties } = value;
  text(writer, 1, value['$ref']);
  text(writer, 2, value['format']);
  text(writer, 4, value['description']);
  if (value['default'] !== undefined) any(writer, 5, value['default']);
  text(writer, 13, value['pattern']);
  for (const name of (value['required'] as string[] | undefined) ?? []) text(writer, 19, name);
  for (const one of (value['enum'] as unknown[] | undefined) ?? []) any(writer, 20, one);
  if (typeof additional === 'object') nest(writer, 21, w => nest(w, 1, inner => schema(inner, additional as DocumentSchema)));
  else if (additional === true) nest(writer, 21, w => w.tag(2, VARINT).bool(true));
  if (typeof value['type'] === 'string') nest(writer, 22, w => text(w, 1, value['type']));
  if (value['items']) nest(writer, 23, w => nest(w, 1, inner => schema(inner, value['items'] as DocumentSchema)));
  if (properties) {
    nest(writer, 25, w => {
      for (const [name, property] of Object.entries(properties as Record<string, DocumentSchema>))
        named(w, 1, name, inner => schema(inner, property));
    });
  }
  extensions(writer, 31, value);
}
