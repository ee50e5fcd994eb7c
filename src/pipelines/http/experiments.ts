import type { ModuleEnv } from '../../kube/index.ts';
import type { Route, RouteRequest } from '../../net/index.ts';
import { authorize, checkLength, DEFAULT_NAMESPACE, listScope, splitVerb } from './access.ts';
import { apiErrors, errorAnswer, within } from './errors.ts';
import { defaultExperiment, type Experiment, experimentById, insertExperiment } from './experiment-rows.ts';
import { listPage, parseListRequest } from './list/list.ts';
import { listables } from './list/listable.ts';
import { archiveRunsOf } from './runs/writes.ts';
import { compact, decodeMessage, timestamp } from './wire/message.ts';
import { experimentMessage } from './wire/messages.ts';

/** `/apis/v2beta1/experiments`. @source pipelines backend/src/apiserver/server/experiment_server.go@7b70c7b95f68 */
export function experimentRoutes(env: ModuleEnv): Route[] {
  const sql = env.ledger;
  const onError = errorAnswer;
  const find = async (r: RouteRequest, id: string, verb: string) => {
    const experiment = await experimentById(sql, id);
    await authorize(r, verb, 'experiments', experiment.namespace);
    return experiment;
  };
  const setState = (experiment: Experiment, state: Experiment['storage_state']) =>
    sql.transaction([
      { sql: 'UPDATE experiment SET storage_state = ? WHERE experiment_id = ?', params: [state, experiment.experiment_id] },
    ]);
  return [
    {
      method: 'GET',
      path: '/apis/v2beta1/experiments',
      onError,
      handle: r =>
        within('List experiments failed', async () => {
          await defaultExperiment(env);
          const scope = await listScope(r, 'experiments');
          const page = await listPage<Experiment>(sql, parseListRequest(r.query, listables.experiment), { select: 't.*', scope });
          const experiments = page.rows.map(messageOf);
          return { json: compact({ experiments, total_size: page.totalSize, next_page_token: page.nextPageToken }) };
        }),
    },
    {
      method: 'POST',
      path: '/apis/v2beta1/experiments',
      onError,
      handle: r =>
        within('Failed to create a experiment', async () => {
          const { display_name = '', description = '', ...sent } = decodeMessage(experimentMessage, await r.json());
          const namespace = sent.namespace || DEFAULT_NAMESPACE;
          if (display_name === '') throw apiErrors.invalidInput('Experiment must have a non-empty name');
          checkLength('Experiment', 'Name', display_name, 128);
          checkLength('Experiment', 'Namespace', namespace, 63);
          await authorize(r, 'create', 'experiments', namespace);
          return {
            json: messageOf(await insertExperiment(env, { display_name, description, namespace }, false)),
          };
        }),
    },
    {
      method: 'GET',
      path: '/apis/v2beta1/experiments/:id',
      onError,
      handle: r => within('Failed to fetch experiment', async () => ({ json: messageOf(await find(r, r.params['id']!, 'get')) })),
    },
    {
      method: 'DELETE',
      path: '/apis/v2beta1/experiments/:id',
      onError,
      handle: r =>
        within('Failed to delete experiment', async () => {
          const { experiment_id: id } = await find(r, r.params['id']!, 'delete');
          if (id === (await defaultExperiment(env)).experiment_id)
            throw apiErrors.badRequest(
              `Failed to delete experiment ${id}. The default experiment cannot be deleted`,
              `Experiment id cannot be equal to the default id ${id}`,
            );
          await sql.transaction([{ sql: 'DELETE FROM experiment WHERE experiment_id = ?', params: [id] }]);
          return { json: {} };
        }),
    },
    {
      method: 'POST',
      path: '/apis/v2beta1/experiments/:idAndVerb',
      onError,
      handle: async r => {
        const { id, verb } = splitVerb(r.params['idAndVerb']!);
        if (verb === 'archive')
          return await within('Failed to archive experiment', async () => {
            const experiment = await find(r, id, 'archive');
            await archiveRunsOf(env, r, id);
            await setState(experiment, 'ARCHIVED');
            return { json: {} };
          });
        if (verb === 'unarchive')
          return await within('Failed to unarchive experiment', async () => {
            await setState(await find(r, id, 'unarchive'), 'AVAILABLE');
            return { json: {} };
          });
        throw verb === '' ? apiErrors.wrongMethod() : apiErrors.unknownPath();
      },
    },
  ];
}

function messageOf(e: Experiment): Record<string, unknown> {
  const { experiment_id, display_name, description, namespace, storage_state } = e;
  return {
    ...compact({ experiment_id, display_name, description, namespace, storage_state }),
    created_at: timestamp(e.created_at),
    last_run_created_at: timestamp(e.last_run_created_at),
  };
}
