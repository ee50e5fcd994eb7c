import { useNavigate } from '@tanstack/react-router';
import { ChartGantt, Columns3, List } from 'lucide-react';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { useActs } from '../../acts/registry.ts';
import { keepNamespace, useParams, useSetParams } from '../../app/search.ts';
import type { Run } from '../../data/kfp.ts';
import { countText, plural } from '../../lib/quantity.ts';
import { Button, Keys, Segmented } from '../../parts/button.tsx';
import { MenuButton } from '../../parts/menu.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import { BulkBar } from './bulk.tsx';
import { chosenExtras, extrasOf } from './columns.ts';
import { NoMatch, NoRuns } from './no-runs.tsx';
import { parseQuery, type Token } from './query.ts';
import { QueryBar } from './query-bar.tsx';
import { RunTable } from './run-table.tsx';
import './runs.css';
import { useRowCursor } from './cursor.ts';
import { type Runs, useNames, useRuns } from './use-runs.ts';

const RunTimeline = lazy(() => import('./run-timeline.tsx').then(m => ({ default: m.RunTimeline })));
const sparkRows = 400;
export type ListedRuns = { runs: Runs; tokens: readonly Token[]; names: ReturnType<typeof useNames> };

/** The runs that the URL asks for. */
export function useListedRuns(experiment?: string): ListedRuns {
  const { ns, q = '', sort = 'created_at desc' } = useParams();
  const tokens = useMemo(() => parseQuery(q), [q]);
  const [seen, setSeen] = useState<readonly Run[]>([]);
  const names = useNames(ns, seen);
  const runs = useRuns({ namespace: ns, experiment, tokens, sort, names });
  // Version names are asked for the pipelines that are in sight; the list of those changes rarely.
  if (runs.rows !== seen && idsOf(runs.rows) !== idsOf(seen)) setSeen(runs.rows);
  return { runs, tokens, names };
}
const idsOf = (rows: readonly Run[]): string =>
  [...new Set(rows.slice(0, sparkRows).map(r => r.pipeline_version_reference?.pipeline_id))].sort().join();

