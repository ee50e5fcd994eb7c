export type Word = { text: string /** Holds an expansion that only a shell can know. */; dynamic: boolean };
export type ShellCommand = {
  words: Word[];
  /** What stands before it: nothing, `;` (also a newline), `&&`, `||`, `|` or `&`. */
  after: '' | ';' | '&&' | '||' | '|' | '&';
  /** Inside if, loops, case, braces or a subshell. */
  nested: boolean;
};
const OPENERS = new Set(['if', 'while', 'until', 'for', 'case', '{']);
const CLOSERS = new Set(['fi', 'done', 'esac', '}']);

/**
 * Splits a shell script into simple commands, far enough to recognise literal ones: quotes, continuations, comments and
 * nesting are understood, expansions are only marked. What it cannot follow (here documents) ends the reading.
 */
export function shellCommands(script: string): ShellCommand[] {
  const commands: ShellCommand[] = [];
  let words: Word[] = [];
  let after: ShellCommand['after'] = '';
  let depth = 0;
  const end = (next: ShellCommand['after']) => {
    const first = words[0]?.text ?? '';
    if (OPENERS.has(first)) depth++;
    if (words.length > 0) commands.push({ words, after, nested: depth > 0 });
    if (CLOSERS.has(first)) depth--;
    // A blank line does not undo an operator at the end of the line before.
    if (words.length > 0 || next !== ';' || after === '') after = words.length === 0 && next === ';' ? after : next;
    words = [];
  };
  for (const token of tokens(script)) {
    if (typeof token !== 'string') words.push(token);
    else if (token === '(') {
      end(';');
      depth++;
    } else if (token === ')') {
      end(';');
      depth--;
    } else if (token === '<<') {
      end(';');
      return commands;
    } else end(token as ShellCommand['after']);
  }
  end(';');
  return commands;
}

const OPERATOR = /^(?:&&|\|\||<<|[;&|()\n]|[<>]+&?)/;

function* tokens(script: string): Generator<Word | string> {
  let i = 0;
  while (i < script.length) {
    const rest = script.slice(i);
    const blank = /^(?:[ \t\r]|\\\n)+/.exec(rest);
    if (blank) {
      i += blank[0].length;
      continue;
    }
    const comment = /^#[^\n]*/.exec(rest);
    if (comment) {
      i += comment[0].length;
      continue;
    }
    const operator = OPERATOR.exec(rest)?.[0];
    if (operator) {
      i += operator.length;
      // A redirection is a word that no literal command has.
      if (/[<>]/.test(operator) && operator !== '<<') yield { text: operator, dynamic: true };
      else yield operator === '\n' ? ';' : operator;
      continue;
    }
    const { word, length } = readWord(rest);
    i += length;
    yield word;
  }
}

function readWord(text: string): { word: Word; length: number } {
  const word: Word = { text: '', dynamic: false };
  let i = 0;
  while (i < text.length && !/[ \t\r\n;&|()<>]/.test(text[i]!)) {
    const c = text[i]!;
    if (c === "'") {
      const close = closing(text, i + 1, "'");
      word.text += text.slice(i + 1, close);
      i = close + 1;
    } else if (c === '"') i = readQuoted(text, i + 1, word);
    else if (c === '\\') {
      if (text[i + 1] !== '\n') word.text += text[i + 1] ?? '';
      i += 2;
    } else if (c === '$' && text[i + 1] === '(') {
      word.dynamic = true;
      i = closing(text, i + 2, ')') + 1;
    } else {
      if (c === '$' || c === '`' || c === '*' || c === '?') word.dynamic = true;
      word.text += c;
      i++;
    }
  }
  return { word, length: Math.max(i, 1) };
}
function readQuoted(text: string, from: number, word: Word): number {
  let i = from;
  while (i < text.length && text[i] !== '"') {
    const c = text[i]!;
    if (c === '\\' && /["\\$`\n]/.test(text[i + 1] ?? '')) {
      if (text[i + 1] !== '\n') word.text += text[i + 1];
      i += 2;
      continue;
    }
    if (c === '$' || c === '`') word.dynamic = true;
    if (c === '$' && text[i + 1] === '(') {
      i = closing(text, i + 2, ')') + 1;
      continue;
    }
    word.text += c;
    i++;
  }
  return i + 1;
}
function closing(text: string, from: number, mark: string): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found;
}
