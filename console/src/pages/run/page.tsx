import { useParams as useRouteParams } from '@tanstack/react-router';
import { Archive, CircleStop, Copy, FileText, RotateCcw, Trash2 } from 'lucide-react';
import { lazy, Suspense, useMemo } from 'react';
import { useActs } from '../../acts/registry.ts';
import { usePage } from '../../app/page.ts';
import { useParams, useSetParams } from '../../app/search.ts';
import { isFinal } from '../../data/view.ts';
import { draw } from '../../graph/shape.ts';
import { parseTime, timeOfDay } from '../../lib/time.ts';
import { Segmented } from '../../parts/button.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import { timelineRows } from '../../timeline/rows.ts';
import { Timeline } from '../../timeline/timeline.tsx';
import { useRunActs } from './acts.ts';
import type { PaneProps } from './graph-pane.tsx';
import { RunHead } from './head.tsx';
import { Inspector, RunInspector } from './inspector.tsx';
import { failedNodes } from './progress.ts';
import './run.css';
import { useSelection } from './selection.ts';
import { expectedEnd, type RunData, useRun } from './use-run.ts';

// The graph library is most of this page's script; the head and the timeline do not wait for it.
const GraphPane = lazy(() => import('./graph-pane.tsx').then(m => ({ default: m.GraphPane })));