/** Query bar, table or timeline, bulk acts, foot: a list of runs on any page. */
export function RunList({ listed: { runs, tokens, names }, firstUse }: { listed: ListedRuns; firstUse: boolean }) {
  const { ns, cols, view, sort = 'created_at desc' } = useParams();
  const set = useSetParams();
  const navigate = useNavigate();
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  const [anchor, setAnchor] = useState<string>();
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const [range, setRange] = useState({ first: 0, last: 0 });
  const rows = useMemo(() => (gone.size ? runs.rows.filter(r => !gone.has(r.run_id)) : runs.rows), [runs.rows, gone]);
  const extras = useMemo(() => extrasOf(rows.slice(0, sparkRows)), [rows]);
  const shown = chosenExtras(extras, cols);
  const { cursor, setCursor, acts } = useRowCursor(rows.map(r => r.run_id));
  const current = rows.find(r => r.run_id === cursor);
  const open = (run: Run | undefined, tab?: string): void => {
    if (run)
      void navigate({
        to: '/runs/$runId',
        params: { runId: run.run_id },
        search: s => ({ ...keepNamespace(s), ...(tab ? { tab } : {}) }),
      });
  };
  const select = (id: string, on: boolean, span: boolean): void => {
    const next = new Set(selection);
    const from = span && anchor ? rows.findIndex(r => r.run_id === anchor) : -1;
    const to = rows.findIndex(r => r.run_id === id);
    const ids = from < 0 ? [id] : rows.slice(Math.min(from, to), Math.max(from, to) + 1).map(r => r.run_id);
    for (const each of ids)
      if (on) next.add(each);
      else next.delete(each);
    setSelection(next);
    setAnchor(id);
  };
  useActs([
    ...acts,
    { id: 'open', label: 'Open the run', keys: ['enter', 'o'], group: 'Runs', quiet: true, run: () => open(current) },
    {
      id: 'select',
      label: 'Select the run',
      keys: 'x',
      group: 'Runs',
      quiet: true,
      run: () => cursor && select(cursor, !selection.has(cursor), false),
    },
    {
      id: 'select-range',
      label: 'Select a range',
      keys: 'shift+x',
      group: 'Runs',
      quiet: true,
      run: () => cursor && select(cursor, true, true),
    },
    {
      id: 'why',
      label: 'Why',
      keys: 'w',
      group: 'Runs',
      quiet: true,
      run: () => current && set({ why: `Run/${current.namespace ?? ns ?? 'default'}/${current.run_id}` }),
    },
    { id: 'yaml', label: 'YAML of the run', keys: 'y', group: 'Runs', quiet: true, run: () => open(current, 'yaml') },
    { id: 'logs', label: 'Logs of the run', keys: 'l', group: 'Runs', quiet: true, run: () => open(current, 'logs') },
    {
      id: 'filter',
      label: 'Filter the list',
      keys: '/',
      group: 'Runs',
      quiet: true,
      run: () => document.querySelector<HTMLInputElement>('.qinput')?.focus(),
    },
  ]);
  const setQuery = (text: string): void => set({ q: text || undefined });
  // biome-ignore lint/correctness/useExhaustiveDependencies: asking for more twice is harmless
  const onEnd = useCallback(() => runs.hasMore && runs.more(), [runs.hasMore, runs.searched]);
  const onRange = useCallback(
    (first: number, last: number) => setRange(old => (old.first === first && old.last === last ? old : { first, last })),
    [],
  );
  const selected = rows.filter(r => selection.has(r.run_id));
  const note = runs.narrowed
    ? `${countText(rows.length)} match${runs.hasMore ? ` in ${countText(runs.searched)}` : ''}`
    : tokens.length
      ? `${countText(runs.total)} match`
      : '';
  const toggleColumn = (id: string): void => {
    const ids = shown.map(e => e.id);
    set({ cols: (ids.includes(id) ? ids.filter(i => i !== id) : [...ids, id]).join(',') });
  };
  if (firstUse && runs.loaded && runs.total === 0 && tokens.length === 0) return <NoRuns namespace={ns} />;
  return (
    <>
      <div className="qbar">
        <QueryBar
          tokens={tokens}
          namespace={ns}
          onChange={setQuery}
          onNamespace={() => set({ ns: undefined })}
          runs={runs.rows}
          pipelines={names.pipelineNames}
          experiments={names.experimentNames}
          pipelineName={names.pipelineName}
          note={note}
        />
        <MenuButton
          align="end"
          trigger={
            <Button icon={Columns3}>
              Columns <span className="dim">{7 + shown.length}</span>
            </Button>
          }
          items={[
            { title: 'Metrics and parameters' },
            ...(extras.length
              ? extras.slice(0, 40).map(e => ({
                  label: `${e.kind === 'param' ? 'param ' : ''}${e.name}`,
                  checked: shown.some(s => s.id === e.id),
                  keep: true,
                  run: () => toggleColumn(e.id),
                }))
              : [{ label: 'No run has logged any', disabled: true, run: () => {} }]),
          ]}
        />
        <Segmented
          label="View of the runs"
          value={view === 'timeline' ? 'timeline' : 'table'}
          onChange={v => set({ view: v === 'table' ? undefined : v })}
          options={[
            { value: 'table', label: 'Table', icon: List },
            { value: 'timeline', label: 'Timeline', icon: ChartGantt },
          ]}
        />
      </div>
      <div className="rlist">
        {runs.error && <Problem error={runs.error} what="the runs" retry={runs.refresh} />}
        {!runs.loaded && !runs.error && <SkeletonRows rows={14} what="the runs" />}
        {runs.loaded && rows.length === 0 && !runs.hasMore && (
          <NoMatch tokens={tokens} namespace={ns} context={runs.context} onQuery={setQuery} />
        )}
        {rows.length > 0 &&
          (view === 'timeline' ? (
            <Suspense fallback={<SkeletonRows what="the timeline" />}>
              <RunTimeline rows={rows} onOpen={id => open(rows.find(r => r.run_id === id))} />
            </Suspense>
          ) : (
            <RunTable
              rows={rows}
              names={names}
              extras={shown}
              showNamespace={!ns}
              sort={sort}
              onSort={s => set({ sort: s === 'created_at desc' ? undefined : s })}
              cursor={cursor}
              onCursor={setCursor}
              selected={selection}
              onSelect={select}
              onSelectAll={on => setSelection(new Set(on ? rows.map(r => r.run_id) : []))}
              onEnd={onEnd}
              onRange={onRange}
            />
          ))}
      </div>
      {selected.length > 0 && (
        <BulkBar
          selected={selected}
          clear={() => setSelection(new Set())}
          onGone={(ids, isGone) => {
            const next = new Set(gone);
            for (const id of ids)
              if (isGone) next.add(id);
              else next.delete(id);
            setGone(next);
          }}
        />
      )}
      <div className="foot pf">
        {rows.length > 0 && view !== 'timeline' && (
          <span>
            Rows {countText(range.first + 1)} to {countText(Math.max(range.last, 1))} of{' '}
            {runs.narrowed ? plural(rows.length, 'match').replace(/matchs$/, 'matches') : countText(runs.total)}
          </span>
        )}
        <span>Query {Math.round(runs.tookMs)} ms</span>
        <span className="grow" />
        {[
          ['j k', 'move'],
          ['x', 'select'],
          ['enter', 'open'],
          ['w', 'why'],
          ['y', 'YAML'],
        ].map(([keys, word]) => (
          <span key={word} className="fk">
            <Keys keys={keys!} /> {word}
          </span>
        ))}
      </div>
    </>
  );
}
