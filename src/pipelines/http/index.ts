import type { ModuleEnv } from '../../kube/index.ts';
import type { Route } from '../../net/index.ts';
import { artifactRoutes } from './artifacts.ts';
import { authRoutes } from './auth.ts';
import { consoleRoutes } from './console/routes.ts';
import { apiErrors, errorAnswer } from './errors.ts';
import { experimentRoutes } from './experiments.ts';
import { pipelineRoutes } from './pipelines.ts';
import { recurringRunRoutes } from './recurring-runs.ts';
import { logRoutes } from './runs/logs.ts';
import { runRoutes } from './runs/routes.ts';
import { uploadRoutes } from './uploads.ts';
import { versionRoutes } from './versions.ts';

export { DEFAULT_NAMESPACE, httpBootstrap } from './access.ts';
export { listProjection } from './projection.ts';
export { httpTables } from './tables.ts';

/** The KFP REST API v2beta1, the artifact and log endpoints beside it, and the console's views of runs and pipelines. */
export function routes(env: ModuleEnv): Route[] {
  const all = [
    ...healthRoutes(),
    ...authRoutes(),
    ...experimentRoutes(env),
    ...pipelineRoutes(env),
    ...versionRoutes(env),
    ...uploadRoutes(env),
    ...runRoutes(env),
    ...recurringRunRoutes(),
    ...logRoutes(env),
    ...artifactRoutes(env),
    ...consoleRoutes(env),
  ];
  return [...all, ...otherRoutes(all)];
}

function healthRoutes(): Route[] {
  return [
    {
      method: 'GET',
      path: '/apis/v2beta1/healthz',
      onError: errorAnswer,
      handle: async () => ({ json: { multi_user: false, pipeline_store: 'kubernetes' } }),
    },
  ];
}

/** Unknown paths, and known ones with another verb, say so in this API's own words. */
function otherRoutes(known: readonly Route[]): Route[] {
  const patterns = known.map(route => new RegExp(`^${route.path.replace(/:[^/]+/g, '[^/]+')}$`));
  return [
    {
      method: 'ALL',
      path: '/apis/v2beta1/*',
      onError: errorAnswer,
      async handle(r) {
        const path = `/apis/v2beta1/${r.params['*'] ?? ''}`;
        throw patterns.some(p => p.test(path)) ? apiErrors.wrongMethod() : apiErrors.unknownPath();
      },
    },
  ];
}
