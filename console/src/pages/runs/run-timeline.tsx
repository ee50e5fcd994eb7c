import { useMemo } from 'react';
import type { NodeState } from '../../../../src/pipelines/api/view.ts';
import type { Run } from '../../data/kfp.ts';
import { useNow } from '../../lib/clock.ts';
import { clockText, momentText, parseTime } from '../../lib/time.ts';
import type { Row } from '../../timeline/rows.ts';
import { Timeline } from '../../timeline/timeline.tsx';

const longestMs = 2 * 86_400_000;
const most = 200;
const states: Record<string, NodeState> = {
  PENDING: 'Pending',
  RUNNING: 'Running',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  SKIPPED: 'Skipped',
  CANCELED: 'Canceled',
  CANCELING: 'Running',
  PAUSED: 'Canceled',
};
const tones = {
  Pending: 'hold',
  Running: 'run',
  Succeeded: 'ok',
  Failed: 'fail',
  Skipped: 'hold',
  Cached: 'cache',
  Canceled: 'hold',
} as const;

/** The runs of the query on one clock: what overlapped, what waited. At most two days back from the newest. */
export function RunTimeline({ rows, onOpen }: { rows: readonly Run[]; onOpen(id: string): void }) {
  const now = useNow();
  const { bars, start, end } = useMemo(() => layout(rows, now), [rows, now]);
  return (
    <div className="rtl">
      <Timeline
        rows={bars}
        start={start}
        end={end}
        now={end >= now ? now : undefined}
        clock
        critical={false}
        selected={undefined}
        onSelect={onOpen}
        onToggle={() => {}}
      />
      <p className="dim t12 rtn">
        {bars.length} runs since {momentText(start, now)}; narrow the query to look further back.
      </p>
    </div>
  );
}
function layout(rows: readonly Run[], now: number): { bars: Row[]; start: number; end: number } {
  const newest = Math.max(...rows.slice(0, most).map(r => parseTime(r.finished_at) ?? now));
  const inside = rows.slice(0, most).filter(r => (parseTime(r.created_at) ?? 0) > newest - longestMs);
  const start = Math.min(...inside.map(r => parseTime(r.created_at) ?? now));
  const bars = inside.map((run): Row => {
    const from = parseTime(run.created_at) ?? now;
    const to = parseTime(run.finished_at) ?? now;
    const state: NodeState = run.cached ? 'Cached' : (states[run.state ?? 'PENDING'] ?? 'Pending');
    return {
      id: run.run_id,
      select: run.run_id,
      label: run.display_name,
      depth: 0,
      state,
      bars: [{ from, to, tone: tones[state], y: 8, height: 10 }],
      note: clockText(to - from),
    };
  });
  return { bars, start, end: newest };
}
