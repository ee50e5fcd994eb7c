import type { Sql, Statement } from '../../data/types.ts';
import type { LookupParams } from '../controller/commands.ts';
import type { Instance, RunState } from '../engine/state.ts';
import type { CacheHit } from '../engine/step.ts';
import type { Values } from '../engine/values.ts';

type Row = { fingerprint: string; run_uid: string; outputs: string };

/** What the cache holds for each fingerprint: the newest, or null. */
export async function lookup(ledger: Sql, p: LookupParams): Promise<Record<string, CacheHit | null>> {
  const marks = p.fingerprints.map(() => '?').join(', ');
  const rows = await ledger.all<Row>(
    `SELECT fingerprint, run_uid, outputs FROM task_cache
     WHERE namespace = ? AND pipeline = ? AND fingerprint IN (${marks}) ORDER BY created_at`,
    [p.namespace, p.pipeline, ...p.fingerprints],
  );
  const answers: Record<string, CacheHit | null> = Object.fromEntries(p.fingerprints.map(f => [f, null]));
  for (const row of rows) answers[row.fingerprint] = { run: row.run_uid, outputs: JSON.parse(row.outputs) as Values };
  return answers;
}
export async function cachedOutputs(ledger: Sql, state: RunState, fingerprint: string): Promise<Values | undefined> {
  const { run, graph } = state;
  const found = await lookup(ledger, {
    runUid: run.uid,
    namespace: run.namespace,
    pipeline: graph.name,
    fingerprints: [fingerprint],
  });
  return found[fingerprint]?.outputs;
}

/** The outputs of a node that has a fingerprint, for the next who asks. */
export function remember({ run, graph }: RunState, instance: Instance, outputs: Values, at: Date): Statement[] {
  if (!instance.fingerprint) return [];
  return [
    {
      sql: `INSERT INTO task_cache (namespace, pipeline, fingerprint, run_uid, node_id, created_at, outputs) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET created_at = excluded.created_at, outputs = excluded.outputs`,
      params: [run.namespace, graph.name, instance.fingerprint, run.uid, instance.id, at.toISOString(), JSON.stringify(outputs)],
    },
  ];
}
