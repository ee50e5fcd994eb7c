/**
 * A persistent sequence: reading is an index, changing copies one chunk and the list of chunks. States of a run share
 * what did not change between them.
 */
export type Chunks<T> = { readonly size: number; readonly chunks: readonly (readonly T[])[] };
const BITS = 6;
const CHUNK = 1 << BITS;

export const noChunks: Chunks<never> = { size: 0, chunks: [] };

export function at<T>(c: Chunks<T>, i: number): T | undefined {
  return c.chunks[i >> BITS]?.[i & (CHUNK - 1)];
}
export function* each<T>(c: Chunks<T>): Generator<T> {
  for (const chunk of c.chunks) yield* chunk;
}
/** The sequence with these members replaced, and grown to `size`: every new index must be among them. */
export function withChanges<T>(c: Chunks<T>, changes: ReadonlyMap<number, T>, size: number): Chunks<T> {
  if (changes.size === 0) return c;
  const chunks = [...c.chunks];
  const copied = new Set<number>();
  for (const [i, value] of changes) {
    const n = i >> BITS;
    if (!copied.has(n)) {
      chunks[n] = [...(chunks[n] ?? [])];
      copied.add(n);
    }
    (chunks[n] as T[])[i & (CHUNK - 1)] = value;
  }
  return { size, chunks };
}
