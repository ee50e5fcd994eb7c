import type { Migration } from '../../data/types.ts';

/**
 * What the REST API lists. Experiments live here alone; the other rows follow from objects (Run, Pipeline, PipelineVersion):
 * whoever creates or changes one through the API writes its row before answering, and `projection.ts` does so for whatever
 * else happens. `version` is the object's resourceVersion, so that an older state never covers a newer one.
 *
 * Lists sort and filter on narrow rows, by indexes that hold what is filtered most, so that 100,000 runs are no reason to wait; the answer itself is JSON beside them. Pipeline specs are kept once by content.
 */
export const httpTables: Migration[] = [
  {
    name: 'pipelines-http-001-lists',
    sql: `
      CREATE TABLE experiment (
        experiment_id TEXT PRIMARY KEY, namespace TEXT NOT NULL, display_name TEXT NOT NULL, description TEXT NOT NULL,
        created_at INTEGER NOT NULL, storage_state TEXT NOT NULL, last_run_created_at INTEGER NOT NULL,
        UNIQUE (namespace, display_name)
      ) STRICT;
      CREATE TABLE pipeline_spec_text (sha256 TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT;
      CREATE TABLE pipeline_list (
        pipeline_id TEXT PRIMARY KEY, namespace TEXT NOT NULL, object_name TEXT NOT NULL, name TEXT NOT NULL,
        display_name TEXT NOT NULL, description TEXT NOT NULL, created_at INTEGER NOT NULL, tags TEXT NOT NULL,
        version INTEGER NOT NULL, json TEXT NOT NULL
      ) STRICT;
      CREATE INDEX pipeline_list_created ON pipeline_list (created_at, pipeline_id);
      CREATE INDEX pipeline_list_name ON pipeline_list (namespace, name);
      CREATE TABLE pipeline_version_list (
        pipeline_version_id TEXT PRIMARY KEY, pipeline_id TEXT NOT NULL, namespace TEXT NOT NULL, object_name TEXT NOT NULL,
        name TEXT NOT NULL, display_name TEXT NOT NULL, description TEXT NOT NULL, created_at INTEGER NOT NULL,
        tags TEXT NOT NULL, version INTEGER NOT NULL, json TEXT NOT NULL, spec_sha256 TEXT
      ) STRICT;
      CREATE INDEX pipeline_version_list_created ON pipeline_version_list (pipeline_id, created_at, pipeline_version_id);
      CREATE TABLE run_list (
        run_id TEXT PRIMARY KEY, namespace TEXT NOT NULL, object_name TEXT NOT NULL, display_name TEXT NOT NULL,
        description TEXT NOT NULL, experiment_id TEXT NOT NULL, recurring_run_id TEXT NOT NULL, created_at INTEGER NOT NULL,
        scheduled_at INTEGER NOT NULL, finished_at INTEGER NOT NULL, storage_state TEXT NOT NULL, state TEXT NOT NULL,
        version INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX run_list_created ON run_list (created_at, run_id, storage_state, state, display_name);
      CREATE INDEX run_list_finished ON run_list (finished_at, run_id, storage_state, state);
      CREATE INDEX run_list_name ON run_list (display_name, run_id, storage_state, state);
      CREATE INDEX run_list_experiment_created ON run_list (experiment_id, created_at, run_id, storage_state, state, display_name);
      CREATE INDEX run_list_experiment_finished ON run_list (experiment_id, finished_at, run_id, storage_state, state);
      CREATE INDEX run_list_experiment_name ON run_list (experiment_id, display_name, run_id, storage_state, state);
      CREATE INDEX run_list_namespace_created ON run_list (namespace, created_at, run_id, storage_state, state, display_name);
      CREATE INDEX run_list_namespace_finished ON run_list (namespace, finished_at, run_id, storage_state, state);
      CREATE INDEX run_list_namespace_name ON run_list (namespace, display_name, run_id, storage_state, state);
      CREATE INDEX run_list_scheduled ON run_list (scheduled_at, run_id, storage_state, state);
      CREATE INDEX run_list_state ON run_list (state, created_at, run_id, storage_state);
      CREATE INDEX run_list_recurring ON run_list (recurring_run_id, created_at, run_id);
      CREATE TABLE run_message (run_id TEXT PRIMARY KEY, json TEXT NOT NULL, spec_sha256 TEXT) STRICT;
    `,
  },
];
