import type { Sql, SqlValue } from '../data/types.ts';
import type { Artifact, ArtifactState, Execution, ExecutionState, Lineage, LineageEvent } from './types.ts';

const ARTIFACTS = `SELECT a.*, t.name AS type FROM metadata_artifact a JOIN metadata_type t ON t.id = a.type_id`;
const EXECUTIONS = `SELECT e.*, t.name AS type FROM metadata_execution e JOIN metadata_type t ON t.id = e.type_id`;

/** The artifact with this id, or undefined. */
export async function artifactById(sql: Sql, artifactId: string): Promise<Artifact | undefined> {
  return (await artifactsWhere(sql, 'a.id = ?', [artifactId]))[0];
}

/** What a run made, in the order it was recorded. */
export function artifactsOf(sql: Sql, runId: string): Promise<Artifact[]> {
  return artifactsWhere(sql, 'a.run_id = ?', [runId]);
}

/** A page of a namespace (of all, when undefined), newest first: at most `limit` with ids below `beforeId`. */
export function listArtifacts(sql: Sql, o: { namespace?: string; beforeId?: string; limit: number }): Promise<Artifact[]> {
  const where = ['a.id < ?', ...(o.namespace === undefined ? [] : ['a.namespace = ?'])].join(' AND ');
  const params = [o.beforeId ?? String(Number.MAX_SAFE_INTEGER), ...(o.namespace === undefined ? [] : [o.namespace])];
  return artifactsWhere(sql, where, params, `DESC LIMIT ${Math.trunc(o.limit)}`);
}

/**
 * What an artifact was made from (`up`) or what was made with it (`down`), through any number of runs, over at most
 * `depth` executions in a row. The artifact itself is included.
 */
export async function lineageOf(sql: Sql, artifactId: string, direction: 'up' | 'down', depth = 20): Promise<Lineage> {
  const [into, outOf] = direction === 'up' ? ['OUTPUT', 'INPUT'] : ['INPUT', 'OUTPUT'];
  const reached = await sql.all<{ id: number }>(
    `WITH RECURSIVE reached (id, distance) AS (
       SELECT ?, 0
       UNION
       SELECT there.artifact_id, reached.distance + 1 FROM reached
         JOIN metadata_event here ON here.artifact_id = reached.id AND here.kind = ?
         JOIN metadata_event there ON there.execution_id = here.execution_id AND there.kind = ?
       WHERE reached.distance < ?)
     SELECT DISTINCT id FROM reached`,
    [Number(artifactId), into!, outOf!, depth],
  );
  const ids = JSON.stringify(reached.map(r => r.id));
  const among = 'IN (SELECT value FROM json_each(?))';
  const artifacts = await artifactsWhere(sql, `a.id ${among}`, [ids]);
  const events = await sql.all<{
    execution_id: number;
    artifact_id: number;
    kind: 'INPUT' | 'OUTPUT';
    name: string;
    position: number;
  }>(
    `SELECT * FROM metadata_event v WHERE artifact_id ${among} AND (kind = ? OR EXISTS (
       SELECT 1 FROM metadata_event o WHERE o.execution_id = v.execution_id AND o.kind = ? AND o.artifact_id ${among}))`,
    [ids, into!, into!, ids],
  );
  const executionIds = JSON.stringify([...new Set(events.map(e => e.execution_id))]);
  const executions = await sql.all<ExecutionRow>(`${EXECUTIONS} WHERE e.id ${among} ORDER BY e.id`, [executionIds]);
  return { artifacts, executions: executions.map(executionOf), events: events.map(eventOf) };
}

async function artifactsWhere(sql: Sql, where: string, params: readonly SqlValue[], order = ''): Promise<Artifact[]> {
  return (await sql.all<ArtifactRow>(`${ARTIFACTS} WHERE ${where} ORDER BY a.id ${order}`, params)).map(artifactOf);
}

type ArtifactRow = {
  id: number;
  type: string;
  name: string;
  uri: string;
  state: ArtifactState;
  namespace: string;
  run_id: string;
  sha256: string | null;
  size_bytes: number | null;
  custom_properties: string;
  created_at_ms: number;
};
type ExecutionRow = {
  id: number;
  type: string;
  name: string;
  state: ExecutionState;
  namespace: string;
  run_id: string;
  custom_properties: string;
  created_at_ms: number;
  updated_at_ms: number;
};

function artifactOf(r: ArtifactRow): Artifact {
  return {
    artifactId: String(r.id),
    type: r.type,
    name: r.name,
    uri: r.uri,
    state: r.state,
    namespace: r.namespace,
    runId: r.run_id,
    ...(r.sha256 === null ? {} : { sha256: r.sha256 }),
    ...(r.size_bytes === null ? {} : { sizeBytes: r.size_bytes }),
    metadata: JSON.parse(r.custom_properties),
    createdAt: new Date(r.created_at_ms).toISOString(),
  };
}
function executionOf(r: ExecutionRow): Execution {
  return {
    executionId: String(r.id),
    type: r.type,
    name: r.name,
    state: r.state,
    namespace: r.namespace,
    runId: r.run_id,
    properties: JSON.parse(r.custom_properties),
    createdAt: new Date(r.created_at_ms).toISOString(),
    updatedAt: new Date(r.updated_at_ms).toISOString(),
  };
}
function eventOf(r: {
  execution_id: number;
  artifact_id: number;
  kind: 'INPUT' | 'OUTPUT';
  name: string;
  position: number;
}): LineageEvent {
  return {
    executionId: String(r.execution_id),
    artifactId: String(r.artifact_id),
    kind: r.kind,
    name: r.name,
    index: r.position,
  };
}

/** The scalar metrics of runs: the numbers in the metadata of their `system.Metrics` artifacts, the latest of a name. */
export async function metricsOf(sql: Sql, runIds: readonly string[]): Promise<Map<string, Record<string, number>>> {
  const rows = await sql.all<{ run_id: string; name: string; value: number }>(
    `SELECT a.run_id, m.key AS name, m.value AS value
       FROM metadata_artifact a JOIN metadata_type t ON t.id = a.type_id, json_each(a.custom_properties) m
      WHERE a.run_id IN (SELECT value FROM json_each(?)) AND t.name = 'system.Metrics' AND m.type IN ('integer', 'real')
      ORDER BY a.id`,
    [JSON.stringify(runIds)],
  );
  const metrics = new Map<string, Record<string, number>>();
  for (const { run_id, name, value } of rows) metrics.set(run_id, { ...metrics.get(run_id), [name]: value });
  return metrics;
}
