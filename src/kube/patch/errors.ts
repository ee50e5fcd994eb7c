import { errors, type StatusError } from '../errors.ts';

/** What can be wrong with a patch. @source apiserver pkg/endpoints/handlers/patch.go@24a394e516bf */
export const patchErrors = {
  /** A well-formed JSON patch that does not fit the document: a failed `test`, a missing path. Upstream hides the detail. */
  rejected: (): StatusError =>
    errors.failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {}),
  malformed: (detail: string): StatusError => errors.badRequest(`error decoding patch: ${detail}`),
  /** A strategic merge patch that contradicts itself. Upstream answers some of these with 500; they are the caller's fault. */
  strategic: (detail: string): StatusError => errors.failure(422, 'Invalid', detail, {}),
  badFormat: (directive: string): StatusError => errors.badRequest(`invalid patch format of ${directive}`),
  tooManyOperations: (limit: number, got: number): StatusError =>
    errors.failure(413, 'RequestEntityTooLarge', `The allowed maximum operations in a JSON patch is ${limit}, got ${got}`, {}),
};
