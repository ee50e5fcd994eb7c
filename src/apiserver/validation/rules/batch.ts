import { type FieldError, jsonEqual } from '../../../kube/index.ts';
import { fieldErrors } from '../../schema/index.ts';
import { maxLengthError } from '../names.ts';
import { type FrozenTree, items, number, sub, text } from '../tree.ts';
import { immutable, notNegative, oneOf, positive, type Rule, validateOwnSelector } from './common.ts';
import { validateTemplate } from './pod.ts';

/** Room for the minutes since 1970 and a dash. */
const CRON_JOB_NAME_LIMIT = 52;
const FIXED = ['selector', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'];

/** @source kubernetes pkg/apis/batch/validation/validation.go ValidateJobSpec (from knowledge) */
function validateJobSpec(spec: FrozenTree, path: string): FieldError[] {
  const errors = [
    ...notNegative(
      spec,
      path,
      'parallelism',
      'completions',
      'backoffLimit',
      'activeDeadlineSeconds',
      'ttlSecondsAfterFinished',
      'backoffLimitPerIndex',
      'maxFailedIndexes',
    ),
    ...oneOf(spec, 'completionMode', path, ['NonIndexed', 'Indexed'], false),
    ...oneOf(spec, 'podReplacementPolicy', path, ['Failed', 'TerminatingOrFailed'], false),
    ...validateTemplate(spec, path),
  ];
  if (spec['completionMode'] === 'Indexed' && spec['completions'] === undefined) {
    errors.push(fieldErrors.required(`${path}.completions`, 'when completion mode is Indexed'));
  }
  if (spec['backoffLimitPerIndex'] !== undefined && spec['completionMode'] !== 'Indexed') {
    errors.push(
      fieldErrors.invalid(`${path}.backoffLimitPerIndex`, spec['backoffLimitPerIndex'], 'requires indexed completion mode'),
    );
  }
  const policy = text(sub(sub(spec, 'template'), 'spec'), 'restartPolicy');
  const field = `${path}.template.spec.restartPolicy`;
  if (policy === '' || policy === 'Always') errors.push(fieldErrors.required(field, 'valid values: "OnFailure", "Never"'));
  else if (policy === 'OnFailure' && spec['podFailurePolicy'] !== undefined) {
    errors.push(fieldErrors.invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified'));
  }
  return errors;
}

export const validateJob: Rule = (job, old, subresource) => {
  if (subresource === 'status') return [];
  const spec = sub(job, 'spec') ?? {};
  const errors = [
    ...validateJobSpec(spec, 'spec'),
    ...validateOwnSelector(spec, 'spec', 'job').filter(e => !e.message.includes('empty selector')),
  ];
  if (!old) return errors;
  const before = sub(old, 'spec') ?? {};
  errors.push(...immutable(spec, before, 'spec', ...FIXED));
  if (!isElastic(spec, before)) errors.push(...immutable(spec, before, 'spec', 'completions'));
  const template = mayReschedule(old) ? withScheduling(before, spec) : sub(before, 'template');
  if (!jsonEqual(spec['template'], template)) {
    errors.push(fieldErrors.invalid('spec.template', spec['template'], 'field is immutable'));
  }
  return errors;
};

/** An Indexed Job may change its size when completions and parallelism stay the same number. */
function isElastic(spec: FrozenTree, before: FrozenTree): boolean {
  const isOneNumber = (s: FrozenTree) => s['completions'] !== undefined && s['completions'] === s['parallelism'];
  return spec['completionMode'] === 'Indexed' && isOneNumber(spec) && isOneNumber(before);
}
/** A suspended Job that has no Pods running may still be told where and how to run. */
function mayReschedule(old: FrozenTree): boolean {
  return sub(old, 'spec')?.['suspend'] === true && (number(sub(old, 'status'), 'active') ?? 0) === 0;
}
function withScheduling(before: FrozenTree, spec: FrozenTree): FrozenTree {
  const then = sub(before, 'template') ?? {};
  const now = sub(spec, 'template') ?? {};
  const thenSpec = sub(then, 'spec') ?? {};
  const nowSpec = sub(now, 'spec') ?? {};
  const thenMeta = sub(then, 'metadata') ?? {};
  const nowMeta = sub(now, 'metadata') ?? {};
  const containers = (list: string) =>
    thenSpec[list] === undefined
      ? {}
      : { [list]: items(thenSpec, list).map((c, i) => ({ ...c, resources: items(nowSpec, list)[i]?.['resources'] })) };
  const { nodeSelector, tolerations, affinity, schedulingGates } = nowSpec;
  return {
    ...then,
    ...(now['metadata'] === undefined && then['metadata'] === undefined
      ? {}
      : { metadata: { ...thenMeta, labels: nowMeta['labels'], annotations: nowMeta['annotations'] } }),
    spec: {
      ...thenSpec,
      ...containers('containers'),
      ...containers('initContainers'),
      nodeSelector,
      tolerations,
      affinity,
      schedulingGates,
    },
  };
}

/** @source kubernetes pkg/apis/batch/validation/validation.go ValidateCronJobSpec (from knowledge) */
export const validateCronJob: Rule = (cronJob, old) => {
  const spec = sub(cronJob, 'spec') ?? {};
  const name = text(sub(cronJob, 'metadata'), 'name');
  const jobSpec = sub(sub(spec, 'jobTemplate'), 'spec') ?? {};
  const errors: FieldError[] = [];
  if (!old && name.length > CRON_JOB_NAME_LIMIT)
    errors.push(fieldErrors.invalid('metadata.name', name, maxLengthError(CRON_JOB_NAME_LIMIT)));
  errors.push(
    ...validateSchedule(spec),
    ...oneOf(spec, 'concurrencyPolicy', 'spec', ['Allow', 'Forbid', 'Replace']),
    ...notNegative(spec, 'spec', 'startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'),
    ...validateJobSpec(jobSpec, 'spec.jobTemplate.spec'),
  );
  if (jobSpec['selector'] !== undefined) {
    errors.push(fieldErrors.invalid('spec.jobTemplate.spec.selector', jobSpec['selector'], '`selector` will be auto-generated'));
  }
  return errors;
};

const MACRO = /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly|every \S+)$/;
const CRON_FIELD = /^(?:\*|\?|[0-9A-Za-z]+(?:-[0-9A-Za-z]+)?)(?:\/\d+)?(?:,(?:\*|\?|[0-9A-Za-z]+(?:-[0-9A-Za-z]+)?)(?:\/\d+)?)*$/;

function validateSchedule(spec: FrozenTree): FieldError[] {
  const schedule = text(spec, 'schedule');
  const zone = text(spec, 'timeZone');
  const errors: FieldError[] = [];
  if (!schedule) errors.push(fieldErrors.required('spec.schedule'));
  else if (schedule.includes('TZ')) {
    errors.push(
      fieldErrors.invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'),
    );
  } else errors.push(...cronProblem(schedule).map(p => fieldErrors.invalid('spec.schedule', schedule, p)));
  if (spec['timeZone'] !== undefined && !isTimeZone(zone)) {
    errors.push(
      fieldErrors.invalid(
        'spec.timeZone',
        zone,
        zone === '' ? 'timeZone must be nil or non-empty string' : `unknown time zone ${zone}`,
      ),
    );
  }
  return errors;
}
function cronProblem(schedule: string): string[] {
  if (MACRO.test(schedule)) return [];
  const fields = schedule.trim().split(/\s+/);
  if (schedule.startsWith('@')) return [`unrecognized descriptor: ${schedule}`];
  if (fields.length !== 5) return [`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`];
  const bad = fields.find(f => !CRON_FIELD.test(f));
  return bad === undefined ? [] : [`failed to parse int from ${bad}`];
}
function isTimeZone(zone: string): boolean {
  if (zone === '' || zone === 'Local') return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    // The engine's only way to say that it does not know the zone.
    return false;
  }
}

/** @source kubernetes pkg/apis/coordination/validation/validation.go (from knowledge) */
export const validateLease: Rule = lease => {
  const spec = sub(lease, 'spec');
  return [...positive(spec, 'spec', 'leaseDurationSeconds'), ...notNegative(spec, 'spec', 'leaseTransitions')];
};
