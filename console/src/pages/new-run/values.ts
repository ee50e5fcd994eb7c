import type { PipelineView } from '../../../../src/pipelines/api/view.ts';

export type Parameter = PipelineView['parameters'][number];
/** What stands in a field: text as typed; `undefined` leaves the parameter to its default. */
export type Draft = Readonly<Record<string, string | undefined>>;
export type Checked = { values: Record<string, unknown>; errors: Record<string, string> };

/** How a value stands in its field. */
export function fieldText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value;
  const nested = value !== null && typeof value === 'object' && Object.values(value).some(v => typeof v === 'object');
  return JSON.stringify(value, null, nested ? 2 : 0);
}
/** The values to send and what is wrong with the rest. Fields left alone are not sent: the default stays the pipeline's. Pure. */
export function checkDraft(parameters: readonly Parameter[], draft: Draft): Checked {
  const values: Record<string, unknown> = {};
  const errors: Record<string, string> = {};
  for (const p of parameters) {
    const text = draft[p.name];
    if (text === undefined || (text === '' && p.type !== 'STRING')) {
      if (!p.optional && p.defaultValue === undefined) errors[p.name] = 'This parameter has no default, so a value is needed.';
      continue;
    }
    const read = readValue(p, text);
    if ('error' in read) errors[p.name] = read.error;
    else values[p.name] = read.value;
  }
  return { values, errors };
}
function readValue(p: Parameter, text: string): { value: unknown } | { error: string } {
  if (p.literals?.length) {
    const literal = p.literals.find(l => String(l) === text);
    return literal === undefined ? { error: `Use one of ${p.literals.map(String).join(', ')}.` } : { value: literal };
  }
  switch (p.type) {
    case 'NUMBER_INTEGER':
      return /^\s*[+-]?\d+\s*$/.test(text) ? { value: Number(text) } : { error: `“${text}” is no whole number.` };
    case 'NUMBER_DOUBLE':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? { value: Number(text) } : { error: `“${text}” is no number.` };
    case 'BOOLEAN':
      return { value: text === 'true' };
    case 'LIST':
    case 'STRUCT':
      return readJson(p.type, text);
    default:
      return { value: text };
  }
}
function readJson(type: 'LIST' | 'STRUCT', text: string): { value: unknown } | { error: string } {
  try {
    const value: unknown = JSON.parse(text);
    const fits = type === 'LIST' ? Array.isArray(value) : value !== null && typeof value === 'object' && !Array.isArray(value);
    return fits ? { value } : { error: type === 'LIST' ? 'A list is needed, as [1, 2].' : 'An object is needed, as {"a": 1}.' };
  } catch (error) {
    return { error: `No JSON: ${(error as Error).message}` };
  }
}
/** The same run on the command line. */
export function runCommand(pipeline: string, values: Record<string, unknown>): string {
  const quoted = (v: unknown): string => {
    const text = typeof v === 'string' ? v : JSON.stringify(v);
    return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  };
  return ['skiff run', pipeline, ...Object.entries(values).map(([k, v]) => `-p ${k}=${quoted(v)}`)].join(' ');
}
