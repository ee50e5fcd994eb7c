import { ChevronDown, ChevronUp, CircleX, Search } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useActs } from '../acts/registry.ts';
import { useParam } from '../app/search.ts';
import { Button, Checkbox, IconButton, Segmented } from '../parts/button.tsx';
import { foldRepeats, searchLines } from './lines.ts';
import { LogView } from './log-view.tsx';
import { LogOverview } from './overview.tsx';
import type { LogState } from './source.ts';

/** A log with its tools: search with count, first error, fold, wrap, follow. `compact` is the inspector's size. */
export function LogPanel({ log, compact = false }: { log: LogState; compact?: boolean }) {
  const [text = '', setText] = useParam('find');
  const [line, setLine] = useParam('line');
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const [fold, setFold] = useState(true);
  const [wrap, setWrap] = useState(compact);
  const [clock, setClock] = useState<'time' | 'elapsed'>('time');
  const [follow, setFollow] = useState(true);
  const current = line ? Number(line) : undefined;
  const { hits, pattern, error } = useMemo(() => searchLines(log.lines, text), [log.lines, text]);
  const entries = useMemo(
    () => (fold ? foldRepeats(log.lines, opened) : log.lines.map(l => ({ kind: 'line' as const, line: l }))),
    [log.lines, fold, opened],
  );
  const errors = useMemo(() => log.lines.filter(l => l.level === 'ERROR').map(l => l.number), [log.lines]);
  const goTo = (number: number | undefined): void => {
    if (number === undefined) return;
    setFollow(false);
    setLine(String(number));
  };
  const step = (list: readonly number[], by: 1 | -1): void => {
    const from = current ?? (by > 0 ? 0 : Number.POSITIVE_INFINITY);
    goTo(by > 0 ? (list.find(n => n > from) ?? list[0]) : (list.findLast(n => n < from) ?? list.at(-1)));
  };
  const open = (id: number): void => setOpened(old => new Set([...old, id]));
  const focusSearch = (): void => document.querySelector<HTMLInputElement>('.logsearch')?.focus();
  const numbers = (): number[] => entries.map(e => (e.kind === 'line' ? e.line.number : e.lines[0]!.number));
  useActs([
    ...(compact
      ? []
      : [
          {
            id: 'log-down',
            label: 'Next line',
            keys: ['j', 'arrowdown'],
            group: 'Log',
            quiet: true,
            run: () => step(numbers(), 1),
          },
          {
            id: 'log-up',
            label: 'Previous line',
            keys: ['k', 'arrowup'],
            group: 'Log',
            quiet: true,
            run: () => step(numbers(), -1),
          },
        ]),
    { id: 'log-search', label: 'Search the log', keys: '/', group: 'Log', quiet: true, run: focusSearch },
    { id: 'log-next', label: 'Next error', keys: 'n', group: 'Log', run: () => step(errors, 1) },
    { id: 'log-previous', label: 'Previous error', keys: 'p', group: 'Log', quiet: true, run: () => step(errors, -1) },
    { id: 'log-follow', label: 'Follow the log', keys: 'shift+f', group: 'Log', run: () => setFollow(!follow) },
  ]);
  const place = current === undefined ? -1 : hits.indexOf(current);
  return (
    <>
      <div className={`tool${compact ? ' tight' : ''}`}>
        <div className="input f lsearch">
          <Search className="i" aria-hidden />
          <input
            className="mono logsearch"
            aria-label="Search the log (regular expression)"
            aria-invalid={error !== undefined}
            placeholder="Search, as expression"
            value={text}
            onChange={e => setText(e.target.value || undefined)}
            onKeyDown={e => {
              if (e.key === 'Enter') step(hits, e.shiftKey ? -1 : 1);
              if (e.key === 'Escape') e.currentTarget.blur();
            }}
          />
          {text && (
            <span className={error ? 'c-fail t12 nowrap' : 'dim t12 nowrap'}>
              {error ? 'not valid' : `${place >= 0 ? `${place + 1} of ` : ''}${hits.length}`}
            </span>
          )}
          {text && !compact && (
            <>
              <IconButton small icon={ChevronUp} label="Previous match" onClick={() => step(hits, -1)} />
              <IconButton small icon={ChevronDown} label="Next match" onClick={() => step(hits, 1)} />
            </>
          )}
        </div>
        {errors.length > 0 && (
          <Button icon={CircleX} size={compact ? 'small' : 'normal'} keys="n" onClick={() => goTo(errors[0])}>
            {compact ? 'Error' : 'First error'}
          </Button>
        )}
        <span className="grow" />
        {!compact && <Checkbox label="Fold repeats" checked={fold} onChange={setFold} />}
        {!compact && <Checkbox label="Wrap" checked={wrap} onChange={setWrap} />}
        {log.status === 'following' && <Checkbox label="Follow" checked={follow} onChange={setFollow} />}
        {!compact && (
          <Segmented
            small
            label="Times"
            value={clock}
            onChange={v => setClock(v)}
            options={[
              { value: 'time', label: 'Time' },
              { value: 'elapsed', label: 'Elapsed' },
            ]}
          />
        )}
      </div>
      {!compact && log.lines.length > 1 && <LogOverview lines={log.lines} onLine={goTo} />}
      <LogView
        entries={entries}
        pattern={pattern}
        current={current}
        wrap={wrap}
        compact={compact}
        follow={follow && log.status === 'following'}
        since={clock === 'elapsed' ? log.lines[0]?.at : undefined}
        onOpen={open}
        onLine={goTo}
      />
    </>
  );
}
