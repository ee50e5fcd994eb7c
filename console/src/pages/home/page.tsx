import { Link, useNavigate } from '@tanstack/react-router';
import { Play, Upload } from 'lucide-react';
import { useActs } from '../../acts/registry.ts';
import { isFreshFailure, useKnownObjects, useLatestRuns } from '../../app/counts.ts';
import { usePage } from '../../app/page.ts';
import { keepNamespace, useParams } from '../../app/search.ts';
import { objectState } from '../../data/kinds.ts';
import { isFinal } from '../../data/view.ts';
import { buttonClass, Keys } from '../../parts/button.tsx';
import { FirstUse } from '../../parts/empty.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import { needsOf, needsTitle } from './needs.ts';
import { Needs } from './needs-list.tsx';
import { Components, Machine, NextRuns, usePods } from './rail.tsx';
import { Recent } from './recent.tsx';
import { Running } from './running.tsx';
import './home.css';

/** What needs you, what runs, what happened. The title is the conclusion. */
export function HomePage() {
  const { ns } = useParams();
  const navigate = useNavigate();
  const { runs, loaded, error } = useLatestRuns(ns);
  const known = useKnownObjects(ns);
  const pods = usePods(ns);
  usePage([{ label: 'Home' }], ns);
  useActs([
    {
      id: 'new-run',
      label: 'Start run',
      icon: Play,
      keys: 'c',
      group: 'Home',
      command: 'skiff run',
      run: () => void navigate({ to: '/runs/new', search: keepNamespace }),
    },
  ]);
  const needs = needsOf(runs, known, isFreshFailure);
  const active =
    runs.filter(r => !isFinal(r.state) && r.state !== 'PENDING').length +
    known
      .filter(k => k.as === 'tuning' || k.as === 'training')
      .flatMap(k => k.items)
      .filter(o => objectState(o)?.phase === 'active').length;
  const empty = loaded && runs.length === 0 && known.every(k => k.items.length === 0);
  return (
    <>
      <div className="phead home">
        <div className="ptitle">
          <h1>{loaded ? needsTitle(needs.length) : 'Home'}</h1>
          {loaded && (
            <span className="sub cut">
              {active} running{pods ? `, ${pods.length} pods` : ''}
              {runs.some(r => r.state === 'PENDING')
                ? `, ${runs.filter(r => r.state === 'PENDING').length} waiting`
                : ', nothing else is waiting'}
            </span>
          )}
          <div className="acts">
            <Link className={buttonClass()} to="/pipelines" search={s => ({ ...keepNamespace(s), upload: 'new' })}>
              <Upload className="i" aria-hidden />
              Upload pipeline
            </Link>
            <Link className={buttonClass('primary')} to="/runs/new" search={keepNamespace}>
              <Play className="i" aria-hidden />
              Start run
              <Keys keys="c" />
            </Link>
          </div>
        </div>
      </div>
      <div className="body cols">
        <div className="main">
          {error && <Problem error={error} what="the runs" />}
          {!loaded && !error && (
            <section className="panel">
              <SkeletonRows rows={6} what="runs and services" />
            </section>
          )}
          {empty ? (
            <section className="panel">
              <FirstUse
                title="Skiff is up"
                command="npm run demo"
                actions={
                  <Link className={buttonClass('primary')} to="/pipelines" search={s => ({ ...keepNamespace(s), upload: 'new' })}>
                    Upload a pipeline
                  </Link>
                }
              >
                Nothing has run here yet. Upload a pipeline that the kfp SDK compiled, or run the demo.
              </FirstUse>
            </section>
          ) : (
            loaded && (
              <>
                {needs.length > 0 && <Needs needs={needs} />}
                <Running runs={runs} known={known} pods={pods ?? []} />
                <Recent runs={runs} known={known} />
              </>
            )
          )}
        </div>
        <div className="rail">
          <Machine pods={pods ?? []} />
          <Components runs={runs} known={known} pods={pods ?? []} />
          <NextRuns namespace={ns} />
        </div>
      </div>
    </>
  );
}
