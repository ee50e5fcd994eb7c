import { readFileSync } from 'node:fs';

/** One field of a message; `json` is `^` for an embedded struct, whose members are the outer object's. */
export type MessageField = {
  json: string;
  type: string;
  shape: '' | '[]' | '{}';
  /** A pointer in Go: a zero on the wire is a value, elsewhere it means unset. */
  pointer: boolean;
};
export type Message = ReadonlyMap<number, MessageField>;

let lines: Record<string, string> | undefined;
const parsed = new Map<string, Message>();

/** The fields of a message by its short name (`core.v1.Pod`), by field number. */
export function messageNamed(name: string): Message | undefined {
  lines ??= JSON.parse(readFileSync(new URL('generated/messages.json', import.meta.url), 'utf8')) as Record<string, string>;
  if (!Object.hasOwn(lines, name)) return undefined;
  let message = parsed.get(name);
  if (!message) parsed.set(name, (message = parse(lines[name]!)));
  return message;
}

function parse(line: string): Message {
  const fields = new Map<number, MessageField>();
  for (const part of line.split(';').filter(Boolean)) {
    const [number, json, type] = part.split(' ') as [string, string, string];
    const shape = type.startsWith('[]') ? '[]' : type.startsWith('{}') ? '{}' : '';
    fields.set(Number(number), { json, shape, type: type.slice(shape.length).replace('*', ''), pointer: type.endsWith('*') });
  }
  return fields;
}
