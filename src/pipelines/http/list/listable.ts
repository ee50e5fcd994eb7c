/** What a kind of row can be sorted and filtered by: names of the API to columns. */
export type Listable = {
  /** As in upstream's messages and page tokens. */
  model: string;
  table: string;
  key: string;
  fields: Readonly<Record<string, { column: string; type: 'text' | 'time' }>>;
  hasTags: boolean;
  /** Fields of which one value has few rows, or which are indexed together with every order. */
  selective: readonly string[];
};

const text = (column: string) => ({ column, type: 'text' }) as const;
const time = (column: string) => ({ column, type: 'time' }) as const;
const common = {
  display_name: text('display_name'),
  created_at: time('created_at'),
  description: text('description'),
  namespace: text('namespace'),
};

/** @source pipelines backend/src/apiserver/model: APIToModelFieldMap@7b70c7b95f68 */
export const listables = {
  experiment: {
    model: 'Experiment',
    table: 'experiment',
    key: 'experiment_id',
    fields: {
      ...common,
      experiment_id: text('experiment_id'),
      last_run_created_at: time('last_run_created_at'),
      storage_state: text('storage_state'),
    },
    hasTags: false,
    selective: ['experiment_id', 'namespace', 'display_name'],
  },
  pipeline: {
    model: 'Pipeline',
    table: 'pipeline_list',
    key: 'pipeline_id',
    fields: { ...common, pipeline_id: text('pipeline_id'), name: text('name') },
    hasTags: true,
    selective: ['pipeline_id', 'name'],
  },
  pipelineVersion: {
    model: 'PipelineVersion',
    table: 'pipeline_version_list',
    key: 'pipeline_version_id',
    fields: { ...common, pipeline_version_id: text('pipeline_version_id'), pipeline_id: text('pipeline_id'), name: text('name') },
    hasTags: true,
    selective: ['pipeline_version_id', 'pipeline_id'],
  },
  run: {
    model: 'Run',
    table: 'run_list',
    key: 'run_id',
    fields: {
      ...common,
      run_id: text('run_id'),
      experiment_id: text('experiment_id'),
      recurring_run_id: text('recurring_run_id'),
      finished_at: time('finished_at'),
      scheduled_at: time('scheduled_at'),
      storage_state: text('storage_state'),
      state: text('state'),
    },
    hasTags: false,
    selective: ['run_id', 'experiment_id', 'namespace', 'recurring_run_id'],
  },
} as const satisfies Record<string, Listable>;
