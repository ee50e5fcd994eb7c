import { errors } from '../errors.ts';
import type { Edge, Outcome } from '../graph/graph.ts';

const ATOMS: Record<string, Outcome[]> = {
  Succeeded: ['succeeded', 'cached'],
  Failed: ['failed'],
  Errored: ['failed'],
  Skipped: ['skipped'],
  Omitted: ['omitted'],
};
/** A name alone. */
const FINE: Outcome[] = ['succeeded', 'cached', 'skipped'];

/**
 * Reads a `depends` text: `(A.Succeeded || B) && !C.Failed`.
 * @throws PipelineError `invalid`
 * @source argo-workflows docs/enhanced-depends-logic.md@f016ad89eb
 */
export function dependsEdge(text: string): { after: string[]; when: Edge } {
  const tokens = text.match(/&&|\|\||!|\(|\)|[A-Za-z0-9_-]+(?:\.[A-Za-z]+)?/g) ?? [];
  const after = new Set<string>();
  let next = 0;
  const fail = () => errors.invalid(`invalid depends: ${JSON.stringify(text)}`);
  const or = (): Edge => chain('||', and, any => ({ any }));
  const and = (): Edge => chain('&&', not, all => ({ all }));
  function chain(sign: string, part: () => Edge, join: (parts: Edge[]) => Edge): Edge {
    const parts = [part()];
    while (tokens[next] === sign) {
      next++;
      parts.push(part());
    }
    return parts.length === 1 ? parts[0]! : join(parts);
  }
  function not(): Edge {
    const token = tokens[next++];
    if (token === '!') return { not: not() };
    if (token === '(') {
      const inner = or();
      if (tokens[next++] !== ')') throw fail();
      return inner;
    }
    if (!token || /^[&|)]/.test(token)) throw fail();
    const [node, atom] = token.split('.') as [string, string?];
    after.add(node);
    const is = atom === undefined ? FINE : ATOMS[atom];
    if (!is) throw fail();
    return { node, is };
  }
  const when = or();
  if (next !== tokens.length) throw fail();
  return { after: [...after], when };
}
