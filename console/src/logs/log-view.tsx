// biome-ignore-all lint/a11y/useKeyWithClickEvents: j and k move from line to line
// biome-ignore-all lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronsUpDown } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { timeOfDay } from '../lib/time.ts';
import { ansiSpans } from './ansi.ts';
import type { Entry, LogLine } from './lines.ts';
import './logs.css';

export type LogViewProps = {
  entries: readonly Entry[];
  pattern: RegExp | undefined;
  current: number | undefined;
  /** ms since the epoch that elapsed times count from; absent shows the time of day. */
  since?: number | undefined;
  wrap: boolean;
  follow: boolean;
  compact?: boolean;
  onOpen(fold: number): void;
  onLine(number: number): void;
};
const linePx = 21;
/** The lines, virtual: only what is seen is in the page. Long logs scroll at 60 frames. */
export function LogView({ entries, pattern, current, since, wrap, follow, compact = false, onOpen, onLine }: LogViewProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => linePx,
    overscan: 20,
  });
  const place =
    current === undefined
      ? -1
      : entries.findIndex(e => (e.kind === 'line' ? e.line.number === current : e.lines.some(l => l.number === current)));
  useEffect(() => {
    if (place >= 0) virtual.scrollToIndex(place, { align: 'center' });
  }, [place, virtual]);
  useEffect(() => {
    if (follow && entries.length) virtual.scrollToIndex(entries.length - 1, { align: 'end' });
  }, [follow, entries.length, virtual]);
  return (
    <section
      className={`lines${wrap ? ' wraps' : ''}${compact ? ' compact' : ''}`}
      ref={scroller}
      tabIndex={0}
      aria-label="Log lines"
      onClick={event => {
        // One listener for all line numbers: as targets of their own they would be too many and too small.
        const number = (event.target as HTMLElement).closest<HTMLElement>('[data-line]')?.dataset.line;
        if (number) onLine(Number(number));
      }}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(item => {
          const entry = entries[item.index]!;
          return (
            <div
              key={item.key}
              data-index={item.index}
              ref={wrap ? virtual.measureElement : undefined}
              className="lrow"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {entry.kind === 'fold' ? (
                <button type="button" className="fold" onClick={() => onOpen(entry.id)}>
                  <ChevronsUpDown className="i" aria-hidden />
                  {entry.lines.length} lines like “{entry.sample}”, folded
                </button>
              ) : (
                <Line line={entry.line} pattern={pattern} on={entry.line.number === current} since={since} />
              )}
            </div>
          );
        })}
      </div>
    </section>
  );
}
const tones: Record<string, string> = { ERROR: ' ke', WARN: ' kw', SKIFF: ' ks', DEBUG: ' kd' };
function Line({
  line,
  pattern,
  on,
  since,
}: {
  line: LogLine;
  pattern: RegExp | undefined;
  on: boolean;
  since: number | undefined;
}) {
  const indented = line.level === undefined && /^\s/.test(line.text);
  const time =
    line.at === undefined ? '' : since === undefined ? timeOfDay(line.at, true) : `+${((line.at - since) / 1000).toFixed(3)}`;
  return (
    <div className={`lg${tones[line.level ?? ''] ?? (indented ? ' kt' : '')}${on ? ' on' : ''}`}>
      <span className="ln" data-line={line.number} title="Link to this line">
        {line.number}
      </span>
      <time>{time}</time>
      <em className={line.level === 'WARN' ? 'c-wait' : line.level === 'ERROR' ? 'c-fail' : 'dim'}>
        {line.level === 'INFO' ? '' : line.level}
      </em>
      <span>
        {ansiSpans(line.raw).map((span, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: spans of a line never move
          <span key={i} className={span.classes || undefined}>
            {marked(span.text, pattern)}
          </span>
        ))}
      </span>
    </div>
  );
}
function marked(text: string, pattern: RegExp | undefined) {
  if (!pattern) return text;
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (!match[0]) continue;
    parts.push(text.slice(from, match.index), <mark key={match.index}>{match[0]}</mark>);
    from = match.index + match[0].length;
  }
  return parts.length ? [...parts, text.slice(from)] : text;
}
