import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useRef } from 'react';
import { clockText, dateText, timeOfDay } from '../lib/time.ts';
import { useSize } from '../lib/use-size.ts';
import { nodeState, StateIcon } from '../parts/state.tsx';
import type { Bar, Row } from './rows.ts';
import { type TimeScale, timeScale } from './scale.ts';
import './timeline.css';

const labelPx = 204;
const notePx = 84;
const rowPx = 26;
export type TimelineProps = {
  rows: readonly Row[];
  start: number;
  end: number;
  now: number | undefined;
  clock: boolean;
  critical: boolean;
  selected: string | undefined;
  onSelect(id: string): void;
  onToggle(id: string): void;
};

/** Rows on one time axis: bars are attempts, dashed ones a forecast. It shares its selection with the graph. */
export function Timeline({ rows, start, end, now, clock, critical, selected, onSelect, onToggle }: TimelineProps) {
  const [ref, { width }] = useSize<HTMLDivElement>();
  const scroller = useRef<HTMLDivElement>(null);
  const axisPx = Math.max(120, width - labelPx - notePx);
  const scale = timeScale(end - start, axisPx);
  const x = (at: number): number => ((at - start) / scale.spanMs) * axisPx;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 12,
  });
  return (
    <div className="gw" ref={ref}>
      {width > 0 && <Axis scale={scale} start={start} now={now} clock={clock} axisPx={axisPx} x={x} />}
      <div className="grows" ref={scroller}>
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          <Grid scale={scale} axisPx={axisPx} height={virtual.getTotalSize()} nowX={now === undefined ? undefined : x(now)} />
          {width > 0 &&
            virtual.getVirtualItems().map(item => {
              const row = rows[item.index]!;
              return (
                <TimelineRow
                  key={row.id}
                  row={row}
                  top={item.start}
                  axisPx={axisPx}
                  x={x}
                  critical={critical}
                  selected={row.select !== undefined && row.select === selected}
                  onSelect={onSelect}
                  onToggle={onToggle}
                />
              );
            })}
        </div>
      </div>
    </div>
  );
}
function Axis({
  scale,
  start,
  now,
  clock,
  axisPx,
  x,
}: {
  scale: TimeScale;
  start: number;
  now: number | undefined;
  clock: boolean;
  axisPx: number;
  x(at: number): number;
}) {
  const band = axisPx / scale.bands;
  const labels = Array.from({ length: Math.floor(scale.bands / scale.labelEvery) + 1 }, (_, i) => i * scale.labelEvery);
  const nowX = now === undefined ? undefined : labelPx + x(now);
  const text = (ms: number): string => (clock ? axisText(start + ms, scale) : clockText(ms));
  // A label under the chip of the present would be half hidden.
  const shown = labels.filter(n => nowX === undefined || Math.abs(labelPx + n * band - nowX) > 48);
  const chip = now === undefined ? '' : clock ? timeOfDay(now) : clockText(now - start);
  return (
    <svg className="gaxis" width={labelPx + axisPx + notePx} height="23" aria-hidden="true">
      <rect x={labelPx} y="17" width={axisPx} height="5" fill="var(--deck)" stroke="var(--ink-3)" />
      {Array.from({ length: Math.ceil(scale.bands / 2) }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a band is its position
        <rect key={i} x={labelPx + i * 2 * band} y="17" width={band} height="5" fill="var(--ink-3)" />
      ))}
      {shown.map(n => (
        <text key={n} x={labelPx + n * band} y="11" textAnchor="middle">
          {text(n * scale.stepMs)}
        </text>
      ))}
      {nowX !== undefined && (
        <g>
          <rect x={nowX - 26} y="0" width="52" height="15" rx="3" fill="var(--run)" />
          <text x={nowX} y="11" textAnchor="middle" className="nowt">
            {chip}
          </text>
        </g>
      )}
    </svg>
  );
}
/** The time of day, with the date where an axis spans days. */
function axisText(at: number, scale: TimeScale): string {
  const time = timeOfDay(at).slice(0, scale.stepMs < 60_000 ? 8 : 5);
  return scale.spanMs > 86_400_000 ? `${dateText(at)} ${time}` : time;
}
function Grid({ scale, axisPx, height, nowX }: { scale: TimeScale; axisPx: number; height: number; nowX: number | undefined }) {
  const band = axisPx / scale.bands;
  return (
    <svg className="ggrid" width={labelPx + axisPx} height={height} aria-hidden="true">
      {Array.from({ length: Math.floor(scale.bands / 2) + 1 }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its position
        <line key={i} className="grid" x1={labelPx + i * 2 * band} x2={labelPx + i * 2 * band} y1="0" y2={height} />
      ))}
      {nowX !== undefined && <line x1={labelPx + nowX} x2={labelPx + nowX} y1="0" y2={height} stroke="var(--run)" />}
    </svg>
  );
}
function TimelineRow({
  row,
  top,
  axisPx,
  x,
  critical,
  selected,
  onSelect,
  onToggle,
}: {
  row: Row;
  top: number;
  axisPx: number;
  x(at: number): number;
  critical: boolean;
  selected: boolean;
  onSelect(id: string): void;
  onToggle(id: string): void;
}) {
  const state = nodeState(row.state);
  const last = Math.max(0, ...row.bars.map(b => x(b.to)));
  const Chevron = row.open ? ChevronDown : ChevronRight;
  const act = (): void => (row.select ? onSelect(row.select) : onToggle(row.id));
  return (
    <div className={`gr${selected ? ' on' : ''} d${row.depth}`} style={{ top }}>
      {row.open !== undefined && (
        <button
          type="button"
          className="gchev"
          aria-expanded={row.open}
          aria-label={`${row.open ? 'Close' : 'Open'} ${row.label}`}
          onClick={() => onToggle(row.id)}
        >
          <Chevron className="i" aria-hidden />
        </button>
      )}
      <button type="button" className="gl" aria-pressed={row.select ? selected : undefined} onClick={act} title={row.label}>
        <StateIcon state={state} />
        <span className="cut">
          {row.label}
          {row.tail && <span className="dim"> {row.tail}</span>}
        </span>
        {row.failed && <span className="c-fail t11 nowrap">{row.failed}</span>}
      </button>
      <svg className="gb" width={axisPx + notePx} height={rowPx} aria-hidden="true" onClick={act}>
        {row.bars.map((bar, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a bar is an attempt, in order
          <BarRect key={i} bar={bar} x={x} />
        ))}
        {critical && row.critical && (
          <rect
            x={x(row.critical.from)}
            y="20"
            width={Math.max(2, x(row.critical.to) - x(row.critical.from))}
            height="1.5"
            fill="var(--ink-2)"
          />
        )}
        {row.note && (
          <text className="lab" x={last + 8} y="17">
            {row.note}
          </text>
        )}
      </svg>
    </div>
  );
}
function BarRect({ bar, x }: { bar: Bar; x(at: number): number }) {
  const from = x(bar.from);
  const width = Math.max(bar.tone === 'ghost' ? 9 : 4, x(bar.to) - from);
  const box = { x: from, y: bar.y, width, height: bar.height, rx: bar.height > 5 ? 2 : 0 };
  if (bar.tone === 'ghost') return <rect {...box} fill="none" stroke="var(--line-3)" strokeDasharray="3 2" />;
  if (bar.tone === 'track') return <rect {...box} fill="var(--deck-3)" />;
  return <rect {...box} className={`f-${bar.tone}${bar.faint ? ' faint' : ''}`} />;
}
