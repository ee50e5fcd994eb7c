import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams as useRouteParams } from '@tanstack/react-router';
import { CalendarClock, Hash, Play } from 'lucide-react';
import { useActs } from '../../acts/registry.ts';
import { usePage } from '../../app/page.ts';
import { keepNamespace } from '../../app/search.ts';
import { experimentQuery } from '../../data/kfp.ts';
import { buttonClass } from '../../parts/button.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Problem } from '../../parts/problem.tsx';
import { RunList, useListedRuns } from '../runs/run-list.tsx';

/** The runs of one experiment, with the same query bar and acts as all runs. */
export function ExperimentPage() {
  const { experimentId } = useRouteParams({ strict: false }) as { experimentId: string };
  const navigate = useNavigate();
  const { data: experiment, error, refetch } = useQuery(experimentQuery(experimentId));
  const listed = useListedRuns(experimentId);
  usePage(
    [{ label: 'Experiments', to: '/experiments' }, { label: experiment?.display_name ?? experimentId }],
    experiment?.namespace,
  );
  useActs([
    {
      id: 'new-run',
      label: 'Start run in this experiment',
      icon: Play,
      keys: 'c',
      group: 'This experiment',
      run: () => void navigate({ to: '/runs/new', search: s => ({ ...keepNamespace(s), experiment: experimentId }) }),
    },
  ]);
  if (error) return <Problem error={error} what={`experiment ${experimentId}`} retry={() => void refetch()} />;
  return (
    <>
      <div className="phead exphead">
        <div className="ptitle">
          <h1>{experiment?.display_name ?? ' '}</h1>
          {experiment?.storage_state === 'ARCHIVED' && <span className="tag">archived</span>}
          <div className="acts">
            <Link
              className={buttonClass('primary')}
              to="/runs/new"
              search={s => ({ ...keepNamespace(s), experiment: experimentId })}
            >
              <Play className="i" aria-hidden />
              Start run
            </Link>
          </div>
        </div>
        <div className="pmeta">
          {experiment?.description && <span>{experiment.description}</span>}
          <span>
            <CalendarClock className="i" aria-hidden />
            last run <Moment at={experiment?.last_run_created_at} ago />
          </span>
          <span>
            <Hash className="i" aria-hidden />
            <span className="mono">{experimentId}</span>
          </span>
        </div>
      </div>
      <div className="waterline" />
      <div className="flushbody full">
        <RunList listed={listed} firstUse={false} />
      </div>
    </>
  );
}
