import { useParams as useRouteParams } from '@tanstack/react-router';
import { ReactFlowProvider } from '@xyflow/react';
import { Archive, CircleStop, Copy, FileText, RotateCcw, Search, Table2, Trash2, Workflow } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import { useActs } from '../../acts/registry.ts';
import { usePage } from '../../app/page.ts';
import { useParams, useSetParams } from '../../app/search.ts';
import { isFinal } from '../../data/view.ts';
import { GraphCanvas } from '../../graph/canvas.tsx';
import { draw, findTasks } from '../../graph/shape.ts';
import { subtitleOf } from '../../graph/subtitle.ts';
import { TaskTable } from '../../graph/task-table.tsx';
import { ZoomTools } from '../../graph/tools.tsx';
import { parseTime, timeOfDay } from '../../lib/time.ts';
import { Checkbox, Segmented } from '../../parts/button.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import { timelineRows } from '../../timeline/rows.ts';
import { Timeline } from '../../timeline/timeline.tsx';
import { useRunActs } from './acts.ts';
import { RunHead } from './head.tsx';
import { Inspector, RunInspector } from './inspector.tsx';
import { failedNodes } from './progress.ts';
import './run.css';
import { useSelection } from './selection.ts';
import { expectedEnd, type RunData, useRun } from './use-run.ts';

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
          <GraphPane data={data} selected={selected?.id} onSelect={select} />
          <TimelinePane data={data} selected={selected?.id} onSelect={select} />
        </div>
        {!closed && (selected ? <Inspector data={data} node={selected} /> : <RunInspector data={data} />)}
      </div>
    </>
  );
}
type PaneProps = { data: RunData; selected: string | undefined; onSelect(id: string): void };
function GraphPane({ data: { view, predicted, now }, selected, onSelect }: PaneProps) {
  const { view: mode = 'graph', loop, find = '', show = 'critical' } = useParams();
  const set = useSetParams();
  const drawing = useMemo(() => draw(view, loop), [view, loop]);
  const subtitles = useMemo(
    () => new Map(drawing.shapes.map(s => [s.id, subtitleOf(s, drawing, predicted, now)])),
    [drawing, predicted, now],
  );
  const found = useMemo(() => (find ? findTasks(drawing, find) : undefined), [drawing, find]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: setting a parameter needs no fresh closure
  const enter = useCallback((id: string) => set({ loop: id }, { push: true }), []);
  const critical = show.includes('critical');
  return (
    <ReactFlowProvider>
      <div className="tool">
        <Segmented
          small
          label="View of the tasks"
          value={mode === 'table' ? 'table' : 'graph'}
          onChange={v => set({ view: v === 'graph' ? undefined : v })}
          options={[
            { value: 'graph', label: 'Graph', icon: Workflow },
            { value: 'table', label: 'Table', icon: Table2 },
          ]}
        />
        <div className="input f">
          <Search className="i" aria-hidden />
          <input
            className="taskfind"
            aria-label="Find task"
            placeholder="Find task, or +train to select upstream"
            value={find}
            onChange={e => set({ find: e.target.value || undefined })}
            onKeyDown={e => e.key === 'Escape' && e.currentTarget.blur()}
          />
        </div>
        {loop && (
          <button type="button" className="chip" onClick={() => set({ loop: undefined })}>
            <span className="k">inside</span> {loop} <span aria-hidden>×</span>
            <span className="vh">Leave</span>
          </button>
        )}
        <span className="grow" />
        <Checkbox label="Critical path" checked={critical} onChange={on => set({ show: on ? undefined : 'none' })} />
        {mode !== 'table' && (
          <>
            <span className="div" />
            <ZoomTools />
          </>
        )}
      </div>
      <div className="gpane">
        {mode === 'table' ? (
          <TaskTable nodes={view.nodes} selected={selected} onSelect={onSelect} />
        ) : (
          <GraphCanvas
            drawing={drawing}
            subtitles={subtitles}
            selected={selected}
            found={found}
            critical={critical}
            onSelect={onSelect}
            onEnter={enter}
          />
        )}
      </div>
    </ReactFlowProvider>
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
