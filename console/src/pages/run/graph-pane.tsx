import { ReactFlowProvider } from '@xyflow/react';
import { Search, Table2, Workflow } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import { useParams, useSetParams } from '../../app/search.ts';
import { GraphCanvas } from '../../graph/canvas.tsx';
import { draw, findTasks } from '../../graph/shape.ts';
import { subtitleOf } from '../../graph/subtitle.ts';
import { TaskTable } from '../../graph/task-table.tsx';
import { ZoomTools } from '../../graph/tools.tsx';
import { Checkbox, Segmented } from '../../parts/button.tsx';
import type { RunData } from './use-run.ts';

export type PaneProps = { data: RunData; selected: string | undefined; onSelect(id: string): void };
/** The tasks as a drawing or as a table, with what finds and zooms. */
export function GraphPane({ data: { view, predicted, now }, selected, onSelect }: PaneProps) {
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
