import type { Migration } from '../data/types.ts';

/**
 * ML Metadata's model in SQL: types; artifacts, executions and contexts of a type; events between artifact and execution;
 * both linked to contexts; contexts to parents. Properties are JSON. Added to it: `key`, under which the same fact recorded
 * again is the same row, and namespace and run, which MLMD does not have and authorisation needs.
 * @source ml-metadata ml_metadata/proto/metadata_store.proto@b37bfad56f
 */
export const metadataTables: Migration[] = [
  {
    name: 'metadata/0001-ledger',
    sql: `
      CREATE TABLE metadata_type (
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (kind, name)
      ) STRICT;
      CREATE TABLE metadata_artifact (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, type_id INTEGER NOT NULL REFERENCES metadata_type,
        name TEXT NOT NULL, uri TEXT NOT NULL, state TEXT NOT NULL, namespace TEXT NOT NULL, run_id TEXT NOT NULL,
        sha256 TEXT, size_bytes INTEGER, custom_properties TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX metadata_artifact_run ON metadata_artifact (run_id, id);
      CREATE INDEX metadata_artifact_namespace ON metadata_artifact (namespace, id);
      CREATE INDEX metadata_artifact_uri ON metadata_artifact (uri);
      CREATE TABLE metadata_execution (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, type_id INTEGER NOT NULL REFERENCES metadata_type,
        name TEXT NOT NULL, state TEXT NOT NULL, namespace TEXT NOT NULL, run_id TEXT NOT NULL,
        custom_properties TEXT NOT NULL, created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX metadata_execution_run ON metadata_execution (run_id, id);
      CREATE TABLE metadata_context (
        id INTEGER PRIMARY KEY, type_id INTEGER NOT NULL REFERENCES metadata_type, name TEXT NOT NULL,
        custom_properties TEXT NOT NULL, created_at_ms INTEGER NOT NULL, UNIQUE (type_id, name)
      ) STRICT;
      CREATE TABLE metadata_event (
        execution_id INTEGER NOT NULL REFERENCES metadata_execution, kind TEXT NOT NULL, name TEXT NOT NULL,
        position INTEGER NOT NULL, artifact_id INTEGER NOT NULL REFERENCES metadata_artifact, at_ms INTEGER NOT NULL,
        PRIMARY KEY (execution_id, kind, name, position)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX metadata_event_artifact ON metadata_event (artifact_id, kind);
      CREATE TABLE metadata_association (
        context_id INTEGER NOT NULL REFERENCES metadata_context, execution_id INTEGER NOT NULL REFERENCES metadata_execution,
        PRIMARY KEY (context_id, execution_id)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE metadata_attribution (
        context_id INTEGER NOT NULL REFERENCES metadata_context, artifact_id INTEGER NOT NULL REFERENCES metadata_artifact,
        PRIMARY KEY (context_id, artifact_id)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE metadata_parent_context (
        context_id INTEGER NOT NULL REFERENCES metadata_context, parent_id INTEGER NOT NULL REFERENCES metadata_context,
        PRIMARY KEY (context_id, parent_id)
      ) STRICT, WITHOUT ROWID;
    `,
  },
];
