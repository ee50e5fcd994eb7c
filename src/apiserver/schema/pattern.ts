import { RE2JS } from 're2js';

type Matcher = { matches(text: string): boolean } | { problem: string };
const cache = new Map<string, Matcher>();
const MAX_CACHED = 2000;

/**
 * A pattern of a schema with Go's meaning (RE2: linear time, `(?i)` and the like). JavaScript's own engine runs those patterns that
 * mean the same in both and cannot run away; it is many times faster.
 */
export function compilePattern(pattern: string): Matcher {
  let matcher = cache.get(pattern);
  if (!matcher) {
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(pattern, (matcher = compile(pattern)));
  }
  return matcher;
}

/**
 * Patterns that JavaScript and RE2 read alike and that cannot run away: literals, escaped punctuation, `\d`, positive classes and
 * plain groups, with one repetition in all. Each place has one reading only, so that this pattern cannot run away either.
 */
const SAFE =
  /^(?:[\w\-@:;,"'#%&=~`<>!/^$|()]|\\[.\-/+*?()[\]{}^$|\\d]|\[(?!\^)(?:[^\\[\]]|\\[.\-/+*?()[\]^$|\\dw])+\](?:[*+?]|\{\d+(?:,\d*)?\})?|(?<=[\w])(?:[*+?]|\{\d+(?:,\d*)?\}))*$/;
const REPEATED_TWICE = /[*+}].*[*+}]/;

function compile(pattern: string): Matcher {
  try {
    const re2 = RE2JS.compile(pattern);
    if (!REPEATED_TWICE.test(pattern) && SAFE.test(pattern)) {
      const native = new RegExp(pattern);
      return { matches: text => native.test(text) };
    }
    return { matches: text => re2.matcher(text).find() };
  } catch (e) {
    return { problem: e instanceof Error ? e.message : String(e) };
  }
}
