import { ensure, fill, items, sub, type Tree, text, textMap } from '../tree.ts';
import { defaultTemplate } from './pod.ts';
import { defaultClaim } from './storage.ts';

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const JOB_NAME = 'batch.kubernetes.io/job-name';
/** The labels' names before they had a prefix; still set. */
const LEGACY_CONTROLLER_UID = 'controller-uid';
const LEGACY_JOB_NAME = 'job-name';
const MAX_INT32 = 2 ** 31 - 1;

/** @source kubernetes pkg/apis/apps/v1/defaults.go (from knowledge) */
export function defaultDeployment(deployment: Tree): void {
  const spec = ensure(deployment, 'spec');
  defaultTemplate(spec);
  fill(spec, { replicas: 1, strategy: {}, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  const strategy = ensure(spec, 'strategy');
  fill(strategy, { type: 'RollingUpdate' });
  if (strategy['type'] === 'RollingUpdate') fill(ensure(strategy, 'rollingUpdate'), { maxUnavailable: '25%', maxSurge: '25%' });
}

export function defaultReplicaSet(replicaSet: Tree): void {
  const spec = ensure(replicaSet, 'spec');
  defaultTemplate(spec);
  fill(spec, { replicas: 1 });
}

export function defaultReplicationController(controller: Tree): void {
  const spec = ensure(controller, 'spec');
  const labels = textMap(sub(sub(spec, 'template'), 'metadata'), 'labels');
  if (Object.keys(labels).length > 0) {
    fill(spec, { selector: { ...labels } });
    fill(ensure(controller, 'metadata'), { labels: { ...labels } });
  }
  defaultReplicaSet(controller);
}

export function defaultStatefulSet(set: Tree): void {
  const spec = ensure(set, 'spec');
  defaultTemplate(spec);
  fill(spec, { podManagementPolicy: 'OrderedReady', replicas: 1, revisionHistoryLimit: 10 });
  const strategy = ensure(spec, 'updateStrategy');
  fill(strategy, { type: 'RollingUpdate' });
  if (strategy['type'] === 'RollingUpdate') fill(ensure(strategy, 'rollingUpdate'), { partition: 0 });
  fill(ensure(spec, 'persistentVolumeClaimRetentionPolicy'), { whenDeleted: 'Retain', whenScaled: 'Retain' });
  for (const claim of items(spec, 'volumeClaimTemplates')) {
    fill(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' });
    defaultClaim(claim);
  }
}

export function defaultDaemonSet(set: Tree): void {
  const spec = ensure(set, 'spec');
  defaultTemplate(spec);
  fill(spec, { revisionHistoryLimit: 10 });
  const strategy = ensure(spec, 'updateStrategy');
  fill(strategy, { type: 'RollingUpdate' });
  if (strategy['type'] === 'RollingUpdate') fill(ensure(strategy, 'rollingUpdate'), { maxUnavailable: 1, maxSurge: 0 });
}

/** @source kubernetes pkg/apis/batch/v1/defaults.go, pkg/registry/batch/job/strategy.go (from knowledge) */
export function defaultJob(job: Tree): void {
  const spec = ensure(job, 'spec');
  defaultTemplate(spec);
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) fill(spec, { completions: 1 });
  fill(spec, {
    parallelism: 1,
    backoffLimit: spec['backoffLimitPerIndex'] === undefined ? 6 : MAX_INT32,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed',
  });
  for (const rule of items(sub(spec, 'podFailurePolicy'), 'rules')) {
    for (const pattern of items(rule, 'onPodConditions')) fill(pattern, { status: 'True' });
  }
  const metadata = ensure(job, 'metadata');
  const labels = textMap(sub(sub(spec, 'template'), 'metadata'), 'labels');
  if (Object.keys(labels).length > 0) fill(metadata, { labels: { ...labels } });
  selectOwnPods(spec, metadata);
}

/** A Job picks its Pods by its own uid, once it has one. */
function selectOwnPods(spec: Tree, metadata: Tree): void {
  const uid = text(metadata, 'uid');
  const template = sub(spec, 'template');
  if (!uid || !template || spec['manualSelector'] === true || spec['selector'] !== undefined) return;
  const name = text(metadata, 'name');
  Object.assign(ensure(ensure(template, 'metadata'), 'labels'), {
    [CONTROLLER_UID]: uid,
    [JOB_NAME]: name,
    [LEGACY_CONTROLLER_UID]: uid,
    [LEGACY_JOB_NAME]: name,
  });
  spec['selector'] = { matchLabels: { [CONTROLLER_UID]: uid } };
}

export function defaultCronJob(cronJob: Tree): void {
  const spec = ensure(cronJob, 'spec');
  fill(spec, { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 });
  const jobSpec = sub(sub(spec, 'jobTemplate'), 'spec');
  if (jobSpec) defaultTemplate(jobSpec);
}

/** @source kubernetes pkg/apis/autoscaling/v2/defaults.go (from knowledge) */
export function defaultAutoscaler(autoscaler: Tree): void {
  const spec = ensure(autoscaler, 'spec');
  fill(spec, { minReplicas: 1 });
  if (autoscaler['apiVersion'] !== 'autoscaling/v2') return;
  fill(spec, {
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
  });
  const behavior = sub(spec, 'behavior');
  if (!behavior) return;
  fill(ensure(behavior, 'scaleUp'), {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  });
  fill(ensure(behavior, 'scaleDown'), { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] });
}
