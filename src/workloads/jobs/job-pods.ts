import type { Frozen, Write } from '../../kube/index.ts';
import { refOf } from '../../kube/index.ts';
import { earliest } from '../conditions.ts';
import { freeNames } from '../names.ts';
import { type Container, type Pod, podOf } from '../objects.ts';
import { byDeletionOrder, finishedAt, isActive, isDeleting, isFinished } from '../pod-state.ts';
import type { Tally } from './counting.ts';
import { failuresByIndex, type IndexFailures } from './failure-policy.ts';
import {
  FAILURE_COUNT_KEY,
  IGNORED_COUNT_KEY,
  INDEX_KEY,
  indexOf,
  type Job,
  type JobPod,
  TRACKING_FINALIZER,
} from './job-object.ts';

const MAX_BACKOFF_MS = 600_000;
/** More are made by the next plans, as the first ones are seen. */
const MAX_CREATES = 500;

/** Lets a Pod go without counting it. */
export function dropTracking(pod: JobPod): Write {
  const finalizers = (pod.metadata.finalizers ?? []).filter(f => f !== TRACKING_FINALIZER);
  return {
    verb: 'patch',
    ref: refOf(pod),
    type: 'merge',
    patch: { metadata: { uid: pod.metadata.uid, finalizers: finalizers.length > 0 ? finalizers : null } },
  };
}
export function deletePod(pod: JobPod): Write {
  return { verb: 'delete', ref: refOf(pod), uid: pod.metadata.uid! };
}

/** When the next attempt may start: the pause doubles with every failure since the last success. */
function retryAt(pods: readonly JobPod[], baseMs: number): Date | undefined {
  const ended = pods
    .filter(p => isFinished(p) && finishedAt(p) !== undefined)
    .map(p => ({ hasFailed: p.status?.phase === 'Failed', at: finishedAt(p)!.getTime() }))
    .sort((a, b) => b.at - a.at);
  const success = ended.findIndex(e => !e.hasFailed);
  const failures = success < 0 ? ended.length : success;
  if (failures === 0) return undefined;
  return new Date(ended[0]!.at + Math.min(baseMs * 2 ** (failures - 1), MAX_BACKOFF_MS));
}

/** With a limit per index every index has a pause of its own. */
function indexRetryAt({ counted, ignored, last }: IndexFailures, baseMs: number): Date | undefined {
  const at = finishedAt(last);
  return at && new Date(at.getTime() + Math.min(baseMs * 2 ** (counted + ignored - 1), MAX_BACKOFF_MS));
}

/** `retryAt`: when there are more to create, after a pause. */
export type Population = { create: Pod[]; remove: JobPod[]; retryAt?: Date };
type Pause = { now: Date; backoffMs: number };

/** Which Pods a running Job lacks and which are too many. */
export function populationOf(
  job: Frozen<Job>,
  pods: readonly JobPod[],
  tally: Tally,
  failedIndexes: ReadonlySet<number>,
  pause: Pause,
): Population {
  const population = fullPopulation(job, pods, tally, failedIndexes, pause);
  if (population.create.length === 0 || job.spec!.backoffLimitPerIndex !== undefined) return population;
  const at = retryAt(pods, pause.backoffMs);
  return at && at > pause.now ? { create: [], remove: population.remove, retryAt: at } : population;
}

function fullPopulation(
  job: Frozen<Job>,
  pods: readonly JobPod[],
  tally: Tally,
  failedIndexes: ReadonlySet<number>,
  pause: Pause,
): Population {
  const spec = job.spec!;
  const parallelism = spec.parallelism ?? 1;
  const active = pods.filter(isActive);
  const waitsForTerminating = spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined;
  const occupying = waitsForTerminating ? pods.filter(p => isActive(p) || (isDeleting(p) && !isFinished(p))) : active;
  const succeeded = tally.succeeded + tally.uncounted.succeeded.length;
  if (spec.completionMode === 'Indexed') return indexedPopulation(job, pods, active, occupying, tally, failedIndexes, pause);
  const wanted =
    spec.completions === undefined
      ? succeeded > 0
        ? active.length
        : parallelism
      : Math.max(0, Math.min(parallelism, spec.completions - succeeded));
  const missing = Math.min(wanted - occupying.length, MAX_CREATES);
  if (missing <= 0)
    return { create: [], remove: active.length > wanted ? byDeletionOrder(active).slice(0, active.length - wanted) : [] };
  const taken = new Set(pods.map(p => p.metadata.name));
  const names = freeNames(job, taken, missing);
  return { create: names.map(name => trackedPod(job, name)), remove: [] };
}

