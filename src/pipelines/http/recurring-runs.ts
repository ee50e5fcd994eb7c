import type { Route } from '../../net/index.ts';
import { listScope, splitVerb } from './access.ts';
import { apiErrors, errorAnswer, within } from './errors.ts';
import { decodeMessage } from './wire/message.ts';
import { recurringRunMessage } from './wire/messages.ts';

/**
 * `/apis/v2beta1/recurringruns`: there are none, since nothing would start their runs yet. Clients that list get an empty
 * list; whoever creates one is told, and nothing is stored that would never run.
 */
export function recurringRunRoutes(): Route[] {
  const onError = errorAnswer;
  const path = '/apis/v2beta1/recurringruns';
  const missing = (said: string, id: string) =>
    within(said, async () => {
      throw apiErrors.notFound('RecurringRun', id);
    });
  return [
    {
      method: 'GET',
      path,
      onError,
      handle: r =>
        within('Failed to list recurring runs', async () => {
          await listScope(r, 'runs');
          return { json: {} };
        }),
    },
    {
      method: 'POST',
      path,
      onError,
      handle: r =>
        within('Failed to create a recurring run', async () => {
          decodeMessage(recurringRunMessage, await r.json());
          throw apiErrors.failedPrecondition('Recurring runs are not served by this version of Skiff', 'nothing was created');
        }),
    },
    { method: 'GET', path: `${path}/:id`, onError, handle: r => missing('Failed to get a recurring run', r.params['id']!) },
    { method: 'DELETE', path: `${path}/:id`, onError, handle: r => missing('Failed to delete a recurring run', r.params['id']!) },
    {
      method: 'POST',
      path: `${path}/:idAndVerb`,
      onError,
      handle: async r => {
        const { id, verb } = splitVerb(r.params['idAndVerb']!);
        if (verb !== 'enable' && verb !== 'disable') throw apiErrors.unknownPath();
        return await missing(`Failed to ${verb} a recurring run`, id);
      },
    },
  ];
}
