import type { Frozen } from '../../kube/index.ts';
import type { ContainerStatus } from '../objects.ts';
import { finishedAt } from '../pod-state.ts';
import { FAILURE_COUNT_KEY, type FailureRule, IGNORED_COUNT_KEY, indexOf, type JobPod, type JobSpec } from './job-object.ts';

export type Verdict = { action: FailureRule['action']; message?: string };

/**
 * What the first matching rule of a Job's podFailurePolicy says about a failed Pod; `Count` when none matches.
 *
 * @source kubernetes pkg/controller/job/pod_failure_policy.go, from knowledge
 */
export function judgeFailure(spec: Frozen<JobSpec>, pod: JobPod): Verdict {
  const { namespace, name } = pod.metadata;
  for (const [at, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const container = rule.onExitCodes && failedContainer(rule.onExitCodes, pod);
    if (container) {
      const { exitCode } = container.state!.terminated!;
      const text = `Container ${container.name} for pod ${namespace}/${name} failed with exit code ${exitCode} matching ${rule.action} rule at index ${at}`;
      return { action: rule.action, message: text };
    }
    const condition = rule.onPodConditions?.find(wanted =>
      pod.status?.conditions?.some(c => c.type === wanted.type && c.status === (wanted.status ?? 'True')),
    );
    if (condition) {
      const text = `Pod ${namespace}/${name} has condition ${condition.type} matching ${rule.action} rule at index ${at}`;
      return { action: rule.action, message: text };
    }
  }
  return { action: 'Count' };
}

function failedContainer(
  { containerName, operator, values }: Frozen<NonNullable<FailureRule['onExitCodes']>>,
  pod: JobPod,
): Frozen<ContainerStatus> | undefined {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  return statuses.find(c => {
    const exitCode = c.state?.terminated?.exitCode;
    if (exitCode === undefined || exitCode === 0 || (containerName !== undefined && c.name !== containerName)) return false;
    return values.includes(exitCode) === (operator === 'In');
  });
}

/** What stands behind an index: failures that count, those that a rule ignores, and the end of the last one. */
export type IndexFailures = { counted: number; ignored: number; last: JobPod };

/**
 * How each index fared. A Pod carries the failures before it, so that the count outlives Pods that are removed.
 *
 * @source kubernetes pkg/controller/job/backoff_utils.go and indexed_job_utils.go, from knowledge
 */
export function failuresByIndex(spec: Frozen<JobSpec>, pods: readonly JobPod[]): Map<number, IndexFailures> {
  const found = new Map<number, IndexFailures>();
  for (const pod of pods) {
    const index = pod.status?.phase === 'Failed' ? indexOf(pod, spec.completions ?? 0) : undefined;
    if (index === undefined) continue;
    const isIgnored = judgeFailure(spec, pod).action === 'Ignore';
    const before = found.get(index);
    const earlier = (key: string) => Number(pod.metadata.annotations?.[key] ?? 0);
    found.set(index, {
      counted: Math.max(before?.counted ?? 0, earlier(FAILURE_COUNT_KEY) + (isIgnored ? 0 : 1)),
      ignored: Math.max(before?.ignored ?? 0, earlier(IGNORED_COUNT_KEY) + (isIgnored ? 1 : 0)),
      last: before && endOf(before.last) > endOf(pod) ? before.last : pod,
    });
  }
  return found;
}
const endOf = (pod: JobPod) => finishedAt(pod)?.getTime() ?? 0;
