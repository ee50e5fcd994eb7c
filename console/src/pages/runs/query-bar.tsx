// biome-ignore-all lint/a11y/noNoninteractiveElementToInteractiveRole: a list of completions is a listbox
// biome-ignore-all lint/a11y/noStaticElementInteractions: the keyboard has another way to the same act
// biome-ignore-all lint/a11y/useFocusableInteractive: cells and options are reached through their grid or input
// biome-ignore-all lint/suspicious/noArrayIndexKey: marks of a drawing are their position
import { ListFilter, X } from 'lucide-react';
import { type KeyboardEvent, useId, useMemo, useRef, useState } from 'react';
import type { Run } from '../../data/kfp.ts';
import { countText, plural } from '../../lib/quantity.ts';
import { parseToken, type Token } from './query.ts';
import { suggest } from './suggest.ts';

type QueryBarProps = {
  tokens: readonly Token[];
  namespace: string | undefined;
  onChange(text: string): void;
  onNamespace(): void;
  runs: readonly Run[];
  pipelines: readonly string[];
  experiments: readonly string[];
  pipelineName(run: Run): string;
  note: string;
};

/** The filter of a list as text: finished tokens are chips, the rest is typed with completion. */
export function QueryBar({
  tokens,
  namespace,
  onChange,
  onNamespace,
  runs,
  pipelines,
  experiments,
  pipelineName,
  note,
}: QueryBarProps) {
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const [place, setPlace] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const suggestions = useMemo(
    () => (open ? suggest(text, { runs, pipelines, experiments, pipelineName }) : undefined),
    [open, text, runs, pipelines, experiments, pipelineName],
  );
  const options = suggestions?.options ?? [];
  const add = (word: string): void => {
    const clean = word.trim();
    setText('');
    setPlace(0);
    if (clean) onChange([...tokens.map(t => t.text), clean].join(' '));
  };
  const take = (value: string): void => {
    // A key alone (`status:`) or a metric without a value goes on being typed.
    if (/[:.<>=]$/.test(value)) setText(value);
    else add(value);
    setPlace(0);
    input.current?.focus();
  };
  const drop = (token: Token): void =>
    onChange(
      tokens
        .filter(t => t !== token)
        .map(t => t.text)
        .join(' '),
    );
  const onKey = (event: KeyboardEvent): void => {
    const chosen = options[place];
    if (event.key === 'ArrowDown') setPlace(Math.min(options.length - 1, place + 1));
    else if (event.key === 'ArrowUp') setPlace(Math.max(0, place - 1));
    else if (event.key === 'Tab' && chosen && text) take(chosen.value);
    else if (event.key === 'Enter')
      add(
        chosen && text && /[:<>=]/.test(chosen.value) && !/[:<>=]$/.test(chosen.value) && chosen.value.startsWith(text)
          ? chosen.value
          : text,
      );
    else if (event.key === 'Backspace' && text === '' && tokens.length) drop(tokens.at(-1)!);
    else if (event.key === 'Escape') {
      setOpen(false);
      input.current?.blur();
    } else return;
    if (event.key !== 'Backspace') event.preventDefault();
  };
  // An unfinished token is no mistake yet.
  const typed = /[:<>=]./.test(text) ? parseToken(text) : undefined;
  const shown = open && options.length > 0;
  return (
    <div className="qwrap">
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the input inside is reached by keyboard */}
      <div className="q" onClick={() => input.current?.focus()}>
        <ListFilter className="i" aria-hidden />
        {namespace && <Chip k="namespace:" text={namespace} onDrop={onNamespace} />}
        {tokens.map(token => (
          <Chip
            key={token.text}
            {...(token.key === 'name' ? {} : { k: `${token.key}${token.op === ':' ? ':' : ''}` })}
            text={token.key === 'name' ? token.text : `${token.op === ':' ? '' : `${token.op} `}${token.value}`}
            error={token.error}
            onDrop={() => drop(token)}
          />
        ))}
        <input
          ref={input}
          className="typing qinput"
          role="combobox"
          aria-label="Filter runs"
          aria-expanded={shown}
          aria-controls={list}
          aria-activedescendant={shown ? `${list}-${place}` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={tokens.length || namespace ? '' : 'status:failed pipeline:churn-daily metric.auc>0.9'}
          value={text}
          onChange={e => {
            setText(e.target.value);
            setPlace(0);
            setOpen(true);
          }}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKey}
        />
        <span className={typed?.error ? 'c-fail t12 nowrap' : 'dim t12 nowrap'}>{typed?.error ?? note}</span>
        <kbd>/</kbd>
      </div>
      {shown && (
        <div className="sugg" style={{ left: Math.max(0, (input.current?.offsetLeft ?? 0) - 12) }}>
          <div className="sh">{suggestions?.title}</div>
          <ul role="listbox" id={list} aria-label="Completions">
            {options.map((option, i) => (
              <li
                key={option.value}
                id={`${list}-${i}`}
                role="option"
                aria-selected={i === place}
                className={i === place ? 'so on' : 'so'}
                onMouseDown={e => {
                  e.preventDefault();
                  take(option.value);
                }}
              >
                <span className="mono">{option.value}</span>
                <span className="dim">{option.count === undefined ? option.hint : plural(option.count, 'run')}</span>
              </li>
            ))}
          </ul>
          {suggestions?.histogram && <Histogram {...suggestions.histogram} />}
          <div className="sf" aria-hidden>
            <kbd>Tab</kbd> complete &nbsp; <kbd>Enter</kbd> apply
          </div>
        </div>
      )}
    </div>
  );
}
function Chip({ k, text, error, onDrop }: { k?: string; text: string; error?: string | undefined; onDrop(): void }) {
  return (
    <span className={error ? 'chip bad' : 'chip'} title={error}>
      {k && <span className="k">{k}</span>}
      {text}
      <button
        type="button"
        aria-label={`Remove ${k ?? ''}${text}`}
        onClick={e => {
          e.stopPropagation();
          onDrop();
        }}
      >
        <X className="i" aria-hidden />
      </button>
    </span>
  );
}
function Histogram({
  name,
  counts,
  from,
  to,
  above,
}: {
  name: string;
  counts: readonly number[];
  from: number;
  to: number;
  above: number | undefined;
}) {
  const most = Math.max(...counts, 1);
  const slot = 248 / counts.length;
  return (
    <div className="histo">
      <svg
        width="248"
        height="34"
        role="img"
        aria-label={`Distribution of ${name}: ${countText(counts.reduce((a, b) => a + b, 0))} values from ${from} to ${to}`}
      >
        {counts.map((n, i) => {
          const h = Math.max(2, (n / most) * 32);
          const value = from + ((i + 0.5) / counts.length) * (to - from);
          return (
            <rect
              key={i}
              x={i * slot}
              y={34 - h}
              width={slot - 1}
              height={h}
              className={above !== undefined && value > above ? 'dp4' : 'dp2'}
            />
          );
        })}
      </svg>
      <div className="row t11 dim">
        <span>{from.toFixed(2)}</span>
        <span className="grow" />
        <span>distribution of {name}</span>
        <span className="grow" />
        <span>{to.toFixed(2)}</span>
      </div>
    </div>
  );
}
