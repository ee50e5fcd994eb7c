import { Fragment, memo } from 'react';

/** One line of YAML with keys, strings and numbers told apart. */
function Line({ text }: { text: string }) {
  const comment = /^\s*#/.test(text);
  if (comment) return <span className="dx">{text}</span>;
  const match = /^(\s*(?:- )*)([^\s:#'"[{][^:]*|"[^"]*"|'[^']*')(:)(\s.*|)$/.exec(text);
  if (!match) return <Value text={text} />;
  return (
    <>
      {match[1]}
      <span className="kx">{match[2]}</span>:<Value text={match[4]!} />
    </>
  );
}
function Value({ text }: { text: string }) {
  if (/^\s*-?\d[\d.eE+-]*$/.test(text) || /^\s*(true|false|null|~)$/.test(text)) return <span className="nx">{text}</span>;
  if (/^\s*(['"]).*\1$/.test(text)) return <span className="sx">{text}</span>;
  return text;
}
const shownLines = 4000;
/** YAML (or any indented text) read-only. */
export const YamlCode = memo(({ text, flush = false }: { text: string; flush?: boolean }) => {
  const lines = text.trimEnd().split('\n');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
    <pre className={flush ? 'code flush' : 'code'} tabIndex={0}>
      {lines.slice(0, shownLines).map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its position
        <Fragment key={i}>
          <Line text={line} />
          {'\n'}
        </Fragment>
      ))}
      {lines.length > shownLines && <span className="dx">… {lines.length - shownLines} more lines</span>}
    </pre>
  );
});
