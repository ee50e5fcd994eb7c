import type { Gvk } from '../../kube/index.ts';
import { definitionName, definitionOf } from './definitions.ts';
import { quote } from './errors.ts';
import { agreesWithFormat } from './formats.ts';
import { type Notation, parseNotation } from './notation.ts';
import { isMembers, own } from './unknown-fields.ts';

const QUANTITY = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$/;
const QUANTITY_PROBLEM = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const TIME_LAYOUTS: Record<string, string> = {
  'meta.v1.Time': '2006-01-02T15:04:05Z07:00',
  'meta.v1.MicroTime': '2006-01-02T15:04:05.000000Z07:00',
};
/** Go's names of the scalars that a wrong value did not fit. */
const GO_TYPES: Record<string, string> = { boolean: 'bool', number: 'float64', byte: '[]uint8', 'date-time': 'string' };
const INTEGER_LIMITS: Record<string, number> = { int32: 2 ** 31, int64: 2 ** 63 };

/**
 * Why Go could not decode a JSON value to a built-in kind, as the API server's 400 ends:
 * `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`. Undefined when it can. Nulls are fine.
 * @source Go encoding/json UnmarshalTypeError, as in sigs.k8s.io/json; the first error alone is told
 */
export function decodeError(gvk: Gvk, object: unknown): string | undefined {
  const name = definitionName(gvk);
  return name === undefined ? undefined : structError(name, object, { struct: '', path: '' });
}

/** Where a value stands: the Go struct around it, and the names of the fields down to it. */
type Place = { struct: string; path: string };

function structError(name: string, value: unknown, place: Place): string | undefined {
  const definition = definitionOf(name);
  const layout = TIME_LAYOUTS[name];
  if (layout) return timeError(layout, value, place);
  if (name === 'resource.Quantity') return QUANTITY.test(String(value).trim()) ? undefined : QUANTITY_PROBLEM;
  if (name === 'intstr.IntOrString') {
    return typeof value === 'string' || Number.isInteger(value) ? undefined : mismatch(value, 'int32', place);
  }
  if (!definition?.fields) return definition?.type ? valueError(parseNotation(definition.type), 0, value, place) : undefined;
  if (!isMembers(value)) return mismatch(value, goName(name), place);
  const struct = name.split('.').at(-1)!;
  for (const [key, member] of Object.entries(value)) {
    const notation = own(definition.fields, key);
    if (notation === undefined || member === null) continue;
    const problem = valueError(parseNotation(notation), 0, member, { struct, path: place.path ? `${place.path}.${key}` : key });
    if (problem) return problem;
  }
  return undefined;
}

function valueError(notation: Notation, depth: number, value: unknown, place: Place): string | undefined {
  const shape = notation.shape[depth];
  if (shape === undefined) return scalarError(notation.base, value, place);
  const values =
    shape === '[]' ? (Array.isArray(value) ? value : undefined) : isMembers(value) ? Object.values(value) : undefined;
  if (!values) return mismatch(value, goType(notation, depth), place);
  for (const inner of values) {
    const problem = inner === null ? undefined : valueError(notation, depth + 1, inner, place);
    if (problem) return problem;
  }
  return undefined;
}

function scalarError(base: string, value: unknown, place: Place): string | undefined {
  switch (base) {
    case 'any':
      return undefined;
    case 'object':
      return isMembers(value) ? undefined : mismatch(value, 'map[string]interface {}', place);
    case 'string':
    case 'boolean':
    case 'number':
    case 'date-time':
      return typeof value === (base === 'date-time' ? 'string' : base)
        ? undefined
        : mismatch(value, GO_TYPES[base] ?? base, place);
    case 'byte':
      if (typeof value !== 'string') return mismatch(value, '[]uint8', place);
      return agreesWithFormat('byte', value) ? undefined : `illegal base64 data at input byte ${badByte(value)}`;
    case 'int32':
    case 'int64':
    case 'integer': {
      const limit = INTEGER_LIMITS[base] ?? INTEGER_LIMITS['int64']!;
      const isFit = Number.isInteger(value) && (value as number) >= -limit && (value as number) < limit;
      return isFit ? undefined : mismatch(value, base === 'integer' ? 'int64' : base, place);
    }
    default:
      return structError(base, value, place);
  }
}

function timeError(layout: string, value: unknown, place: Place): string | undefined {
  if (typeof value !== 'string') return mismatch(value, 'string', place);
  if (value === '' || agreesWithFormat('date-time', value)) return undefined;
  return `parsing time ${quote(value)} as "${layout}": cannot parse ${quote(value)} as "2006"`;
}
/** Where base64 text goes wrong, as Go's decoder counts. */
function badByte(text: string): number {
  const bad = text.search(/[^A-Za-z0-9+/=\r\n]/);
  return bad >= 0 ? bad : text.length - (text.length % 4);
}

function mismatch(value: unknown, type: string, { struct, path }: Place): string {
  const got = Array.isArray(value)
    ? 'array'
    : typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'number' && /^int/.test(type)
        ? `number ${value}`
        : typeof value;
  const where = path ? `Go struct field ${struct}.${path} of type` : 'Go value of type';
  return `json: cannot unmarshal ${got} into ${where} ${type}`;
}
/** `core.v1.PodSpec` as Go prints it: `v1.PodSpec`. */
function goName(name: string): string {
  return name.split('.').slice(-2).join('.');
}
function goType(notation: Notation, depth: number): string {
  const shape = notation.shape[depth];
  if (shape === '[]') return `[]${goType(notation, depth + 1)}`;
  if (shape === '{}') return `map[string]${goType(notation, depth + 1)}`;
  return definitionOf(notation.base) ? goName(notation.base) : (GO_TYPES[notation.base] ?? notation.base);
}
