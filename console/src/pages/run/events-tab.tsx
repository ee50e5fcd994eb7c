import { useQuery } from '@tanstack/react-query';
import { eventsQuery, eventTime } from '../../data/kube.ts';
import { parseTime, timeOfDay } from '../../lib/time.ts';
import { Problem } from '../../parts/problem.tsx';
import { SkeletonRows } from '../../parts/skeleton.tsx';
import { StateMark, states } from '../../parts/state.tsx';

/** The events of one object, newest last, warnings told apart. */
export function EventList({ namespace, kind, name }: { namespace: string; kind?: string; name: string }) {
  const { data, error, isPending, refetch } = useQuery(eventsQuery(namespace, kind, name));
  if (isPending) return <SkeletonRows rows={3} what={`events of ${name}`} />;
  if (error) return <Problem error={error} what={`the events of ${name}`} retry={() => void refetch()} />;
  if (data.length === 0) return <p className="sub">No events about {name}. Kubernetes keeps events for an hour.</p>;
  return (
    <ol className="evs">
      {data.map(e => {
        const at = parseTime(eventTime(e));
        return (
          <li key={e.metadata.uid ?? e.metadata.name}>
            <div className="row">
              {e.type === 'Warning' ? (
                <StateMark state={states.warn(e.reason ?? 'Warning')} />
              ) : (
                <span className="b5">{e.reason}</span>
              )}
              {(e.count ?? 1) > 1 && <span className="dim t12">{e.count} times</span>}
              <span className="grow" />
              <span className="dim t12">{at === undefined ? '' : timeOfDay(at)}</span>
            </div>
            <p className="sub">{e.message}</p>
          </li>
        );
      })}
    </ol>
  );
}
