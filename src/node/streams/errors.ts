import { errors as api } from '../../kube/index.ts';

/** What goes wrong with logs, exec and ports, in the kubelet's and API server's words. */
export const errors = {
  containerNotNamed: (pod: string, names: readonly string[], inits: readonly string[]) =>
    api.badRequest(
      `a container name must be specified for pod ${pod}, choose one of: [${names.join(' ')}]${inits.length > 0 ? ` or one of the init containers: [${inits.join(' ')}]` : ''}`,
    ),
  containerUnknown: (pod: string, container: string) => api.badRequest(`container ${container} is not valid for pod ${pod}`),
  containerWaiting: (pod: string, container: string, reason: string) =>
    api.badRequest(`container "${container}" in pod "${pod}" is waiting to start: ${reason}`),
  previousMissing: (pod: string, container: string) =>
    api.badRequest(`previous terminated container "${container}" in pod "${pod}" not found`),
  sinceTwice: () => api.badRequest("at most one of 'sinceTime' or 'sinceSeconds' may be specified"),
  podCompleted: (phase: string) => api.badRequest(`cannot exec into a container in a completed pod; current phase is ${phase}`),
  containerNotRunning: (container: string) =>
    api.failure(404, 'NotFound', `unable to upgrade connection: container not found ("${container}")`),
  notDialed: (port: number, detail: string) =>
    api.failure(500, 'InternalError', `error forwarding port ${port} to pod: ${detail}`),
};
