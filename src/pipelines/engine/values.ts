import { errors } from '../errors.ts';
import type { ArtifactType, Json, ParameterPort } from '../graph/graph.ts';

/** An artifact as it travels between nodes. */
export type Artifact = {
  name: string;
  type: ArtifactType;
  uri: string;
  metadata: { [key: string]: Json };
  /** Id in the metadata ledger, once recorded. */
  id?: string;
  sha256?: string;
  sizeBytes?: number;
};
/** What flows into or out of a node. A missing key is *absent*, which is not null. */
export type Values = {
  parameters: { [name: string]: Json };
  artifacts: { [name: string]: Artifact[] };
  /** Values for the Pod's configuration, which the step does not see. */
  pod?: { [name: string]: Json };
};
export const noValues: Values = { parameters: {}, artifacts: {} };

/**
 * A value as a parameter of a given type takes it: STRING takes anything as text, the others only their own kind.
 * @throws PipelineError `type`
 * @source pipelines backend/src/v2/driver/resolve.go@7b70c7b95f68
 */
export function coerce(value: Json, port: ParameterPort, name: string): Json {
  switch (port.type) {
    case 'STRING':
      return typeof value === 'string' ? value : textOf(value);
    case 'NUMBER_DOUBLE':
    case 'NUMBER_INTEGER':
      return expect(typeof value === 'number', value, 'a number', name);
    case 'BOOLEAN':
      return expect(typeof value === 'boolean', value, 'a boolean', name);
    case 'LIST':
      return expect(Array.isArray(value), value, 'a list', name);
    case 'STRUCT':
      return expect(isStruct(value), value, 'a struct', name);
    default:
      return value;
  }
}
function expect(ok: boolean, value: Json, want: string, name: string): Json {
  if (ok) return value;
  throw errors.type(name, want, kindOf(value));
}
function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a struct' : `a ${typeof value}`;
}
const isStruct = (value: Json) => value !== null && typeof value === 'object' && !Array.isArray(value);

/** The text of a value as steps see it: strings bare, everything else as JSON. */
export function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * The value that an output file holds.
 * @throws PipelineError `outputs` when the text is not of the type
 */
export function parseOutput(text: string, port: ParameterPort, name: string): Json {
  if (port.type === 'STRING') return text;
  if (port.type === 'NUMBER_DOUBLE' || port.type === 'NUMBER_INTEGER') {
    const number = Number(text.trim());
    if (text.trim() !== '' && Number.isFinite(number)) return number;
    throw errors.outputs(`output parameter "${name}" is not a number: ${JSON.stringify(text.slice(0, 80))}`);
  }
  try {
    // Python's str(bool) is accepted beside JSON.
    const json = port.type === 'BOOLEAN' ? text.trim().toLowerCase() : text;
    return coerce(JSON.parse(json) as Json, port, name);
  } catch {
    throw errors.outputs(`output parameter "${name}" is not a ${port.type} in JSON: ${JSON.stringify(text.slice(0, 80))}`);
  }
}
