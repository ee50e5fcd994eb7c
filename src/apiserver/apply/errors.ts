import { errors, type StatusError } from '../../kube/index.ts';
import { type FieldSet, pathsOf } from './field-set.ts';

type Manager = { manager: string; operation: 'Apply' | 'Update'; apiVersion: string; subresource: string };

function managerText(m: Manager): string {
  const name = `${JSON.stringify(m.manager)}${m.subresource ? ` with subresource ${JSON.stringify(m.subresource)}` : ''}`;
  return m.operation === 'Update' ? `${name} using ${m.apiVersion}` : name;
}

/** What server-side apply refuses. @source apimachinery pkg/util/managedfields/internal/conflict.go@eed236ceee2c */
export const applyErrors = {
  conflict(conflicts: readonly { owner: Manager; set: FieldSet }[]): StatusError {
    const fields = conflicts
      .map(({ owner, set }) => ({ owner: managerText(owner), paths: pathsOf(set) }))
      .sort((a, b) => (a.owner < b.owner ? -1 : 1));
    const causes = fields.flatMap(({ owner, paths }) =>
      paths.map(field => ({ reason: 'FieldManagerConflict', message: `conflict with ${owner}`, field })),
    );
    const detail =
      causes.length === 1
        ? `${causes[0]!.message}: ${causes[0]!.field}`
        : fields.map(({ owner, paths }) => [`conflicts with ${owner}:`, ...paths.map(path => `- ${path}`)].join('\n')).join('\n');
    const count = `${causes.length} ${causes.length === 1 ? 'conflict' : 'conflicts'}`;
    return errors.failure(409, 'Conflict', `Apply failed with ${count}: ${detail}`, { causes });
  },
  managedFieldsInPatch: () => errors.badRequest('metadata.managedFields must be nil'),
  wrongVersion: (given: string, expected: string) =>
    errors.badRequest(`Incorrect version specified in apply patch. Specified patch version: ${given}, expected: ${expected}`),
  /** Upstream answers 500 here; the configuration is the caller's. */
  unmergeable: (detail: string) => errors.failure(422, 'Invalid', `failed to create typed patch object: ${detail}`, {}),
};
