import type { FieldError, Frozen, Obj } from '../../kube/index.ts';
import { CLEANUP_FINALIZER, type CrdSpec, compiledCrd } from '../registry/crds.ts';
import { timestamp } from './metadata.ts';

type CrdStatus = { conditions?: { type: string }[]; acceptedNames?: object; storedVersions?: string[] };

/** A definition is accepted and established in the write that makes it: nobody has to wait for a controller. */
export function prepareCrd(crd: Obj, old: Frozen<Obj> | undefined, now: Date): Obj {
  const spec = crd.spec as CrdSpec;
  const status = old?.status as CrdStatus | undefined;
  const stored = spec?.versions?.find?.(v => v.storage)?.name;
  const storedVersions = [...new Set([...(status?.storedVersions ?? []), ...(stored ? [stored] : [])])];
  const finalizers = old ? crd.metadata.finalizers : [...new Set([...(crd.metadata.finalizers ?? []), CLEANUP_FINALIZER])];
  return {
    ...crd,
    metadata: { ...crd.metadata, ...(finalizers ? { finalizers } : {}) },
    status: { conditions: status?.conditions ?? established(timestamp(now)), acceptedNames: acceptedNames(spec), storedVersions },
  };
}

function acceptedNames(spec: CrdSpec): object {
  const names = spec?.names ?? { plural: '', kind: '' };
  return { ...names, singular: names.singular || names.kind?.toLowerCase?.(), listKind: names.listKind || `${names.kind}List` };
}

function established(at: string): object[] {
  return [
    { type: 'NamesAccepted', status: 'True', lastTransitionTime: at, reason: 'NoConflicts', message: 'no conflicts found' },
    {
      type: 'Established',
      status: 'True',
      lastTransitionTime: at,
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    },
  ];
}

/** What is wrong with the definition itself. @source apiextensions-apiserver pkg/apis/apiextensions/validation@1aa2717a552e */
export function validateCrd(crd: Obj, old: Frozen<Obj> | undefined): FieldError[] {
  const spec = crd.spec as CrdSpec | undefined;
  const required = (field: string): FieldError => ({ reason: 'FieldValueRequired', field, message: 'Required value' });
  const invalid = (field: string, value: unknown, detail: string): FieldError => ({
    reason: 'FieldValueInvalid',
    field,
    message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
  });
  const errs: FieldError[] = [];
  if (!spec?.group) errs.push(required('spec.group'));
  if (!spec?.names?.plural) errs.push(required('spec.names.plural'));
  if (!spec?.names?.kind) errs.push(required('spec.names.kind'));
  if (!Array.isArray(spec?.versions) || spec.versions.length === 0) errs.push(required('spec.versions'));
  if (errs.length > 0 || !spec) return errs;
  const name = `${spec.names.plural}.${spec.group}`;
  if (crd.metadata.name !== name)
    errs.push(invalid('metadata.name', crd.metadata.name, `must be spec.names.plural+"."+spec.group`));
  if (spec.scope !== 'Namespaced' && spec.scope !== 'Cluster') {
    errs.push({
      reason: 'FieldValueNotSupported',
      field: 'spec.scope',
      message: `Unsupported value: ${JSON.stringify(spec.scope ?? '')}: supported values: "Cluster", "Namespaced"`,
    });
  }
  if (spec.versions.filter(v => v.storage).length !== 1)
    errs.push(
      invalid(
        'spec.versions',
        spec.versions.map(v => v.name),
        'must have exactly one version marked as storage version',
      ),
    );
  const before = old?.spec as CrdSpec | undefined;
  for (const key of ['group', 'scope'] as const)
    if (before && before[key] !== spec[key]) errs.push(invalid(`spec.${key}`, spec[key], 'field is immutable'));
  return errs.length > 0 ? errs : compiledCrd(crd as Frozen<Obj>).errors;
}
