import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { listRuns } from '../../data/kfp.ts';
import { now } from '../../lib/clock.ts';
import { needsClient, parseQuery, toPredicates } from './query.ts';

/** A saved query: a tab over the list. */
export type SavedView = { name: string; q: string; own?: boolean };
const built: readonly SavedView[] = [
  { name: 'All', q: '' },
  { name: 'Running', q: 'status:running' },
  { name: 'Failed this week', q: 'status:failed started:<7d' },
  { name: 'Archived', q: 'archived:yes' },
];
const storeKey = 'skiff.views.runs';
function load(): SavedView[] {
  try {
    return JSON.parse(localStorage.getItem(storeKey) ?? '[]') as SavedView[];
  } catch {
    return []; // A broken entry is no reason to show nothing.
  }
}
export function useViews() {
  const [own, setOwn] = useState(load);
  const store = (next: SavedView[]): void => {
    localStorage.setItem(storeKey, JSON.stringify(next));
    setOwn(next);
  };
  return {
    views: [...built.slice(0, 3), ...own.map(v => ({ ...v, own: true })), ...built.slice(3)],
    save: (name: string, q: string) => store([...own.filter(v => v.name !== name), { name, q }]),
    remove: (name: string) => store(own.filter(v => v.name !== name)),
  };
}
/** How many runs each view has; views that the server cannot answer alone stay without count. */
export function useViewCounts(views: readonly SavedView[], namespace: string | undefined): (number | undefined)[] {
  const minute = Math.floor(now() / 60_000) * 60_000;
  const results = useQueries({
    queries: views.map(view => {
      const tokens = parseQuery(view.q);
      const predicates = toPredicates(tokens, { now: minute, experimentId: () => undefined });
      return {
        queryKey: ['runs', 'count', namespace ?? '', JSON.stringify(predicates)],
        enabled: !needsClient(tokens) && !tokens.some(t => t.key === 'experiment'),
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          listRuns({ ...(namespace ? { namespace } : {}), page_size: 1, predicates }, signal),
        refetchInterval: 15_000,
      };
    }),
  });
  return results.map(r => r.data?.total_size);
}
