import { errors, type FieldError } from '../../kube/index.ts';
import { isTrue } from './request-info.ts';

/** The error table of request options: every query parameter that can be wrong, with upstream's text. */
const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
});
const forbidden = (field: string, detail: string): FieldError => ({
  reason: 'FieldValueForbidden',
  field,
  message: `Forbidden: ${detail}`,
});
const unsupported = (field: string, value: unknown, values: readonly string[]): FieldError => ({
  reason: 'FieldValueNotSupported',
  field,
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${values.map(v => JSON.stringify(v)).join(', ')}`,
});
function refuse(kind: string, errs: readonly FieldError[]): void {
  if (errs.length > 0) throw errors.invalid({ group: 'meta.k8s.io', kind }, '', errs);
}
function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d+$/.test(text)) throw errors.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

export type WriteOptions = {
  dryRun: boolean;
  fieldManager: string | undefined;
  fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  force: boolean;
};

/** @throws StatusError 422 of kind CreateOptions, UpdateOptions or PatchOptions. @source apimachinery pkg/apis/meta/v1/validation@eed236ceee2c */
export function writeOptions(
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  query: URLSearchParams,
  isApply = false,
): WriteOptions {
  const errs: FieldError[] = [];
  const dryRun = query.getAll('dryRun').filter(v => v !== '');
  for (const v of dryRun) if (v !== 'All') errs.push(unsupported('dryRun', v, ['All']));
  const fieldManager = query.get('fieldManager') || undefined;
  if (fieldManager && fieldManager.length > 128)
    errs.push({ reason: 'FieldValueTooLong', field: 'fieldManager', message: 'Too long: may not be more than 128 bytes' });
  if (fieldManager && /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(fieldManager))
    errs.push(invalid('fieldManager', fieldManager, 'should only contain printable characters'));
  const force = query.get('force');
  if (isApply && !fieldManager)
    errs.push({ reason: 'FieldValueRequired', field: 'fieldManager', message: 'Required value: is required for apply patch' });
  if (!isApply && force !== null && kind === 'PatchOptions')
    errs.push(forbidden('force', 'may not be specified for non-apply patch'));
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  if (!['Ignore', 'Warn', 'Strict'].includes(fieldValidation))
    errs.push(unsupported('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn']));
  refuse(kind, errs);
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: fieldValidation as WriteOptions['fieldValidation'],
    force: isTrue(force),
  };
}

export type ListOptions = {
  labelSelector: string;
  fieldSelector: string;
  limit: number | undefined;
  continue: string | undefined;
  /** Undefined when the client does not care. */
  resourceVersion: number | undefined;
  match: 'Exact' | 'NotOlderThan' | undefined;
  sendInitialEvents: boolean | undefined;
  allowWatchBookmarks: boolean;
  timeoutSeconds: number | undefined;
};

/** @throws StatusError 400, 422 of kind ListOptions. @source apimachinery pkg/apis/meta/internalversion/validation@eed236ceee2c */
export function listOptions(query: URLSearchParams, watch: boolean): ListOptions {
  const errs: FieldError[] = [];
  const rv = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(rv))
    throw errors.invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
      invalid('resourceVersion', rv, 'strconv.ParseUint: parsing failed'),
    ]);
  const match = query.get('resourceVersionMatch') ?? '';
  const token = query.get('continue') ?? '';
  const initial = query.get('sendInitialEvents');
  if (match && !watch) {
    if (!rv) errs.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (token) errs.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
    if (match === 'Exact' && rv === '0')
      errs.push(forbidden('resourceVersionMatch', 'resourceVersionMatch "Exact" is forbidden for resourceVersion "0"'));
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errs.push(unsupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
  }
  if (initial !== null && !watch) errs.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  if (watch) {
    if (match && initial === null)
      errs.push(
        forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
      );
    if (initial !== null && match !== 'NotOlderThan') {
      errs.push(
        match
          ? unsupported('resourceVersionMatch', match, ['NotOlderThan'])
          : forbidden('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
      );
    }
    if (isTrue(initial) && !isTrue(query.get('allowWatchBookmarks')))
      errs.push(forbidden('allowWatchBookmarks', 'sendInitialEvents requires setting allowWatchBookmarks to true'));
  }
  if (token && rv && rv !== '0')
    errs.push(forbidden('resourceVersion', 'specifying resource version is not allowed when using continue'));
  refuse('ListOptions', errs);
  return {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit: wholeNumber(query, 'limit') || undefined,
    continue: token || undefined,
    resourceVersion: rv === '' ? undefined : Number(rv),
    match: match ? (match as ListOptions['match']) : undefined,
    sendInitialEvents: initial === null ? undefined : isTrue(initial),
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    timeoutSeconds: wholeNumber(query, 'timeoutSeconds'),
  };
}

export type DeleteOptions = {
  dryRun: boolean;
  graceSeconds: number | undefined;
  propagation: 'Foreground' | 'Background' | 'Orphan' | undefined;
  orphanDependents: boolean | undefined;
  uid: string | undefined;
  resourceVersion: string | undefined;
};
const PROPAGATION = ['Foreground', 'Background', 'Orphan'];

/** Options of a deletion: of the body, else of the query. @throws StatusError 400, 422 of kind DeleteOptions */
export function deleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const o = (body ?? {}) as Record<string, unknown>;
  if (typeof o !== 'object' || Array.isArray(o))
    throw errors.badRequest('the object provided is unrecognized (must be of type DeleteOptions)');
  if (o['kind'] !== undefined && o['kind'] !== 'DeleteOptions') {
    throw errors.badRequest(`${String(o['kind'])} in version "${String(o['apiVersion'])}" cannot be handled as a DeleteOptions`);
  }
  const errs: FieldError[] = [];
  const dryRun = Array.isArray(o['dryRun']) ? (o['dryRun'] as string[]) : query.getAll('dryRun').filter(v => v !== '');
  for (const v of dryRun) if (v !== 'All') errs.push(unsupported('dryRun', v, ['All']));
  const propagation = (o['propagationPolicy'] ?? query.get('propagationPolicy')) || undefined;
  if (propagation !== undefined && !PROPAGATION.includes(String(propagation)))
    errs.push(unsupported('propagationPolicy', propagation, [...PROPAGATION, 'nil']));
  const orphanText = query.get('orphanDependents');
  const orphanDependents =
    typeof o['orphanDependents'] === 'boolean' ? o['orphanDependents'] : orphanText === null ? undefined : isTrue(orphanText);
  if (orphanDependents !== undefined && propagation !== undefined)
    errs.push(invalid('propagationPolicy', propagation, 'orphanDependents and deletionPropagation cannot be both set'));
  refuse('DeleteOptions', errs);
  const preconditions = (o['preconditions'] ?? {}) as { uid?: string; resourceVersion?: string };
  const grace = o['gracePeriodSeconds'] ?? wholeNumber(query, 'gracePeriodSeconds');
  if (grace !== undefined && !Number.isInteger(grace))
    throw errors.badRequest('DeleteOptions: gracePeriodSeconds must be a whole number');
  return {
    dryRun: dryRun.length > 0,
    graceSeconds: grace as number | undefined,
    propagation: propagation as DeleteOptions['propagation'],
    orphanDependents,
    uid: preconditions.uid,
    resourceVersion: preconditions.resourceVersion,
  };
}
