import type { Frozen } from '../../kube/index.ts';
import type { ContainerStatus } from '../objects.ts';
import { type FailureRule, indexOf, type JobPod, type JobSpec } from './job-object.ts';

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

/** How often each index has failed, as its Pods say. */
export function failuresByIndex(failed: readonly JobPod[], completions: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const pod of failed) {
    const index = indexOf(pod, completions);
    if (index !== undefined) counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  return counts;
}
