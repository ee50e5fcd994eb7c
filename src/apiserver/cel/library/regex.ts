import { RE2JS } from 're2js';
import { compilePattern } from '../../schema/pattern.ts';
import { CelError } from '../values.ts';
import { fn, type Overload, regexCost } from './library.ts';

function matches(text: string, pattern: string): boolean {
  const matcher = compilePattern(pattern);
  if ('problem' in matcher) throw new CelError(matcher.problem);
  return matcher.matches(text);
}
function findAll(text: string, pattern: string, limit = -1n): string[] {
  const found: string[] = [];
  try {
    const matcher = RE2JS.compile(pattern).matcher(text);
    while ((limit < 0n || BigInt(found.length) < limit) && matcher.find()) found.push(matcher.group() ?? '');
  } catch (e) {
    throw new CelError(`Illegal regex: ${(e as Error).message}`);
  }
  return found;
}
const first = (text: string, pattern: string) => findAll(text, pattern, 1n)[0] ?? '';
const whole = ([n = 0]: readonly number[]) => n;
const cost = { cost: regexCost, resultSize: whole };

/** RE2 patterns. @source apiserver pkg/cel/library/regex.go@24a394e516bf */
export const regex: readonly Overload[] = [
  fn('string.matches(string): bool', matches, { cost: regexCost }),
  fn('matches(string, string): bool', matches, { cost: regexCost }),
  fn('string.find(string): string', first, cost),
  fn('string.findAll(string): list(string)', findAll, cost),
  fn('string.findAll(string, int): list(string)', findAll, cost),
];
