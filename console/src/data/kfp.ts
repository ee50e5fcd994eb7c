import { queryOptions } from '@tanstack/react-query';
import type { RunState } from '../../../src/pipelines/api/view.ts';
import { getJson, query, send } from './http.ts';

/** The members of KFP's v2beta1 JSON that the console reads. @source kubeflow/pipelines backend/api/v2beta1 */
export type VersionRef = { pipeline_id: string; pipeline_version_id?: string };
export type Run = {
  run_id: string;
  experiment_id: string;
  display_name: string;
  description?: string;
  storage_state?: 'AVAILABLE' | 'ARCHIVED';
  state?: RunState;
  pipeline_version_reference?: VersionRef;
  runtime_config?: { parameters?: Record<string, unknown>; pipeline_root?: string };
  service_account?: string;
  created_at: string;
  scheduled_at?: string;
  /** 1970 while unfinished. */
  finished_at?: string;
  error?: { code?: number; message?: string };
  recurring_run_id?: string;
  state_history?: { update_time: string; state: string }[];
  /** What Skiff adds to upstream's Run, all optional: other clients ignore it. */
  namespace?: string;
  metrics?: Record<string, number>;
  cached?: boolean;
  failed_tasks?: number;
};
export type Experiment = {
  experiment_id: string;
  display_name: string;
  description?: string;
  created_at: string;
  last_run_created_at?: string;
  namespace?: string;
  storage_state?: 'AVAILABLE' | 'ARCHIVED';
};
export type Pipeline = {
  pipeline_id: string;
  display_name: string;
  name?: string;
  description?: string;
  created_at: string;
  namespace?: string;
};
export type PipelineVersion = {
  pipeline_id: string;
  pipeline_version_id: string;
  display_name: string;
  description?: string;
  created_at: string;
  pipeline_spec?: Record<string, unknown>;
};
export type RecurringRun = {
  recurring_run_id: string;
  display_name: string;
  description?: string;
  created_at: string;
  status?: 'ENABLED' | 'DISABLED';
  namespace?: string;
  experiment_id?: string;
  max_concurrency?: string;
  pipeline_version_reference?: VersionRef;
  trigger?: { cron_schedule?: { cron?: string }; periodic_schedule?: { interval_second?: string } };
};
export type Predicate = { operation: string; key: string } & Record<string, unknown>;
export type ListParams = {
  namespace?: string;
  page_size?: number;
  page_token?: string;
  sort_by?: string;
  predicates?: Predicate[];
  experiment_id?: string;
};

const base = '/apis/v2beta1';
const id = encodeURIComponent;
function listQuery({ predicates, ...rest }: ListParams): string {
  return query({ ...rest, filter: predicates?.length ? JSON.stringify({ predicates }) : undefined });
}
type Page<K extends string, T> = { [key in K]?: T[] } & { total_size?: number; next_page_token?: string };

export type RunPage = Page<'runs', Run>;
export const listRuns = (o: ListParams, signal?: AbortSignal): Promise<RunPage> => getJson(`${base}/runs${listQuery(o)}`, signal);
export const getRun = (runId: string, signal?: AbortSignal): Promise<Run> => getJson(`${base}/runs/${id(runId)}`, signal);
export type RunVerb = 'archive' | 'unarchive' | 'terminate' | 'retry';
export const actOnRun = (runId: string, verb: RunVerb): Promise<unknown> => send('POST', `${base}/runs/${id(runId)}:${verb}`);
export const deleteRun = (runId: string, keepalive = false): Promise<unknown> =>
  send('DELETE', `${base}/runs/${id(runId)}`, { keepalive });
export type NewRun = {
  display_name: string;
  description?: string;
  experiment_id?: string;
  pipeline_version_reference: VersionRef;
  runtime_config: { parameters: Record<string, unknown>; pipeline_root?: string };
  service_account?: string;
};
export const createRun = (run: NewRun): Promise<Run> => send('POST', `${base}/runs`, { json: run });

