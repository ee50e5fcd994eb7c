// biome-ignore-all lint/a11y/useFocusableInteractive: cells and options are reached through their grid or input
// biome-ignore-all lint/a11y/useSemanticElements: a virtual grid, a combobox or a drawing has no element of its own
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp, X } from 'lucide-react';
import { type CSSProperties, memo, useEffect, useMemo, useRef } from 'react';
import { keepNamespace } from '../../app/search.ts';
import type { Run } from '../../data/kfp.ts';
import { now } from '../../lib/clock.ts';
import { valueText } from '../../lib/quantity.ts';
import { Checkbox } from '../../parts/button.tsx';
import { Duration, Moment } from '../../parts/moment.tsx';
import { runState, StateMark, states } from '../../parts/state.tsx';
import { type Bar, bestOf, type Extra, lastTwenty } from './columns.ts';
import { durationMs } from './query.ts';
import { Spark } from './spark.tsx';

export type RunTableProps = {
  rows: readonly Run[];
  names: { pipelineName(run: Run): string; versionName(run: Run): string };
  extras: readonly Extra[];
  showNamespace: boolean;
  sort: string;
  onSort(sort: string): void;
  cursor: string | undefined;
  onCursor(id: string): void;
  selected: ReadonlySet<string>;
  onSelect(id: string, on: boolean, range: boolean): void;
  onSelectAll(on: boolean): void;
  onEnd(): void;
  onRange(first: number, last: number): void;
};
const rowPx = 32;
const headPx = 28;
/** Fixed widths keep live rows still; the name and the last column take what is left. */
function template(extras: readonly Extra[], namespace: boolean): string {
  const fixed = [
    '24px',
    '118px',
    'minmax(150px, 230fr)',
    'minmax(110px, 140fr)',
    ...(namespace ? ['110px'] : []),
    '120px',
    '84px',
    '108px',
  ];
  return [...fixed, ...extras.map(extraWidth)].join(' ');
}
/** Wide enough for the head in full. */
function extraWidth({ kind, name }: Extra): string {
  return `${Math.max(84, Math.round(name.length * 6.8 + (kind === 'param' ? 56 : 24)))}px`;
}
/** Runs as virtual rows: ten thousand scroll as well as ten. */
export function RunTable(p: RunTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: p.rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    scrollMargin: headPx,
    scrollPaddingStart: headPx,
    overscan: 15,
  });
  const sparks = useMemo(() => lastTwenty(p.rows, run => durationMs(run, now()) ?? 0), [p.rows]);
  const firstMetric = p.extras.find(e => e.kind === 'metric')?.name;
  const best = useMemo(() => (firstMetric ? bestOf(p.rows, firstMetric) : undefined), [p.rows, firstMetric]);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { onEnd, onRange } = p;
  const seen = scroller.current ? Math.floor((scroller.current.clientHeight - headPx) / rowPx) : 0;
  const first = Math.floor((virtual.scrollOffset ?? 0) / rowPx);
  useEffect(() => {
    if (last > p.rows.length - 40) onEnd();
  }, [last, p.rows.length, onEnd]);
  useEffect(() => onRange(first, Math.min(p.rows.length, first + seen)), [first, seen, p.rows.length, onRange]);
  const place = p.cursor ? p.rows.findIndex(r => r.run_id === p.cursor) : -1;
  useEffect(() => {
    if (place >= 0) virtual.scrollToIndex(place);
  }, [place, virtual]);
  const all = p.selected.size > 0 && p.rows.every(r => p.selected.has(r.run_id));
  const head = { gridTemplateColumns: template(p.extras, p.showNamespace) };
  return (
    <div
      className="vt"
      role="grid"
      aria-label="Runs"
      aria-rowcount={p.rows.length + 1}
      tabIndex={0}
      aria-activedescendant={place >= 0 ? `run-${p.cursor}` : undefined}
    >
      <div className="vbody" ref={scroller}>
        <div className="vhd" role="row" style={head}>
          <span role="columnheader">
            <Checkbox
              hideLabel
              label="Select all rows"
              checked={all}
              mixed={p.selected.size > 0 && !all}
              onChange={p.onSelectAll}
            />
          </span>
          <Head text="State" field="state" {...p} />
          <Head text="Run" field="display_name" {...p} />
          <Head text="Pipeline" {...p} />
          {p.showNamespace && <Head text="Namespace" {...p} />}
          <Head text="Started" field="created_at" num {...p} />
          <Head text="Duration" num {...p} />
          <Head text="Last 20" {...p} />
          {p.extras.map(extra => (
            <Head
              key={extra.id}
              text={extra.name}
              {...(extra.kind === 'param' ? { hint: 'param' } : { field: `metric:${extra.name}` })}
              num
              {...p}
            />
          ))}
        </div>
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {items.map(item => {
            const run = p.rows[item.index]!;
            return (
              <RunRow
                key={run.run_id}
                run={run}
                index={item.index}
                style={{ ...head, transform: `translateY(${item.start - headPx}px)` }}
                pipeline={p.names.pipelineName(run)}
                version={p.names.versionName(run)}
                extras={p.extras}
                showNamespace={p.showNamespace}
                bars={sparks.get(run.run_id) ?? []}
                best={best}
                cursor={run.run_id === p.cursor}
                selected={p.selected.has(run.run_id)}
                onCursor={p.onCursor}
                onSelect={p.onSelect}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}
function Head({
  text,
  field,
  hint,
  num = false,
  sort,
  onSort,
}: {
  text: string;
  field?: string;
  hint?: string;
  num?: boolean;
  sort: string;
  onSort(sort: string): void;
}) {
  const [by, order] = sort.split(' ');
  const on = field !== undefined && by === field;
  const desc = order === 'desc';
  const Arrow = desc ? ArrowDown : ArrowUp;
  return (
    <span
      role="columnheader"
      className={num ? 'num' : undefined}
      aria-sort={on ? (desc ? 'descending' : 'ascending') : undefined}
    >
      {field ? (
        <button type="button" onClick={() => onSort(`${field} ${on && desc ? 'asc' : 'desc'}`)}>
          {text} {on && <Arrow className="i" aria-hidden />}
        </button>
      ) : (
        <>
          {hint && <span className="pk">{hint} </span>}
          {text}
        </>
      )}
    </span>
  );
}
type RowProps = {
  run: Run;
  index: number;
  style: CSSProperties;
  pipeline: string;
  version: string;
  extras: readonly Extra[];
  showNamespace: boolean;
  bars: readonly Bar[];
  best: number | undefined;
  cursor: boolean;
  selected: boolean;
  onCursor(id: string): void;
  onSelect(id: string, on: boolean, range: boolean): void;
};
const RunRow = memo(
  ({
    run,
    index,
    style,
    pipeline,
    version,
    extras,
    showNamespace,
    bars,
    best,
    cursor,
    selected,
    onCursor,
    onSelect,
  }: RowProps) => {
    const firstMetric = extras.find(e => e.kind === 'metric')?.name;
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: j, k and Enter do the same
      <div
        className={`vr${selected ? ' sel' : ''}${cursor ? ' cur' : ''}`}
        role="row"
        id={`run-${run.run_id}`}
        aria-rowindex={index + 2}
        aria-selected={selected}
        style={style}
        onClick={() => onCursor(run.run_id)}
      >
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: only keeps the click from moving the cursor */}
        <span role="gridcell" onClick={e => e.stopPropagation()}>
          <Checkbox
            hideLabel
            label={`Select ${run.display_name}`}
            checked={selected}
            onChange={(on, shift) => onSelect(run.run_id, on, shift)}
          />
        </span>
        <span role="gridcell">
          <StateMark state={run.cached ? states.cached : runState(run.state)} />
          {(run.failed_tasks ?? 0) > 0 && run.state === 'RUNNING' && (
            <span className="st fail t12 nf" title={`${run.failed_tasks} failed`}>
              <X className="i" aria-hidden />
              {run.failed_tasks}
              <span className="vh"> failed</span>
            </span>
          )}
        </span>
        <span role="gridcell">
          <Link className="name" to="/runs/$runId" params={{ runId: run.run_id }} search={keepNamespace} title={run.display_name}>
            {run.display_name}
          </Link>
        </span>
        <span role="gridcell" className="sub">
          {pipeline} <span className="dim t12">{version}</span>
        </span>
        {showNamespace && (
          <span role="gridcell" className="sub">
            {run.namespace ?? ''}
          </span>
        )}
        <span role="gridcell" className="num sub">
          <Moment at={run.created_at} />
        </span>
        <span role="gridcell" className="num">
          <Duration from={run.created_at} to={run.finished_at} />
        </span>
        <span role="gridcell">
          <Spark bars={bars} />
        </span>
        {extras.map(extra => {
          const value = extra.kind === 'metric' ? run.metrics?.[extra.name] : run.runtime_config?.parameters?.[extra.name];
          const top = extra.name === firstMetric && extra.kind === 'metric' && value !== undefined && value === best;
          return (
            <span key={extra.id} role="gridcell" className={extra.kind === 'param' ? 'num sub' : 'num'} title={valueText(value)}>
              {value === undefined ? (
                <span className="dim">–</span>
              ) : top ? (
                <b className="b6">{metricText(value)}</b>
              ) : extra.kind === 'metric' ? (
                metricText(value)
              ) : (
                valueText(value)
              )}
            </span>
          );
        })}
      </div>
    );
  },
);
const metricText = (value: unknown): string =>
  typeof value === 'number' && !Number.isInteger(value) && Math.abs(value) < 10 ? value.toFixed(4) : valueText(value);
