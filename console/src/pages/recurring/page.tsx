import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Pause, Play, Trash2 } from 'lucide-react';
import { usePage } from '../../app/page.ts';
import { keepNamespace, useParams } from '../../app/search.ts';
import { actOnRecurringRun, deleteRecurringRun, pipelinesQuery, type RecurringRun, recurringRunsQuery } from '../../data/kfp.ts';
import { useNow } from '../../lib/clock.ts';
import { momentText } from '../../lib/time.ts';
import { Button, IconButton } from '../../parts/button.tsx';
import { FirstUse } from '../../parts/empty.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import { StateMark, states } from '../../parts/state.tsx';
import { notifyError, notifyUndo } from '../../parts/toast.ts';
import { nextTime } from '../home/cron.ts';

/** Schedules: when each fires next, and a switch. */
export function RecurringPage() {
  const { ns } = useParams();
  const client = useQueryClient();
  const now = useNow();
  const { data, error, isPending, refetch } = useQuery(recurringRunsQuery(ns));
  const { data: pipelines } = useQuery(pipelinesQuery(ns));
  const list = data?.recurringRuns ?? [];
  usePage([{ label: 'Recurring runs' }], ns);
  const refresh = (): void => void client.invalidateQueries({ queryKey: ['recurring'] });
  const put = (r: RecurringRun, verb: 'enable' | 'disable'): Promise<void> =>
    actOnRecurringRun(r.recurring_run_id, verb).then(refresh, notifyError);
  const toggle = (r: RecurringRun): void => {
    const off = r.status === 'DISABLED';
    void put(r, off ? 'enable' : 'disable').then(() =>
      notifyUndo(off ? 'Enabled' : 'Disabled', r.display_name, () => void put(r, off ? 'disable' : 'enable')),
    );
  };
  return (
    <>
      <div className="phead">
        <div className="ptitle">
          <h1>Recurring runs</h1>
          {data && (
            <span className="sub">
              {list.filter(r => r.status !== 'DISABLED').length} of {list.length} enabled
            </span>
          )}
        </div>
      </div>
      <div className="body">
        <section className="panel">
          {isPending && <SkeletonRows what="the recurring runs" />}
          {error && <Problem error={error} what="the recurring runs" retry={() => void refetch()} />}
          {data && list.length === 0 && (
            <FirstUse title="No recurring runs yet" command="skiff run pipeline.yaml --follow">
              A recurring run starts a pipeline by the clock. This release does not serve them yet; start runs by hand.
            </FirstUse>
          )}
          {list.length > 0 && (
            <table className="t">
              <colgroup>
                <col style={{ width: 120 }} />
                <col />
                <col style={{ width: 200 }} />
                <col style={{ width: 170 }} />
                <col style={{ width: 140 }} />
                <col style={{ width: 150 }} />
              </colgroup>
              <thead>
                <tr>
                  <th>State</th>
                  <th>Recurring run</th>
                  <th>Pipeline</th>
                  <th>Schedule</th>
                  <th className="num">Next</th>
                  <th>
                    <span className="vh">Acts</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.map(r => {
                  const off = r.status === 'DISABLED';
                  const cron = r.trigger?.cron_schedule?.cron;
                  const every = r.trigger?.periodic_schedule?.interval_second;
                  const next = cron && !off ? nextTime(cron, now) : undefined;
                  const pipeline = pipelines?.pipelines?.find(p => p.pipeline_id === r.pipeline_version_reference?.pipeline_id);
                  return (
                    <tr key={r.recurring_run_id}>
                      <td>
                        <StateMark state={off ? states.stop('Disabled') : states.ok('Enabled')} />
                      </td>
                      <td className="name">{r.display_name}</td>
                      <td className="sub">
                        {pipeline && (
                          <Link to="/pipelines/$pipelineId" params={{ pipelineId: pipeline.pipeline_id }} search={keepNamespace}>
                            {pipeline.display_name}
                          </Link>
                        )}
                      </td>
                      <td className="mono sub">{cron ?? (every ? `every ${every} s` : '–')}</td>
                      <td className="num sub">
                        {next === undefined
                          ? '–'
                          : new Date(next).toDateString() === new Date(now).toDateString()
                            ? momentText(next, next)
                            : `tomorrow ${momentText(next, next)}`}
                      </td>
                      <td className="num">
                        <Button size="small" icon={off ? Play : Pause} onClick={() => toggle(r)}>
                          {off ? 'Enable' : 'Disable'}
                        </Button>{' '}
                        <IconButton
                          small
                          icon={Trash2}
                          label={`Delete ${r.display_name}`}
                          onClick={() =>
                            notifyUndo(
                              'Deleting',
                              r.display_name,
                              () => {},
                              () => void deleteRecurringRun(r.recurring_run_id).then(refresh, notifyError),
                            )
                          }
                        />
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          )}
        </section>
      </div>
    </>
  );
}