/** Newest pipelines first; one page, as the names are few. */
export const pipelinesQuery = (namespace?: string) =>
  queryOptions({
    queryKey: ['pipelines', namespace ?? ''],
    queryFn: ({ signal }) =>
      getJson<Page<'pipelines', Pipeline>>(
        `${base}/pipelines${listQuery({ ...ns(namespace), page_size: 200, sort_by: 'created_at desc' })}`,
        signal,
      ),
    staleTime: 10_000,
  });
export const pipelineQuery = (pipelineId: string) =>
  queryOptions({
    queryKey: ['pipeline', pipelineId],
    queryFn: ({ signal }) => getJson<Pipeline>(`${base}/pipelines/${id(pipelineId)}`, signal),
  });
/** Newest version first. */
export const versionsQuery = (pipelineId: string) =>
  queryOptions({
    queryKey: ['versions', pipelineId],
    queryFn: ({ signal }) =>
      getJson<Page<'pipeline_versions', PipelineVersion>>(
        `${base}/pipelines/${id(pipelineId)}/versions${listQuery({ page_size: 100, sort_by: 'created_at desc' })}`,
        signal,
      ),
    staleTime: 30_000,
  });
export const deletePipeline = (pipelineId: string): Promise<unknown> =>
  send('DELETE', `${base}/pipelines/${id(pipelineId)}?cascade=true`);
export const deleteVersion = (v: PipelineVersion): Promise<unknown> =>
  send('DELETE', `${base}/pipelines/${id(v.pipeline_id)}/versions/${id(v.pipeline_version_id)}`);
function form(file: File): FormData {
  const data = new FormData();
  data.set('uploadfile', file, file.name);
  return data;
}
export const uploadPipeline = (file: File, o: { name: string; description?: string; namespace?: string }): Promise<Pipeline> =>
  send('POST', `${base}/pipelines/upload${query(o)}`, { raw: form(file) });
export const uploadVersion = (
  file: File,
  o: { name: string; description?: string; pipelineid: string },
): Promise<PipelineVersion> => send('POST', `${base}/pipelines/upload_version${query(o)}`, { raw: form(file) });

export const experimentsQuery = (namespace?: string) =>
  queryOptions({
    queryKey: ['experiments', namespace ?? ''],
    queryFn: ({ signal }) =>
      getJson<Page<'experiments', Experiment>>(
        `${base}/experiments${listQuery({ ...ns(namespace), page_size: 200, sort_by: 'last_run_created_at desc' })}`,
        signal,
      ),
    staleTime: 10_000,
  });
export const experimentQuery = (experimentId: string) =>
  queryOptions({
    queryKey: ['experiment', experimentId],
    queryFn: ({ signal }) => getJson<Experiment>(`${base}/experiments/${id(experimentId)}`, signal),
  });
export const createExperiment = (o: { display_name: string; description?: string; namespace?: string }): Promise<Experiment> =>
  send('POST', `${base}/experiments`, { json: o });
export const actOnExperiment = (experimentId: string, verb: 'archive' | 'unarchive'): Promise<unknown> =>
  send('POST', `${base}/experiments/${id(experimentId)}:${verb}`);

/** `recurringRuns` is upstream's one camelCase list. */
export const recurringRunsQuery = (namespace?: string) =>
  queryOptions({
    queryKey: ['recurring', namespace ?? ''],
    queryFn: ({ signal }) =>
      getJson<{ recurringRuns?: RecurringRun[] }>(
        `${base}/recurringruns${listQuery({ ...ns(namespace), page_size: 200 })}`,
        signal,
      ),
    staleTime: 10_000,
  });
export const actOnRecurringRun = (recurringRunId: string, verb: 'enable' | 'disable'): Promise<unknown> =>
  send('POST', `${base}/recurringruns/${id(recurringRunId)}:${verb}`);
export const deleteRecurringRun = (recurringRunId: string): Promise<unknown> =>
  send('DELETE', `${base}/recurringruns/${id(recurringRunId)}`);

const ns = (namespace?: string): { namespace?: string } => (namespace ? { namespace } : {});
