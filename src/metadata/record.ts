import type { Sql, Statement } from '../data/types.ts';
import type { ArtifactRecord, ArtifactUse, ExecutionRecord, RunContext } from './types.ts';

/**
 * Turns facts into statements. Nothing is written here: the caller puts the statements, in the order given and together
 * with its own (`attempt.finished`, the node row …), into one transaction, so that outcome and lineage are one fact.
 *
 * Ids are given out before anything is written, so they can go into rows of the same transaction. A key that is already
 * recorded keeps its id.
 */
export interface Recorder {
  /** An execution, in its run's contexts; again with the same id to change state and properties. Times are `at`. */
  recordExecution(
    run: RunContext,
    execution: ExecutionRecord,
    at: Date,
    id?: string,
  ): Promise<{ executionId: string; statements: Statement[] }>;
  /** Artifacts that the execution made, each in the run's contexts and with its OUTPUT event. */
  recordArtifacts(
    run: RunContext,
    executionId: string,
    outputs: readonly { name: string; index?: number; artifact: ArtifactRecord }[],
    at: Date,
  ): Promise<{ uses: ArtifactUse[]; statements: Statement[] }>;
  /** Events of artifacts that are there already: inputs, or the outputs of a cache hit. */
  recordUses(executionId: string, kind: 'INPUT' | 'OUTPUT', uses: readonly ArtifactUse[], at: Date): Statement[];
}

const TYPE_ID = 'SELECT id FROM metadata_type WHERE kind = ? AND name = ?';
const CONTEXT_ID = `SELECT c.id FROM metadata_context c JOIN metadata_type t ON t.id = c.type_id WHERE t.kind = 'context' AND t.name = ? AND c.name = ?`;

/** There may be one recorder a ledger: it alone gives out ids. */
export function openRecorder(sql: Sql): Recorder {
  let next: Promise<{ artifact: number; execution: number }> | undefined;
  const counters = async () => {
    next ??= sql
      .all<{ artifact: number; execution: number }>(
        `SELECT coalesce((SELECT max(id) FROM metadata_artifact), 0) + 1 AS artifact,
                coalesce((SELECT max(id) FROM metadata_execution), 0) + 1 AS execution`,
      )
      .then(rows => ({ ...rows[0]! }));
    return next.catch(e => {
      next = undefined;
      throw e;
    });
  };
  return {
    async recordExecution(run, execution, at, id) {
      const ids = await counters();
      const executionId =
        id ?? (await idsByKey(sql, 'metadata_execution', [execution.key])).get(execution.key) ?? String(ids.execution++);
      return { executionId, statements: executionStatements(run, execution, at, Number(executionId)) };
    },
    async recordArtifacts(run, executionId, outputs, at) {
      const ids = await counters();
      const known = await idsByKey(
        sql,
        'metadata_artifact',
        outputs.map(o => o.artifact.key),
      );
      const uses = outputs.map(({ name, index = 0, artifact }) => ({
        name,
        index,
        artifactId: known.get(artifact.key) ?? String(ids.artifact++),
      }));
      const statements = [
        ...contextStatements(run, at),
        ...outputs.flatMap(({ artifact }, i) => artifactStatements(run, artifact, at, Number(uses[i]!.artifactId))),
        ...eventStatements(executionId, 'OUTPUT', uses, at),
      ];
      return { uses, statements };
    },
    recordUses: eventStatements,
  };
}

function typeStatement(kind: 'artifact' | 'execution' | 'context', name: string): Statement {
  return { sql: 'INSERT INTO metadata_type (kind, name) VALUES (?, ?) ON CONFLICT DO NOTHING', params: [kind, name] };
}

function eventStatements(executionId: string, kind: 'INPUT' | 'OUTPUT', uses: readonly ArtifactUse[], at: Date): Statement[] {
  return uses.map(({ name, index = 0, artifactId }) => ({
    sql: `INSERT INTO metadata_event (execution_id, kind, name, position, artifact_id, at_ms) VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET artifact_id = excluded.artifact_id`,
    params: [Number(executionId), kind, name, index, Number(artifactId), at.getTime()],
  }));
}

