import { count, get, isTrue, labelText, list, map, type Row, selectorText, text } from './access.ts';
import { AGE, type Column, column, NAME, templateColumns, wide } from './column.ts';
import { humanDuration, since } from './human.ts';

const TEMPLATE = ['spec', 'template'];
const selector = wide('Selector', o => selectorText(get(o, 'spec', 'selector')));
const number = (name: string, ...path: string[]) => column(name, o => count(o, ...path), 'integer');
const ready = (o: Row) => `${count(o, 'status', 'readyReplicas')}/${count(o, 'spec', 'replicas')}`;

const replicaSet: readonly Column[] = [
  NAME,
  number('Desired', 'spec', 'replicas'),
  number('Current', 'status', 'replicas'),
  number('Ready', 'status', 'readyReplicas'),
  AGE,
  ...templateColumns(...TEMPLATE),
];

/** @source kubernetes pkg/printers/internalversion, from knowledge */
export const workloadColumns: Readonly<Record<string, readonly Column[]>> = {
  'apps/Deployment': [
    NAME,
    column('Ready', ready),
    number('Up-to-date', 'status', 'updatedReplicas'),
    number('Available', 'status', 'availableReplicas'),
    AGE,
    ...templateColumns(...TEMPLATE),
    selector,
  ],
  'apps/ReplicaSet': [...replicaSet, selector],
  '/ReplicationController': [...replicaSet, wide('Selector', o => labelText(map(o, 'spec', 'selector')))],
  'apps/StatefulSet': [NAME, column('Ready', ready), AGE, ...templateColumns(...TEMPLATE)],
  'apps/DaemonSet': [
    NAME,
    number('Desired', 'status', 'desiredNumberScheduled'),
    number('Current', 'status', 'currentNumberScheduled'),
    number('Ready', 'status', 'numberReady'),
    number('Up-to-date', 'status', 'updatedNumberScheduled'),
    number('Available', 'status', 'numberAvailable'),
    column('Node Selector', o => labelText(map(o, 'spec', 'template', 'spec', 'nodeSelector'))),
    AGE,
    ...templateColumns(...TEMPLATE),
    selector,
  ],
  'apps/ControllerRevision': [NAME, column('Controller', controllerOf), number('Revision', 'revision'), AGE],
  'batch/Job': [
    NAME,
    column('Status', jobStatus),
    column('Completions', completions),
    column('Duration', jobDuration),
    AGE,
    ...templateColumns(...TEMPLATE),
    selector,
  ],
  'batch/CronJob': [
    NAME,
    column('Schedule', o => text(o, ['spec', 'schedule'])),
    column('Timezone', o => text(o, ['spec', 'timeZone'], '<none>')),
    column('Suspend', o => (get(o, 'spec', 'suspend') === true ? 'True' : 'False'), 'boolean'),
    column('Active', o => list(o, 'status', 'active').length, 'integer'),
    column('Last Schedule', (o, now) => {
      const last = get(o, 'status', 'lastScheduleTime');
      return last === undefined ? '<none>' : since(last, now);
    }),
    AGE,
    ...templateColumns('spec', 'jobTemplate', 'spec', 'template'),
    wide('Selector', o => selectorText(get(o, 'spec', 'jobTemplate', 'spec', 'selector'))),
  ],
  'autoscaling/HorizontalPodAutoscaler': [
    NAME,
    column('Reference', o => `${text(o, ['spec', 'scaleTargetRef', 'kind'])}/${text(o, ['spec', 'scaleTargetRef', 'name'])}`),
    column('Targets', hpaTargets),
    column('MinPods', o => text(o, ['spec', 'minReplicas'], '<unset>')),
    number('MaxPods', 'spec', 'maxReplicas'),
    number('Replicas', 'status', 'currentReplicas'),
    AGE,
  ],
  'policy/PodDisruptionBudget': [
    NAME,
    column('Min Available', o => text(o, ['spec', 'minAvailable'], 'N/A')),
    column('Max Unavailable', o => text(o, ['spec', 'maxUnavailable'], 'N/A')),
    number('Allowed Disruptions', 'status', 'disruptionsAllowed'),
    AGE,
  ],
};

function controllerOf(o: Row): string {
  const owner = list(o, 'metadata', 'ownerReferences').find(ref => ref['controller'] === true);
  if (!owner) return '<none>';
  const [group] = text(owner, ['apiVersion']).split('/');
  return `${text(owner, ['kind']).toLowerCase()}${text(owner, ['apiVersion']).includes('/') ? `.${group}` : ''}/${text(owner, ['name'])}`;
}

function jobStatus(o: Row): string {
  if (isTrue(o, 'Complete')) return 'Complete';
  if (isTrue(o, 'Failed')) return 'Failed';
  if (o.metadata.deletionTimestamp) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(type => isTrue(o, type)) ?? 'Running';
}
function completions(o: Row): string {
  const succeeded = count(o, 'status', 'succeeded');
  const wanted = get(o, 'spec', 'completions');
  if (typeof wanted === 'number') return `${succeeded}/${wanted}`;
  const parallelism = count(o, 'spec', 'parallelism');
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}
function jobDuration(o: Row, now: Date): string {
  const start = text(o, ['status', 'startTime']);
  if (!start) return '';
  const end = text(o, ['status', 'completionTime']);
  return humanDuration((end ? Date.parse(end) : now.getTime()) - Date.parse(start));
}

function hpaTargets(o: Row): string {
  const specs = list(o, 'spec', 'metrics');
  const current = list(o, 'status', 'currentMetrics');
  const shown = specs.map((spec, i) => {
    const source = text(spec, ['type']).replace(/^./, c => c.toLowerCase());
    const target = map(spec, source, 'target');
    const now = map(current[i], source, 'current');
    const resource = source === 'resource' ? `${text(spec, [source, 'name'])}: ` : '';
    if (target['averageUtilization'] !== undefined)
      return `${resource}${text(now, ['averageUtilization'], '<unknown>')}${now['averageUtilization'] === undefined ? '' : '%'}/${target['averageUtilization']}%`;
    const average = target['averageValue'] !== undefined;
    const field = average ? 'averageValue' : 'value';
    return `${resource}${text(now, [field], '<unknown>')}/${text(target, [field])}${average && source !== 'resource' ? ' (avg)' : ''}`;
  });
  return shown.length > 2 ? `${shown.slice(0, 2).join(', ')} + ${shown.length - 2} more...` : shown.join(', ') || '<none>';
}
