import { useNavigate, useParams as useRouteParams } from '@tanstack/react-router';
import { ChevronDown, ChevronRight, Download, Link as LinkIcon, PanelRight } from 'lucide-react';
import { useMemo } from 'react';
import type { NodeView, RunView } from '../../../../src/pipelines/api/view.ts';
import { useActs } from '../../acts/registry.ts';
import { usePage } from '../../app/page.ts';
import { useParams, useSetParams } from '../../app/search.ts';
import { plural } from '../../lib/quantity.ts';
import { LogPanel } from '../../logs/log-panel.tsx';
import { useLog } from '../../logs/source.ts';
import { Button } from '../../parts/button.tsx';
import { copyText } from '../../parts/copy.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import { nodeState, StateIcon, StateMark } from '../../parts/state.tsx';
import { type Row, timelineRows } from '../../timeline/rows.ts';
import { useRunActs } from './acts.ts';
import { RunHead } from './head.tsx';
import { logTarget } from './logs-tab.tsx';
import './run.css';
import { useSelection } from './selection.ts';
import { type RunData, useRun } from './use-run.ts';

/** The logs of a run: tasks and attempts on the left, one log on the right. Logs outlive Pods. */
export function RunLogsPage() {
  const { runId } = useRouteParams({ strict: false }) as { runId: string };
  const { data, error, refetch } = useRun(runId);
  usePage(
    [{ label: 'Runs', to: '/runs' }, { label: data?.view.displayName ?? runId, to: `/runs/${runId}` }, { label: 'Logs' }],
    data?.view.namespace,
  );
  if (data) return <LoadedLogs data={data} />;
  return error ? <Problem error={error} what={`run ${runId}`} retry={refetch} /> : <SkeletonRows what={`run ${runId}`} />;
}
function LoadedLogs({ data }: { data: RunData }) {
  const { view } = data;
  const navigate = useNavigate();
  const acts = useRunActs(view);
  const { selected } = useSelection(view);
  const { attempt, line } = useParams();
  const node = selected ?? view.nodes.find(n => n.attempts.length > 0 && n.kind === 'task');
  const number = attempt ? Number(attempt) : node?.attempts.length;
  const log = useLog(node && logTarget(view, node, number));
  const back = (): void =>
    void navigate({
      to: '/runs/$runId',
      params: { runId: view.runId },
      search: s => ({ ...(s.ns ? { ns: s.ns } : {}), ...(s.node ? { node: s.node } : {}) }),
    });
  useActs([{ id: 'back', label: 'Back to the graph', keys: 'escape', group: 'Log', run: back }]);
  const last = node?.attempts.find(a => a.number === number);
  const warnings = log.lines.filter(l => l.level === 'WARN').length;
  const errors = log.lines.filter(l => l.level === 'ERROR').length;
  return (
    <>
      <RunHead data={data} acts={acts}>
        {line && (
          <Button kind="ghost" icon={LinkIcon} onClick={() => void copyText(location.href)}>
            Copy link to line {line}
          </Button>
        )}
        <Button
          icon={Download}
          onClick={() => download(`${node?.displayName ?? 'log'}.log`, log.lines.map(l => l.raw).join('\n'))}
        >
          Download
        </Button>
        <Button icon={PanelRight} keys="escape" onClick={back}>
          Back to graph
        </Button>
      </RunHead>
      <div className="lw">
        <LogTree data={data} selected={node} attempt={number} />
        <section className="lv" aria-label="Log">
          {log.error ? (
            <Problem error={log.error} what={`the log of ${node?.displayName ?? 'this node'}`} />
          ) : log.status === 'none' ? (
            <p className="sub pad">{node ? `${node.displayName} has not run.` : 'Nothing has run yet.'}</p>
          ) : (
            <LogPanel log={log} />
          )}
          <div className="foot">
            {last && (
              <StateMark
                state={nodeState(last.state)}
                word={last.state === 'Running' ? 'Running' : `Ended, exit code ${last.exitCode ?? 0}`}
              />
            )}
            <span>
              {plural(log.lines.length, 'line')}, {plural(warnings, 'warning')}, {plural(errors, 'error')}
            </span>
            <span className="grow" />
            <span>
              <kbd>/</kbd> search
            </span>
            <span>
              <kbd>n</kbd> <kbd>p</kbd> next, previous error
            </span>
            <span>
              <kbd>Shift</kbd> <kbd>f</kbd> follow
            </span>
          </div>
        </section>
      </div>
    </>
  );
}
function download(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
/** The rows of the timeline without their bars, with one row more for each earlier attempt. */
function LogTree({
  data: { view, predicted, now },
  selected,
  attempt,
}: {
  data: RunData;
  selected: NodeView | undefined;
  attempt: number | undefined;
}) {
  const { open = '' } = useParams();
  const set = useSetParams();
  const toggled = useMemo(() => new Set(open ? open.split(',') : []), [open]);
  const rows = timelineRows(view, predicted, toggled, now);
  const toggle = (id: string): void => {
    const next = new Set(toggled);
    if (!next.delete(id)) next.add(id);
    set({ open: next.size ? [...next].join(',') : undefined });
  };
  return (
    <aside className="tree" aria-label="Tasks">
      <div className="th2">
        <h2 className="b6">Tasks</h2>
      </div>
      <ul>
        {rows.flatMap(row =>
          entriesOf(view, row).map(entry => (
            <TreeRow
              key={`${row.id}#${entry.attempt ?? ''}`}
              row={row}
              {...entry}
              on={row.select === selected?.id && (entry.attempt === undefined || entry.attempt === attempt)}
              onPick={() =>
                row.select
                  ? set({
                      node: row.select,
                      attempt: entry.attempt === undefined ? undefined : String(entry.attempt),
                      line: undefined,
                    })
                  : toggle(row.id)
              }
              onToggle={() => toggle(row.id)}
            />
          )),
        )}
      </ul>
      <div className="tf dim t11">Logs outlive pods</div>
    </aside>
  );
}
function entriesOf(view: RunView, row: Row): { attempt?: number; label: string }[] {
  const node = view.nodes.find(n => n.id === row.select);
  const name = row.tail ? `${row.label} ${row.tail}` : row.label;
  if (!node || node.attempts.length < 2) return [{ label: name }];
  return node.attempts.toReversed().map(a => ({ attempt: a.number, label: `${name}, attempt ${a.number}` }));
}
function TreeRow({
  row,
  label,
  on,
  onPick,
  onToggle,
}: {
  row: Row;
  label: string;
  attempt?: number;
  on: boolean;
  onPick(): void;
  onToggle(): void;
}) {
  const Chevron = row.open ? ChevronDown : ChevronRight;
  return (
    <li className={`d${row.depth}${on ? ' on' : ''}`}>
      {row.open !== undefined && (
        <button
          type="button"
          className="gchev"
          aria-expanded={row.open}
          aria-label={`${row.open ? 'Close' : 'Open'} ${label}`}
          onClick={onToggle}
        >
          <Chevron className="i" aria-hidden />
        </button>
      )}
      <button type="button" className="tp" aria-current={on ? 'true' : undefined} onClick={onPick}>
        <StateIcon state={nodeState(row.state)} />
        <span className="cut">{label}</span>
        {row.failed && <span className="c-fail t11 nowrap">{row.failed}</span>}
      </button>
    </li>
  );
}
