import { useQueries, useQuery } from '@tanstack/react-query';
import type { Obj } from '../../../src/kube/types.ts';
import { listRuns, type Run } from '../data/kfp.ts';
import { type KnownKind, objectState, servedKinds } from '../data/kinds.ts';
import { discoveryQuery, objectsQuery, type Resource } from '../data/kube.ts';
import { now } from '../lib/clock.ts';
import { useParams } from './search.ts';

export type Count = { active: number; bad: number };
export type Counts = Partial<Record<KnownKind | 'runs', Count>>;

/** The objects of all known kinds that are served, live enough for counts. */
export function useKnownObjects(namespace?: string): { as: KnownKind; resource: Resource; items: readonly Obj[] }[] {
  const { data: resources = [] } = useQuery(discoveryQuery);
  const served = servedKinds(resources);
  const results = useQueries({
    queries: served.map(({ resource }) => ({ ...objectsQuery(resource, namespace), refetchInterval: 10_000 })),
  });
  return served.map(({ as, resource }, i) => ({ as, resource, items: results[i]?.data ?? [] }));
}
const day = 86_400_000;
/** The latest runs of the namespace: what home and the sidebar talk about. */
export function useLatestRuns(namespace?: string): { runs: readonly Run[]; loaded: boolean; error: Error | null } {
  const { data, error } = useQuery({
    queryKey: ['runs', 'latest', namespace ?? ''],
    queryFn: ({ signal }) =>
      listRuns({ ...(namespace ? { namespace } : {}), page_size: 100, sort_by: 'created_at desc' }, signal),
    refetchInterval: 3000,
  });
  return { runs: data?.runs ?? [], loaded: data !== undefined, error };
}
/** Failed in the last day and not archived. */
export function isFreshFailure(run: Run): boolean {
  const at = Date.parse(run.created_at);
  return (run.state === 'FAILED' || (run.failed_tasks ?? 0) > 0) && run.storage_state !== 'ARCHIVED' && now() - at < day;
}
export function useCounts(): Counts {
  const { ns } = useParams();
  const { runs } = useLatestRuns(ns);
  const known = useKnownObjects(ns);
  const counts: Counts = {
    runs: {
      active: runs.filter(r => r.state === 'RUNNING' || r.state === 'PENDING').length,
      bad: runs.filter(isFreshFailure).length,
    },
  };
  for (const { as, items } of known) {
    const count = (counts[as] ??= { active: 0, bad: 0 });
    for (const item of items) {
      const phase = objectState(item)?.phase;
      if (phase === 'active') count.active += 1;
      // A failed job is history; a service that should be up and is not needs somebody.
      if (phase === 'failed' && as === 'serving') count.bad += 1;
      if (phase === 'waiting' && as === 'training') count.active += 1;
    }
  }
  return counts;
}
