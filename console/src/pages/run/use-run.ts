import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { RunView } from '../../../../src/pipelines/api/view.ts';
import { listRuns } from '../../data/kfp.ts';
import { isFinal, runViewQuery, useRunView } from '../../data/view.ts';
import { useNow } from '../../lib/clock.ts';
import { type Forecast, forecast } from '../../timeline/predict.ts';

export type RunData = { view: RunView; previous: RunView | undefined; predicted: Forecast; now: number };

/** The last run of the same pipeline that succeeded: what this one is measured against. */
function usePrevious(view: RunView | undefined): RunView | undefined {
  const pipelineId = view?.pipeline?.id;
  const { data: runs } = useQuery({
    queryKey: ['runs', 'previous', view?.runId],
    enabled: pipelineId !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      listRuns(
        { namespace: view!.namespace, experiment_id: view!.experiment.id, page_size: 50, sort_by: 'created_at desc' },
        signal,
      ),
  });
  const id = runs?.runs?.find(
    r =>
      r.run_id !== view?.runId &&
      r.state === 'SUCCEEDED' &&
      !r.cached &&
      r.pipeline_version_reference?.pipeline_id === pipelineId,
  )?.run_id;
  const { data } = useQuery({ ...runViewQuery(id ?? ''), enabled: id !== undefined, staleTime: Number.POSITIVE_INFINITY });
  return data;
}
/** Everything the run page draws; ticks while the run goes on. */
export function useRun(runId: string): { data: RunData | undefined; error: Error | null; refetch(): void } {
  const { data: view, error, refetch } = useRunView(runId);
  const previous = usePrevious(view);
  const now = useNow(view !== undefined && !isFinal(view.state));
  const predicted = useMemo(() => (view ? forecast(view, previous, now) : new Map()), [view, previous, now]);
  return { data: view ? { view, previous, predicted, now } : undefined, error, refetch: () => void refetch() };
}
/** When the run will probably end: the end of the last forecast. */
export function expectedEnd(predicted: Forecast): number | undefined {
  const ends = [...predicted.values()].map(f => f.end);
  return ends.length ? Math.max(...ends) : undefined;
}
