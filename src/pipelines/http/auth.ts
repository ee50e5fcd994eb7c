import type { Route } from '../../net/index.ts';
import { PIPELINES_GROUP } from '../api/pipeline.ts';
import { apiErrors, errorAnswer } from './errors.ts';

const VERBS: Record<string, string> = { CREATE: 'create', GET: 'get', DELETE: 'delete' };

/** `/apis/v2beta1/auth`: whether the caller may use viewers. @source pipelines backend/src/apiserver/server/auth_server.go@7b70c7b95f68 */
export function authRoutes(): Route[] {
  return [
    {
      method: 'GET',
      path: '/apis/v2beta1/auth',
      onError: errorAnswer,
      async handle({ query, client, user }) {
        const namespace = query.get('namespace');
        const verb = VERBS[query.get('verb') ?? ''];
        if (!namespace) throw apiErrors.invalidInput('Namespace is empty. Please specify a valid namespace');
        if (query.get('resources') !== 'VIEWERS')
          throw apiErrors.invalidInput('Unassigned resources. Please specify a valid resources');
        if (!verb) throw apiErrors.invalidInput('Unassigned verb. Please specify a valid verb');
        if (await client.can(verb, { group: PIPELINES_GROUP, resource: 'viewers', namespace })) return { json: {} };
        throw apiErrors.permissionDenied(
          `User '${user.username}' is not authorized to ${verb} viewers in namespace ${namespace}`,
        );
      },
    },
  ];
}