async function idsByKey(
  sql: Sql,
  table: 'metadata_artifact' | 'metadata_execution',
  keys: readonly string[],
): Promise<Map<string, string>> {
  const rows = await sql.all<{ key: string; id: number }>(
    `SELECT key, id FROM ${table} WHERE key IN (SELECT value FROM json_each(?))`,
    [JSON.stringify(keys)],
  );
  return new Map(rows.map(row => [row.key, String(row.id)]));
}

function contextStatements(run: RunContext, at: Date): Statement[] {
  const insert = `INSERT INTO metadata_context (type_id, name, custom_properties, created_at_ms) VALUES ((${TYPE_ID}), ?, ?, ?) ON CONFLICT DO NOTHING`;
  const properties = { namespace: run.namespace, resource_name: run.resourceName, pipeline_root: run.pipelineRoot };
  return [
    typeStatement('context', 'system.Pipeline'),
    typeStatement('context', 'system.PipelineRun'),
    { sql: insert, params: ['context', 'system.Pipeline', run.pipelineName, '{}', at.getTime()] },
    { sql: insert, params: ['context', 'system.PipelineRun', run.runId, JSON.stringify(properties), at.getTime()] },
    {
      sql: `INSERT INTO metadata_parent_context (context_id, parent_id) VALUES ((${CONTEXT_ID}), (${CONTEXT_ID})) ON CONFLICT DO NOTHING`,
      params: ['system.PipelineRun', run.runId, 'system.Pipeline', run.pipelineName],
    },
  ];
}

/** Links a row to both contexts of its run. */
function linkStatements(table: 'metadata_association' | 'metadata_attribution', id: number, run: RunContext): Statement[] {
  return [
    ['system.Pipeline', run.pipelineName],
    ['system.PipelineRun', run.runId],
  ].map(([type, name]) => ({
    sql: `INSERT INTO ${table} VALUES ((${CONTEXT_ID}), ?) ON CONFLICT DO NOTHING`,
    params: [type!, name!, id],
  }));
}

function executionStatements(run: RunContext, e: ExecutionRecord, at: Date, id: number): Statement[] {
  return [
    typeStatement('execution', e.type),
    ...contextStatements(run, at),
    {
      sql: `INSERT INTO metadata_execution (id, key, type_id, name, state, namespace, run_id, custom_properties, created_at_ms, updated_at_ms)
            VALUES (?, ?, (${TYPE_ID}), ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET state = excluded.state, custom_properties = excluded.custom_properties, updated_at_ms = excluded.updated_at_ms`,
      params: [
        id,
        e.key,
        'execution',
        e.type,
        e.name,
        e.state,
        run.namespace,
        run.runId,
        JSON.stringify(e.properties ?? {}),
        at.getTime(),
        at.getTime(),
      ],
    },
    ...linkStatements('metadata_association', id, run),
  ];
}

function artifactStatements(run: RunContext, a: ArtifactRecord, at: Date, id: number): Statement[] {
  return [
    typeStatement('artifact', a.type),
    {
      sql: `INSERT INTO metadata_artifact (id, key, type_id, name, uri, state, namespace, run_id, sha256, size_bytes, custom_properties, created_at_ms, updated_at_ms)
            VALUES (?, ?, (${TYPE_ID}), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET uri = excluded.uri, state = excluded.state, sha256 = excluded.sha256, size_bytes = excluded.size_bytes,
              custom_properties = excluded.custom_properties, updated_at_ms = excluded.updated_at_ms`,
      params: [
        id,
        a.key,
        'artifact',
        a.type,
        a.name,
        a.uri,
        a.state ?? 'LIVE',
        run.namespace,
        run.runId,
        a.sha256 ?? null,
        a.sizeBytes ?? null,
        JSON.stringify(a.metadata ?? {}),
        at.getTime(),
        at.getTime(),
      ],
    },
    ...linkStatements('metadata_attribution', id, run),
  ];
}
