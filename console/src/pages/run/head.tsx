import { Link } from '@tanstack/react-router';
import {
  Archive,
  ArchiveRestore,
  CircleStop,
  Copy,
  Ellipsis,
  FlaskConical,
  Hash,
  Layers,
  RotateCcw,
  Timer,
  Trash2,
  Workflow,
  X,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { keepNamespace } from '../../app/search.ts';
import { isFinal } from '../../data/view.ts';
import { clockText, parseTime, roughText } from '../../lib/time.ts';
import { Button, IconButton } from '../../parts/button.tsx';
import { MenuButton } from '../../parts/menu.tsx';
import { Moment } from '../../parts/moment.tsx';
import { runState, StateMark } from '../../parts/state.tsx';
import type { useRunActs } from './acts.ts';
import { cachedOf, failedNotice, progressOf, savedMs } from './progress.ts';
import { expectedEnd, type RunData } from './use-run.ts';

/** Title, badge, what failed, and what one can do about it. */
export function RunHead({ data, acts, children }: { data: RunData; acts: ReturnType<typeof useRunActs>; children?: ReactNode }) {
  const { view } = data;
  const notice = failedNotice(view);
  return (
    <>
      <div className="phead runhead">
        <div className="ptitle">
          <h1 title={view.displayName}>{view.displayName}</h1>
          <StateMark big state={runState(view.state)} />
          {view.archived && <span className="tag">archived</span>}
          {notice && (
            <span className="st fail">
              <X className="i" aria-hidden />
              {notice}
            </span>
          )}
          <div className="acts">{children ?? <HeadActs data={data} acts={acts} />}</div>
        </div>
        {!children && <Facts data={data} />}
      </div>
      <Waterline data={data} />
    </>
  );
}
function HeadActs({ data: { view }, acts }: { data: RunData; acts: ReturnType<typeof useRunActs> }) {
  return (
    <>
      {acts.canRetry && (
        <Button icon={RotateCcw} onClick={acts.retry}>
          Retry failed
        </Button>
      )}
      <Button icon={Copy} onClick={acts.clone}>
        Clone
      </Button>
      {acts.canTerminate && (
        <Button icon={CircleStop} onClick={acts.terminate}>
          Terminate
        </Button>
      )}
      <MenuButton
        align="end"
        trigger={<IconButton className="btn sq" icon={Ellipsis} label="More acts" />}
        items={[
          ...(acts.canRetry
            ? []
            : [{ label: 'Retry failed', icon: RotateCcw, hint: 'when it has ended', disabled: true, run: acts.retry }]),
          view.archived
            ? { label: 'Restore', icon: ArchiveRestore, run: acts.restore }
            : { label: 'Archive', icon: Archive, run: acts.archive },
          'line',
          { label: 'Delete', icon: Trash2, danger: true, hint: 'undo for 10 s', run: acts.remove },
        ]}
      />
    </>
  );
}
function Facts({ data: { view, previous, predicted, now } }: { data: RunData }) {
  const start = parseTime(view.startedAt);
  const end = parseTime(view.finishedAt);
  const left = (expectedEnd(predicted) ?? 0) - now;
  const { cached, total } = cachedOf(view);
  const saved = savedMs(view, previous);
  return (
    <div className="pmeta">
      {view.pipeline && (
        <Link
          to="/pipelines/$pipelineId"
          params={{ pipelineId: view.pipeline.id }}
          search={s => ({ ...keepNamespace(s), ...(view.pipeline?.versionId ? { version: view.pipeline.versionId } : {}) })}
        >
          <Workflow className="i" aria-hidden />
          <span>
            <b>{view.pipeline.name}</b> {view.pipeline.versionName}
          </span>
        </Link>
      )}
      <Link
        to="/experiments/$experimentId"
        params={{ experimentId: view.experiment.id }}
        search={keepNamespace}
        title="Experiment"
      >
        <FlaskConical className="i" aria-hidden />
        {view.experiment.name}
      </Link>
      {start !== undefined && (
        <span title={isFinal(view.state) ? 'Duration' : 'Elapsed'}>
          <Timer className="i" aria-hidden />
          <span>
            <b>{clockText((end ?? now) - start)}</b>
            {left > 0 && `, about ${roughText(Math.max(60_000, left))} left`}
            {end !== undefined && (
              <>
                , started <Moment at={view.startedAt} />
              </>
            )}
          </span>
        </span>
      )}
      {cached > 0 && (
        <span>
          <Layers className="i" aria-hidden />
          {cached} of {total} tasks cached{saved >= 1000 && `, saved ${clockText(saved)}`}
        </span>
      )}
      <span>
        <Hash className="i" aria-hidden />
        <span className="mono">run {view.runId}</span>
      </span>
    </div>
  );
}
/** The lower edge of the head: the run's progress by state while it goes on, a hairline afterwards. */
function Waterline({ data: { view } }: { data: RunData }) {
  const { ok, failed, running } = progressOf(view);
  if (isFinal(view.state) && failed === 0) return <div className="waterline" />;
  const width = (share: number): { width: string } => ({ width: `${share * 100}%` });
  return (
    <div
      className="waterline live-line"
      role="img"
      aria-label={`${Math.round(ok * 100)} % done, ${Math.round(failed * 100)} % failed, ${Math.round(running * 100)} % running`}
    >
      {ok > 0 && <i className="m-ok" style={width(ok)} />}
      {failed > 0 && <i className="m-fail" style={width(failed)} />}
      {running > 0 && <i className="m-run" style={width(running)} />}
    </div>
  );
}
