/** Messages that clients send, as `wire.ts` reads them. @source pipelines backend/api/v2beta1/*.proto@7b70c7b95f68 */
const STORAGE_STATE = ['STORAGE_STATE_UNSPECIFIED', 'AVAILABLE', 'ARCHIVED'] as const;
const RUNTIME_STATE = [
  'RUNTIME_STATE_UNSPECIFIED',
  'PENDING',
  'RUNNING',
  'SUCCEEDED',
  'SKIPPED',
  'FAILED',
  'CANCELING',
  'CANCELED',
  'PAUSED',
] as const;
const rpcStatus = { code: 'int32', message: 'string', details: { list: 'value' } } as const;

export const experimentMessage = {
  experiment_id: 'string',
  display_name: 'string',
  description: 'string',
  created_at: 'time',
  namespace: 'string',
  storage_state: STORAGE_STATE,
  last_run_created_at: 'time',
} as const;

export const pipelineMessage = {
  pipeline_id: 'string',
  display_name: 'string',
  name: 'string',
  description: 'string',
  created_at: 'time',
  namespace: 'string',
  error: { message: rpcStatus },
  tags: { map: 'string' },
} as const;

export const pipelineVersionMessage = {
  pipeline_id: 'string',
  pipeline_version_id: 'string',
  display_name: 'string',
  name: 'string',
  description: 'string',
  created_at: 'time',
  package_url: { message: { pipeline_url: 'string' } },
  code_source_url: 'string',
  pipeline_spec: 'struct',
  error: { message: rpcStatus },
  tags: { map: 'string' },
} as const;

export const pipelineAndVersionMessage = {
  pipeline: { message: pipelineMessage },
  pipeline_version: { message: pipelineVersionMessage },
} as const;

const runtimeConfig = { message: { parameters: { map: 'value' }, pipeline_root: 'string' } } as const;
const versionReference = { message: { pipeline_id: 'string', pipeline_version_id: 'string' } } as const;

export const runMessage = {
  experiment_id: 'string',
  run_id: 'string',
  display_name: 'string',
  storage_state: STORAGE_STATE,
  description: 'string',
  pipeline_version_id: 'string',
  pipeline_spec: 'struct',
  pipeline_version_reference: versionReference,
  runtime_config: runtimeConfig,
  service_account: 'string',
  created_at: 'time',
  scheduled_at: 'time',
  finished_at: 'time',
  state: RUNTIME_STATE,
  error: { message: rpcStatus },
  run_details: 'struct',
  recurring_run_id: 'string',
  state_history: { list: 'struct' },
  plugins_input: { map: 'struct' },
  plugins_output: { map: 'struct' },
} as const;

export const recurringRunMessage = {
  recurring_run_id: 'string',
  display_name: 'string',
  description: 'string',
  pipeline_version_id: 'string',
  pipeline_spec: 'struct',
  pipeline_version_reference: versionReference,
  runtime_config: runtimeConfig,
  service_account: 'string',
  max_concurrency: 'int64',
  trigger: {
    message: {
      cron_schedule: { message: { start_time: 'time', end_time: 'time', cron: 'string' } },
      periodic_schedule: { message: { start_time: 'time', end_time: 'time', interval_second: 'int64' } },
    },
  },
  mode: ['MODE_UNSPECIFIED', 'ENABLE', 'DISABLE'],
  created_at: 'time',
  updated_at: 'time',
  status: ['STATUS_UNSPECIFIED', 'ENABLED', 'DISABLED'],
  error: { message: rpcStatus },
  no_catchup: 'bool',
  namespace: 'string',
  experiment_id: 'string',
  plugins_input: { map: 'struct' },
} as const;

/** Numbers as upstream's protobuf has them: 4 was never used. */
const OPERATION = [
  'OPERATION_UNSPECIFIED',
  'EQUALS',
  'NOT_EQUALS',
  'GREATER_THAN',
  '',
  'GREATER_THAN_EQUALS',
  'LESS_THAN',
  'LESS_THAN_EQUALS',
  'IN',
  'IS_SUBSTRING',
] as const;
export type Operation = Exclude<(typeof OPERATION)[number], '' | 'OPERATION_UNSPECIFIED'>;

export const filterMessage = {
  predicates: {
    list: {
      message: {
        operation: OPERATION,
        key: 'string',
        int_value: 'int32',
        long_value: 'int64',
        string_value: 'string',
        timestamp_value: 'time',
        int_values: { message: { values: { list: 'int32' } } },
        long_values: { message: { values: { list: 'int64' } } },
        string_values: { message: { values: { list: 'string' } } },
      },
    },
  },
} as const;
