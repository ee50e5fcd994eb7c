/**
 * The notation of the generated table: `[]core.v1.Container list=map:name patch=merge key=name`.
 * A type is a scalar (`string int32 int64 number boolean date-time byte quantity …`), `object`, `any` or the name of a definition,
 * after `[]` (list of) and `{}` (map of); `*` marks what is a pointer in Go, whose zero value means something.
 */
export type Notation = {
  /** `[]` and `{}`, outermost first. */
  shape: readonly ('[]' | '{}')[];
  base: string;
  pointer: boolean;
  list?: 'atomic' | 'set' | 'map';
  listKeys?: readonly string[];
  atomic?: true;
  patchStrategy?: string;
  patchMergeKey?: string;
  default?: string;
};

const cache = new Map<string, Notation>();

/** Reads one entry of the table. Results are shared: do not change them. */
export function parseNotation(text: string): Notation {
  let notation = cache.get(text);
  if (!notation) cache.set(text, (notation = parse(text)));
  return notation;
}

function parse(text: string): Notation {
  const [type = '', ...attributes] = text.split(' ');
  const shape = type.match(/\[\]|\{\}/g) ?? [];
  const notation: Notation = {
    shape: shape as ('[]' | '{}')[],
    base: type.replace(/\[\]|\{\}|\*/g, ''),
    pointer: type.endsWith('*'),
  };
  for (const attribute of attributes) {
    const [name, value = ''] = attribute.split('=');
    if (name === 'atomic') notation.atomic = true;
    else if (name === 'patch') notation.patchStrategy = value;
    else if (name === 'key') notation.patchMergeKey = value;
    else if (name === 'default') notation.default = value;
    else if (name === 'list') {
      const [list, keys] = value.split(':');
      notation.list = list as 'atomic' | 'set' | 'map';
      if (keys) notation.listKeys = keys.split(',');
    }
  }
  return notation;
}