function indexedPopulation(
  job: Frozen<Job>,
  pods: readonly JobPod[],
  active: readonly JobPod[],
  occupying: readonly JobPod[],
  tally: Tally,
  failedIndexes: ReadonlySet<number>,
  pause: Pause,
): Population {
  const { parallelism = 1, completions = 0, backoffLimitPerIndex } = job.spec!;
  const failures = backoffLimitPerIndex === undefined ? undefined : failuresByIndex(job.spec!, pods);
  const busy = new Set<number>();
  const remove: JobPod[] = [];
  for (const pod of active) {
    const index = indexOf(pod, completions);
    if (index === undefined || busy.has(index) || busy.size >= parallelism) remove.push(pod);
    else busy.add(index);
  }
  const taken = new Set(occupying.map(p => indexOf(p, completions)));
  const room = Math.min(parallelism - occupying.length + remove.length, MAX_CREATES);
  const create: Pod[] = [];
  const names = new Set(pods.map(p => p.metadata.name));
  let next: Date | undefined;
  for (let index = 0; index < completions && create.length < room; index++) {
    if (taken.has(index) || tally.completedIndexes.has(index) || failedIndexes.has(index)) continue;
    const past = failures?.get(index);
    const at = past && indexRetryAt(past, pause.backoffMs);
    if (at && at > pause.now) {
      next = earliest(next, at);
      continue;
    }
    const [name] = freeNames(job, names, 1, String(index));
    const pod = indexedPod(job, name!, index);
    create.push(failures ? withFailures(pod, past) : pod);
  }
  return { create, remove, ...(next ? { retryAt: next } : {}) };
}

function trackedPod(job: Frozen<Job>, name: string): Pod {
  const pod = podOf(job.spec!.template, job, name);
  const { name: jobName, uid } = job.metadata;
  const labels = {
    ...pod.metadata.labels,
    'batch.kubernetes.io/controller-uid': uid!,
    'batch.kubernetes.io/job-name': jobName,
    'controller-uid': uid!,
    'job-name': jobName,
  };
  return { ...pod, metadata: { ...pod.metadata, labels, finalizers: [TRACKING_FINALIZER] } };
}

function indexedPod(job: Frozen<Job>, name: string, index: number): Pod {
  const pod = trackedPod(job, name);
  const spec = pod.spec!;
  const env = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.annotations['${INDEX_KEY}']` } } };
  const withIndex = (containers: readonly Container[]): Container[] =>
    containers.map(c => (c.env?.some(e => e.name === env.name) ? c : { ...c, env: [...(c.env ?? []), env] }));
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: { ...pod.metadata.labels, [INDEX_KEY]: String(index) },
      annotations: { ...pod.metadata.annotations, [INDEX_KEY]: String(index) },
    },
    spec: {
      ...spec,
      hostname: `${job.metadata.name}-${index}`,
      containers: withIndex(spec.containers),
      ...(spec.initContainers ? { initContainers: withIndex(spec.initContainers) } : {}),
    },
  };
}

/** Tells a Pod how often its index has failed before it. */
function withFailures(pod: Pod, past: IndexFailures | undefined): Pod {
  const annotations = {
    ...pod.metadata.annotations,
    [FAILURE_COUNT_KEY]: String(past?.counted ?? 0),
    ...(past?.ignored ? { [IGNORED_COUNT_KEY]: String(past.ignored) } : {}),
  };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}
