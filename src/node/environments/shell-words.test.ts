import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shellCommands } from './shell-words.ts';

const read = (script: string) =>
  shellCommands(script).map(
    c => `${c.after}${c.nested ? '(' : ' '}${c.words.map(w => (w.dynamic ? '$' : '') + w.text).join('|')}`,
  );
const TABLE: [string, string[]][] = [
  ['a b c', [' a|b|c']],
  [`a 'b c' "d e" f\\ g`, [' a|b c|d e|f g']],
  [`a "x\\"y" 'p<"3.9"'`, [' a|x"y|p<"3.9"']],
  ['a && b || c; d\ne', [' a', '&& b', '|| c', '; d', '; e']],
  ['a \\\n  b', [' a|b']],
  ['a &&\n\n b', [' a', '&& b']],
  ['a # b\nc', [' a', '; c']],
  ['a $B "$C" $(d e)', [' a|$$B|$$C|$']],
  ['if a; then b; fi\nc', ['(if|a', ';(then|b', ';(fi', '; c']],
  ['(a; b); c', ['(a', ';(b', '; c']],
  ['a > f', [' a|$>|f']],
  ['cat <<E\nb\nE\nc', [' cat']],
  ['', []],
];
for (const [script, expected] of TABLE) test(`reads ${JSON.stringify(script)}`, () => assert.deepEqual(read(script), expected));
