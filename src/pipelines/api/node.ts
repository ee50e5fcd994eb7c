import type { Migration } from '../../data/types.ts';
import type { ArtifactView, AttemptView, NodeState, NodeView } from './view.ts';

/**
 * What the ledger keeps of one node of a run, one row of `run_node`: written in the same transaction as the events it
 * follows from. The REST API's task_details and the console's graph are views of these rows.
 */
export type NodeRow = {
  runUid: string;
  /** Address in the run: `train`, `for-loop-1[7].train`. The root DAG is the empty string. */
  id: string;
  /** Address of the enclosing node; absent for the root. */
  parent?: string;
  taskName: string;
  displayName: string;
  /** `root` is the pipeline itself; the rest as the console shows them. */
  kind: NodeView['kind'] | 'root';
  state: NodeState;
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
  iteration?: number;
  inputs: { parameters: Record<string, unknown>; artifacts: ArtifactView[] };
  outputs: { parameters: Record<string, unknown>; artifacts: ArtifactView[] };
  attempts: AttemptView[];
  cachedFromRun?: string;
  cacheFingerprint?: string;
  message?: string;
  /** The CEL text that decides whether it runs. */
  condition?: string;
  image?: string;
  command?: string[];
  /** Metadata execution id in the ledger, once recorded. */
  executionId?: string;
};

/** The columns that are asked for by themselves; the row as a whole is `json`. */
export const nodeTables: Migration[] = [
  {
    name: 'pipelines-001-runs',
    sql: `
      CREATE TABLE run_event (
        run_uid TEXT NOT NULL,
        seq INTEGER NOT NULL,
        json TEXT NOT NULL,
        PRIMARY KEY (run_uid, seq)
      ) WITHOUT ROWID;
      CREATE TABLE run_node (
        run_uid TEXT NOT NULL,
        id TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        parent TEXT,
        state TEXT NOT NULL,
        execution_id TEXT,
        json TEXT NOT NULL,
        PRIMARY KEY (run_uid, id)
      );
      CREATE INDEX run_node_order ON run_node (run_uid, ordinal);
      CREATE TABLE task_cache (namespace TEXT NOT NULL,
        pipeline TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        run_uid TEXT NOT NULL,
        node_id TEXT NOT NULL,
        created_at TEXT NOT NULL,
        outputs TEXT NOT NULL,
        PRIMARY KEY (namespace, pipeline, fingerprint, run_uid, node_id)
      );
      CREATE INDEX task_cache_newest ON task_cache (namespace, pipeline, fingerprint, created_at);
    `,
  },
];
