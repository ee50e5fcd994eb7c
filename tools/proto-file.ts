/** One field of a proto2 message, as far as Kubernetes' generated files use the language. */
export type ProtoField = { name: string; number: number; type: string; repeated: boolean; map: boolean };
export type ProtoMessage = { name: string; fields: ProtoField[] };

/** Reads package and messages of a `generated.proto`: flat messages, scalar, message and map fields. */
export function parseProto(text: string): { package: string; messages: ProtoMessage[] } {
  const messages: ProtoMessage[] = [];
  let current: ProtoMessage | undefined;
  let packageName = '';
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    packageName ||= /^package ([\w.]+);/.exec(line)?.[1] ?? '';
    const opened = /^message (\w+) \{/.exec(line);
    if (opened) messages.push((current = { name: opened[1]!, fields: [] }));
    const map = /^map<string, ([\w.]+)> (\w+) = (\d+);/.exec(line);
    if (map) current!.fields.push({ type: map[1]!, name: map[2]!, number: Number(map[3]), repeated: false, map: true });
    const field = /^(optional|repeated|required) ([\w.]+) (\w+) = (\d+)/.exec(line);
    if (field)
      current!.fields.push({
        type: field[2]!,
        name: field[3]!,
        number: Number(field[4]),
        repeated: field[1] === 'repeated',
        map: false,
      });
  }
  return { package: packageName, messages };
}
