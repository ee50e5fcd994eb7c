import { useInfiniteQuery, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import {
  experimentsQuery,
  getRun,
  type ListParams,
  listRuns,
  type Predicate,
  pipelinesQuery,
  type Run,
  versionsQuery,
} from '../../data/kfp.ts';
import { isFinal } from '../../data/view.ts';
import { now } from '../../lib/clock.ts';
import { matches, needsClient, type QueryContext, type Token, toPredicates } from './query.ts';

export type Runs = {
  rows: readonly Run[];
  /** How many the server has for its part of the query. */
  total: number;
  /** Rows were also filtered here, so `total` says nothing about matches. */
  narrowed: boolean;
  searched: number;
  loaded: boolean;
  error: Error | null;
  tookMs: number;
  fresh: number;
  hasMore: boolean;
  more(): void;
  refresh(): void;
  context: QueryContext;
};
const pageSize = 200;
const enough = 60;
const liveMs = 3000;

/** Names for the ids in a run, from lists that are loaded once. */
export function useNames(namespace: string | undefined, runs: readonly Run[] = []) {
  const { data: pipelines } = useQuery(pipelinesQuery(namespace));
  const { data: experiments } = useQuery(experimentsQuery(namespace));
  const ids = [...new Set(runs.map(r => r.pipeline_version_reference?.pipeline_id).filter(id => id !== undefined))].slice(0, 40);
  const versionLists = useQueries({ queries: ids.map(id => versionsQuery(id)) });
  return useMemo(() => {
    const pipelineNames = new Map(pipelines?.pipelines?.map(p => [p.pipeline_id, p.display_name]));
    const versionNames = new Map(
      versionLists.flatMap(list => list.data?.pipeline_versions ?? []).map(v => [v.pipeline_version_id, v.display_name]),
    );
    return {
      pipelineName: (run: Run) => pipelineNames.get(run.pipeline_version_reference?.pipeline_id ?? '') ?? '',
      versionName: (run: Run) => versionNames.get(run.pipeline_version_reference?.pipeline_version_id ?? '') ?? '',
      experimentId: (name: string) => experiments?.experiments?.find(e => e.display_name === name)?.experiment_id,
      experimentName: (id: string) => experiments?.experiments?.find(e => e.experiment_id === id)?.display_name,
      pipelineNames: [...pipelineNames.values()],
      experimentNames: experiments?.experiments?.map(e => e.display_name) ?? [],
    };
  }, [pipelines, experiments, versionLists]);
}
/**
 * The runs of a query, page by page, kept fresh: the newest page and all unfinished runs are asked again every 3 s and
 * patched into their rows; runs that are new wait behind `fresh` until the reader wants them.
 */
export function useRuns(o: {
  namespace: string | undefined;
  experiment?: string | undefined;
  tokens: readonly Token[];
  sort: string;
  names: ReturnType<typeof useNames>;
}): Runs {
  const { namespace, experiment, tokens, sort, names } = o;
  const client = useQueryClient();
  const minute = Math.floor(now() / 60_000) * 60_000;
  const predicates = toPredicates(tokens, { now: minute, experimentId: names.experimentId });
  const base: ListParams = {
    ...(namespace ? { namespace } : {}),
    ...(experiment ? { experiment_id: experiment } : {}),
    predicates,
    sort_by: sort,
  };
  const key = ['runs', 'list', JSON.stringify(base)];
  const pages = useInfiniteQuery({
    queryKey: key,
    initialPageParam: '',
    queryFn: async ({ pageParam, signal }) => {
      const begin = performance.now();
      const page = await listRuns({ ...base, page_size: pageSize, ...(pageParam ? { page_token: pageParam } : {}) }, signal);
      return { ...page, tookMs: performance.now() - begin };
    },
    getNextPageParam: page => page.next_page_token || undefined,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: old => old,
  });
  const listed = useMemo(() => pages.data?.pages.flatMap(p => p.runs ?? []) ?? [], [pages.data]);
  const { patches, fresh } = useFresh(listed, base, pages.isSuccess);
  const context: QueryContext = { now: now(), pipelineName: names.pipelineName, experimentId: names.experimentId };
  const narrowed = needsClient(tokens);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the context changes with time only, which no row depends on
  const rows = useMemo(() => {
    const patched = listed.map(r => patches.get(r.run_id) ?? r);
    return narrowed ? patched.filter(r => matches(r, tokens, context)) : patched;
  }, [listed, patches, tokens, narrowed, names]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  useEffect(() => {
    if (narrowed && rows.length < enough && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [narrowed, rows.length, hasNextPage, isFetchingNextPage, fetchNextPage]);
  return {
    rows,
    total: pages.data?.pages[0]?.total_size ?? rows.length,
    narrowed,
    searched: listed.length,
    loaded: pages.data !== undefined,
    error: pages.error,
    tookMs: pages.data?.pages[0]?.tookMs ?? 0,
    fresh,
    hasMore: hasNextPage,
    more: () => !isFetchingNextPage && void fetchNextPage(),
    refresh: () => void client.resetQueries({ queryKey: key }),
    context,
  };
}
function useFresh(listed: readonly Run[], base: ListParams, ready: boolean): { patches: Map<string, Run>; fresh: number } {
  const newest = useQuery({
    queryKey: ['runs', 'newest', JSON.stringify(base)],
    enabled: ready,
    refetchInterval: liveMs,
    queryFn: ({ signal }) => listRuns({ ...base, page_size: 50, sort_by: 'created_at desc' }, signal),
  });
  const active: Predicate[] = [
    ...(base.predicates ?? []).filter(p => p.key !== 'state'),
    { operation: 'IN', key: 'state', string_values: { values: ['RUNNING', 'PENDING', 'CANCELING', 'PAUSED'] } },
  ];
  const running = useQuery({
    queryKey: ['runs', 'active', JSON.stringify(base)],
    enabled: ready,
    refetchInterval: liveMs,
    queryFn: ({ signal }) => listRuns({ ...base, predicates: active, page_size: 100, sort_by: 'created_at desc' }, signal),
  });
  const alive = new Set(running.data?.runs?.map(r => r.run_id));
  const ended = running.data ? listed.filter(r => !isFinal(r.state) && !alive.has(r.run_id)).slice(0, 20) : [];
  const endings = useQueries({
    queries: ended.map(r => ({
      queryKey: ['run', r.run_id, 'ended'],
      queryFn: () => getRun(r.run_id),
      staleTime: 10_000,
      retry: false,
    })),
  });
  const patches = useMemo(() => {
    const all = [
      ...endings.map(e => e.data).filter(r => r !== undefined),
      ...(running.data?.runs ?? []),
      ...(newest.data?.runs ?? []),
    ];
    return new Map(all.map(r => [r.run_id, r]));
  }, [newest.data, running.data, endings]);
  const known = new Set(listed.map(r => r.run_id));
  const top =
    listed
      .map(r => r.created_at)
      .sort()
      .at(-1) ?? '';
  const fresh = (newest.data?.runs ?? []).filter(r => !known.has(r.run_id) && r.created_at > top).length;
  return { patches, fresh };
}
