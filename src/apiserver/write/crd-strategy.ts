import type { FieldError, Frozen, Obj, Schema } from '../../kube/index.ts';
import { compileErrorsOf } from '../cel/index.ts';
import { CLEANUP_FINALIZER, type CrdSpec } from '../registry/crds.ts';
import { schemasOf } from '../schema/index.ts';
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

/** What is wrong with the CEL rules of a definition that is sound otherwise. */
export function ruleErrorsOf(crd: Frozen<Obj>): FieldError[] {
  const roots = new Map(schemasOf(crd).map(({ path, schema }) => [path, schema as Schema]));
  return [...roots].flatMap(([path, schema]) => compileErrorsOf(schema, path));
}
