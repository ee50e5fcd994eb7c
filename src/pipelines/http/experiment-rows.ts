import type { Sql } from '../../data/types.ts';
import type { ModuleEnv } from '../../kube/index.ts';
import { DEFAULT_NAMESPACE } from './access.ts';
import { apiErrors } from './errors.ts';
import { unixSeconds } from './wire/message.ts';

const DEFAULT_NAME = 'Default';

export type Experiment = {
  experiment_id: string;
  namespace: string;
  display_name: string;
  description: string;
  created_at: number;
  storage_state: 'AVAILABLE' | 'ARCHIVED';
  last_run_created_at: number;
};

/** @throws ApiError 404 */
export async function experimentById(sql: Sql, id: string): Promise<Experiment> {
  const [row] = await sql.all<Experiment>('SELECT * FROM experiment WHERE experiment_id = ?', [id]);
  if (!row) throw apiErrors.notFound('Experiment', id);
  return row;
}

/** The experiment `Default`, made when missing: a run that names none goes there. */
export async function defaultExperiment(env: ModuleEnv): Promise<Experiment> {
  const find = () =>
    env.ledger.all<Experiment>('SELECT * FROM experiment WHERE namespace = ? AND display_name = ?', [
      DEFAULT_NAMESPACE,
      DEFAULT_NAME,
    ]);
  const [row] = await find();
  if (row) return row;
  const made = {
    namespace: DEFAULT_NAMESPACE,
    display_name: DEFAULT_NAME,
    description: 'All runs created without specifying an experiment will be grouped here',
  };
  await insertExperiment(env, made, true);
  return (await find())[0]!;
}

/** Makes an experiment. @throws ApiError 409 when the namespace has one of that name, unless `ifMissing` */
export async function insertExperiment(
  env: ModuleEnv,
  e: Pick<Experiment, 'namespace' | 'display_name' | 'description'>,
  ifMissing: boolean,
): Promise<Experiment> {
  const row: Experiment = {
    experiment_id: env.ids.uuid(),
    ...e,
    created_at: unixSeconds(env.clock.now().toISOString()),
    storage_state: 'AVAILABLE',
    last_run_created_at: 0,
  };
  const [result] = await env.ledger.transaction([
    {
      sql: `INSERT INTO experiment (experiment_id, namespace, display_name, description, created_at, storage_state, last_run_created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (namespace, display_name) DO NOTHING`,
      params: [
        row.experiment_id,
        row.namespace,
        row.display_name,
        row.description,
        row.created_at,
        row.storage_state,
        row.last_run_created_at,
      ],
    },
  ]);
  if (result!.changes === 0 && !ifMissing)
    throw apiErrors.alreadyExists(
      `Failed to create a new experiment. The name ${e.display_name} already exists. Please specify a new name`,
    );
  return row;
}
