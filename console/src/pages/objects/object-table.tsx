// biome-ignore-all lint/a11y/useFocusableInteractive: cells and options are reached through their grid or input
// biome-ignore-all lint/a11y/useSemanticElements: a virtual grid, a combobox or a drawing has no element of its own
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { TableColumn, TableRow } from '../../data/kube.ts';
import { useNow } from '../../lib/clock.ts';
import { exactText, parseTime, roughText } from '../../lib/time.ts';
import { StateMark, wordState } from '../../parts/state.tsx';

const rowPx = 32;
const headPx = 28;
const stateColumns = /^(status|phase|ready|state|type|succeeded|available)$/i;
/** Widths by what a column holds; the name takes most of the rest. */
function template(columns: readonly TableColumn[], namespaced: boolean): string {
  const widths: string[] = columns.map(c =>
    c.name === 'Name'
      ? 'minmax(180px, 320fr)'
      : c.name === 'Age'
        ? '90px'
        : stateColumns.test(c.name)
          ? '150px'
          : 'minmax(90px, 160fr)',
  );
  if (namespaced) widths.splice(1, 0, '140px');
  return widths.join(' ');
}
export function ObjectTable({
  columns,
  rows,
  namespaced,
  cursor,
  onCursor,
  onOpen,
}: {
  columns: readonly TableColumn[];
  rows: readonly TableRow[];
  namespaced: boolean;
  cursor: string | undefined;
  onCursor(id: string): void;
  onOpen(row: TableRow): void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    scrollMargin: headPx,
    scrollPaddingStart: headPx,
    overscan: 15,
  });
  const shown = columns.map((column, index) => ({ column, index })).filter(c => c.column.priority === 0);
  const style = {
    gridTemplateColumns: template(
      shown.map(c => c.column),
      namespaced,
    ),
  };
  const place = rows.findIndex(r => r.object.metadata.uid === cursor);
  useEffect(() => {
    if (place >= 0) virtual.scrollToIndex(place);
  }, [place, virtual]);
  return (
    <div className="vt" role="grid" aria-label="Objects" aria-rowcount={rows.length + 1} tabIndex={0}>
      <div className="vbody" ref={scroller}>
        <div className="vhd" role="row" style={style}>
          {shown.map(({ column }, i) => [
            <span
              key={column.name}
              role="columnheader"
              title={column.description}
              className={column.name === 'Age' ? 'num' : undefined}
            >
              {column.name}
            </span>,
            namespaced && i === 0 && (
              <span key="namespace" role="columnheader">
                Namespace
              </span>
            ),
          ])}
        </div>
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(item => {
            const row = rows[item.index]!;
            const { uid, name, namespace } = row.object.metadata;
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: j, k and Enter do the same
              <div
                key={uid ?? name}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={uid === cursor}
                className={uid === cursor ? 'vr cur' : 'vr'}
                style={{ ...style, transform: `translateY(${item.start - headPx}px)` }}
                onClick={() => onCursor(uid ?? name)}
              >
                {shown.map(({ column, index }, i) => [
                  <span key={column.name} role="gridcell" className={column.name === 'Age' ? 'num sub' : i ? 'sub' : undefined}>
                    {i === 0 ? (
                      <button type="button" className="name" onClick={() => onOpen(row)}>
                        {name}
                      </button>
                    ) : (
                      <Cell column={column} value={row.cells[index]} />
                    )}
                  </span>,
                  namespaced && i === 0 && (
                    <span key="namespace" role="gridcell" className="sub">
                      {namespace}
                    </span>
                  ),
                ])}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
function Cell({ column, value }: { column: TableColumn; value: unknown }) {
  const text = value === null || value === undefined || value === '' ? '–' : String(value);
  const at = column.name === 'Age' ? parseTime(text) : undefined;
  const now = useNow(at !== undefined);
  if (at !== undefined) return <time title={exactText(at)}>{roughText(now - at)}</time>;
  const state = stateColumns.test(column.name) ? wordState(text) : undefined;
  return state ? <StateMark state={state} word={text === 'True' ? 'Ready' : text === 'False' ? 'NotReady' : text} /> : text;
}
