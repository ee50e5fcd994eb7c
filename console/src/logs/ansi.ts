/** A stretch of text with one look; `classes` are `a-red`, `a-bold` … of logs.css. */
export type Span = { text: string; classes: string };

const colours = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
// biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI sequences begin with ESC
const sequence = /\u001b\[([\d;]*)([A-Za-z])|\u001b\][^\u0007]*\u0007/g;

/** Splits a line at its SGR sequences; other control sequences are dropped. Pure. */
export function ansiSpans(line: string): Span[] {
  if (!line.includes('\u001b')) return [{ text: line, classes: '' }];
  const spans: Span[] = [];
  let bold = false;
  let colour = '';
  let from = 0;
  const push = (text: string): void => {
    if (text) spans.push({ text, classes: [bold ? 'a-bold' : '', colour && `a-${colour}`].filter(Boolean).join(' ') });
  };
  for (const match of line.matchAll(sequence)) {
    push(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] !== 'm') continue;
    for (const code of (match[1] || '0').split(';').map(Number)) {
      if (code === 0) [bold, colour] = [false, ''];
      else if (code === 1) bold = true;
      else if (code === 22) bold = false;
      else if (code >= 30 && code <= 37) colour = colours[code - 30]!;
      else if (code >= 90 && code <= 97) colour = colours[code - 90]!;
      else if (code === 39) colour = '';
    }
  }
  push(line.slice(from));
  return spans;
}
/** The text without any control sequence. */
export const plainText = (line: string): string => line.replaceAll(sequence, '');