/** A run: graph over timeline, one selection, the inspector beside them. */
export function RunPage() {
  const { runId } = useRouteParams({ strict: false }) as { runId: string };
  const { data, error, refetch } = useRun(runId);
  usePage([{ label: 'Runs', to: '/runs' }, { label: data?.view.displayName ?? runId }], data?.view.namespace);
  if (data) return <LoadedRun data={data} />;
  return error ? <Problem error={error} what={`run ${runId}`} retry={refetch} /> : <SkeletonRows what={`run ${runId}`} />;
}
function LoadedRun({ data }: { data: RunData }) {
  const { view } = data;
  const { selected, select, closed } = useSelection(view);
  const acts = useRunActs(view);
  const set = useSetParams();
  const failed = failedNodes(view);
  const step = (by: number): void => {
    const place = failed.findIndex(n => n.id === selected?.id);
    const next = failed[(Math.max(place, by > 0 ? -1 : 0) + by + failed.length) % failed.length];
    if (next) select(next.id);
  };
  const order = useMemo(() => draw(view).shapes.map(s => s.id), [view]);
  const move = (by: number): void => {
    const place = order.indexOf(selected?.id ?? '');
    const next = order[Math.min(order.length - 1, Math.max(0, place + by))];
    if (next) select(next);
  };
  const run = `run/${view.runId}`;
  useActs([
    {
      id: 'retry',
      label: 'Retry failed tasks',
      icon: RotateCcw,
      keys: 'r',
      group: 'This run',
      command: `skiff retry ${run}`,
      run: acts.retry,
    },
    {
      id: 'clone',
      label: 'Clone this run',
      icon: Copy,
      keys: 'c',
      group: 'This run',
      command: `skiff run --clone ${view.runId}`,
      run: acts.clone,
    },
    {
      id: 'terminate',
      label: 'Terminate this run',
      icon: CircleStop,
      keys: 's',
      group: 'This run',
      command: `skiff terminate ${run}`,
      run: acts.terminate,
    },
    {
      id: 'archive',
      label: 'Archive this run',
      icon: Archive,
      group: 'This run',
      command: `skiff archive ${run}`,
      run: acts.archive,
    },
    {
      id: 'delete',
      label: 'Delete this run',
      icon: Trash2,
      group: 'This run',
      hint: 'undo for 10 s',
      command: `skiff delete ${run}`,
      run: acts.remove,
    },
    { id: 'next-failed', label: 'Next failed task', keys: 'n', group: 'This run', quiet: true, run: () => step(1) },
    { id: 'previous-failed', label: 'Previous failed task', keys: 'p', group: 'This run', quiet: true, run: () => step(-1) },
    {
      id: 'next',
      label: 'Next task',
      keys: ['j', 'arrowdown', 'arrowright'],
      group: 'This run',
      quiet: true,
      run: () => move(1),
    },
    {
      id: 'previous',
      label: 'Previous task',
      keys: ['k', 'arrowup', 'arrowleft'],
      group: 'This run',
      quiet: true,
      run: () => move(-1),
    },
    {
      id: 'logs',
      label: 'Logs',
      icon: FileText,
      keys: 'l',
      group: 'This run',
      command: `skiff logs ${run}`,
      run: () => set({ tab: 'logs' }),
    },
    { id: 'events', label: 'Events', keys: 'e', group: 'This run', quiet: true, run: () => set({ tab: 'events' }) },
    { id: 'yaml', label: 'YAML', keys: 'y', group: 'This run', quiet: true, run: () => set({ tab: 'yaml' }) },
    {
      id: 'why',
      label: 'Why',
      keys: 'w',
      group: 'This run',
      command: `skiff why ${run}`,
      run: () =>
        set({
          why: selected?.why ? `Task/${view.namespace}/${view.runId}/${selected.id}` : `Run/${view.namespace}/${view.name}`,
        }),
    },
    {
      id: 'inspector',
      label: 'Open or close the inspector',
      keys: ']',
      group: 'This run',
      quiet: true,
      run: () => set({ node: closed ? undefined : 'none' }),
    },
    {
      id: 'find',
      label: 'Find a task',
      keys: '/',
      group: 'This run',
      quiet: true,
      run: () => document.querySelector<HTMLInputElement>('.taskfind')?.focus(),
    },
  ]);
  return (
    <>
      <RunHead data={data} acts={acts} />
      <div className={closed ? 'work wide' : 'work'}>
        <div className="left">
          <Suspense fallback={<SkeletonRows what="the graph" />}>
            <GraphPane data={data} selected={selected?.id} onSelect={select} />
          </Suspense>
          <TimelinePane data={data} selected={selected?.id} onSelect={select} />
        </div>
        {!closed && (selected ? <Inspector data={data} node={selected} /> : <RunInspector data={data} />)}
      </div>
    </>
  );
}
function TimelinePane({ data: { view, previous, predicted, now }, selected, onSelect }: PaneProps) {
  const { open = '', sort = 'elapsed', show = 'critical' } = useParams();
  const set = useSetParams();
  const toggled = useMemo(() => new Set(open ? open.split(',') : []), [open]);
  const rows = useMemo(() => timelineRows(view, predicted, toggled, now), [view, predicted, toggled, now]);
  const start = parseTime(view.startedAt) ?? parseTime(view.createdAt) ?? now;
  const end = parseTime(view.finishedAt) ?? Math.max(now, expectedEnd(predicted) ?? now);
  const toggle = (id: string): void => {
    const next = new Set(toggled);
    if (!next.delete(id)) next.add(id);
    set({ open: next.size ? [...next].join(',') : undefined });
  };
  const clock = sort === 'clock';
  return (
    <>
      <div className="tool tl">
        <h2 className="b6">Timeline</h2>
        <span className="key">
          <i className="cp" />
          critical path
        </span>
        {previous && !isFinal(view.state) && (
          <span className="key cut" title={previous.displayName}>
            <i className="pd" />
            predicted from {previous.displayName}
          </span>
        )}
        <span className="grow" />
        <span className="dim t12 nowrap">elapsed since {timeOfDay(start)}</span>
        <Segmented
          small
          label="Time axis"
          value={clock ? 'clock' : 'elapsed'}
          onChange={v => set({ sort: v === 'clock' ? v : undefined })}
          options={[
            { value: 'elapsed', label: 'Elapsed' },
            { value: 'clock', label: 'Clock' },
          ]}
        />
      </div>
      <Timeline
        rows={rows}
        start={start}
        end={end}
        now={isFinal(view.state) ? undefined : now}
        clock={clock}
        critical={show.includes('critical')}
        selected={selected}
        onSelect={onSelect}
        onToggle={toggle}
      />
    </>
  );
}
