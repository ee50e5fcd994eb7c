import { errors } from '../kube/errors.ts';

/** What a request at any door can do wrong before a handler sees it. Bodies are Kubernetes Statuses unless a route says otherwise. */
export const netErrors = {
  malformedJson: (detail: string) => errors.badRequest(`the body is not JSON: ${detail}`),
  tooLarge: errors.tooLarge,
  methodNotAllowed: errors.methodNotAllowed,
  wrongHost: (host: string) =>
    errors.failure(403, 'Forbidden', `this server does not answer to the host name ${JSON.stringify(host)}`, {}),
  crossSite: (origin: string) =>
    errors.failure(403, 'Forbidden', `cross-site request from ${JSON.stringify(origin)} refused`, {}),
  missingCsrf: () =>
    errors.failure(
      403,
      'Forbidden',
      'a change from a browser needs the header X-Skiff-Csrf with the value of the cookie skiff-csrf',
      {},
    ),
};
