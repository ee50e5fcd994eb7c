import type { Condition, Frozen } from '../../kube/index.ts';
import { conditionOf, wireTime } from '../conditions.ts';
import type { Deployment, DeploymentStatus } from './deployment-object.ts';
import { FAILURE, type ReplicaSet } from './replica-set.ts';
import { rolloutBounds } from './rollout.ts';

type Sets = { fresh: Frozen<ReplicaSet> | undefined; all: readonly Frozen<ReplicaSet>[] };
/** Conditions of a Deployment also say when anything in them last changed. */
type DeploymentCondition = Condition & { lastUpdateTime?: string };

/** The status that `kubectl rollout status` reads. @source kubernetes pkg/controller/deployment sync.go and progress.go, from knowledge */
export function deploymentStatus(
  deployment: Frozen<Deployment>,
  { fresh, all }: Sets,
  now: Date,
): { status: DeploymentStatus; deadline?: Date } {
  const old = deployment.status ?? {};
  const replicas = deployment.spec?.replicas ?? 1;
  const sum = (of: (s: Frozen<ReplicaSet>) => number | undefined) => all.reduce((n, s) => n + (of(s) ?? 0), 0);
  const failure = [fresh, ...all].flatMap(s => conditionOf(s?.status?.conditions, FAILURE) ?? [])[0];
  const numbers = {
    replicas: sum(s => s.status?.replicas),
    updatedReplicas: fresh?.status?.replicas ?? 0,
    readyReplicas: sum(s => s.status?.readyReplicas),
    availableReplicas: sum(s => s.status?.availableReplicas),
  };
  const unavailableReplicas = Math.max(0, sum(s => s.spec?.replicas) - numbers.availableReplicas);
  const kept = (old.conditions ?? []).filter(c => c.type !== FAILURE || failure);
  let conditions = [...kept] as DeploymentCondition[];
  const say = (type: string, status: Condition['status'], reason: string, message: string) => {
    conditions = withUpdate(conditions, { type, status, reason, message }, now);
  };
  if (numbers.availableReplicas >= replicas - rolloutBounds(deployment).maxUnavailable)
    say('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.');
  else say('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.');

  if (failure) say(FAILURE, 'True', failure.reason ?? '', failure.message ?? '');

  const isComplete =
    numbers.updatedReplicas === replicas &&
    numbers.replicas === replicas &&
    numbers.availableReplicas === replicas &&
    fresh !== undefined;
  const before = conditionOf(conditions, 'Progressing') as DeploymentCondition | undefined;
  const deadline = progressDeadline(deployment, before);
  const name = fresh?.metadata.name ?? '';
  if (deployment.spec?.paused) {
    if (before?.reason !== 'DeploymentPaused') say('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused');
  } else if (isComplete) {
    const isNews = before?.reason !== 'NewReplicaSetAvailable' || before.message !== progressed(name);
    if (isNews) say('Progressing', 'True', 'NewReplicaSetAvailable', progressed(name));
  } else if (!before || !fresh) {
    if (fresh) say('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`);
  } else if (hasProgressed(old, numbers) || before.reason === 'NewReplicaSetAvailable' || before.reason === 'DeploymentPaused') {
    say('Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`);
    conditions = conditions.map(c => (c.type === 'Progressing' ? { ...c, lastUpdateTime: wireTime(now) } : c));
  } else if (deadline && now >= deadline) {
    say('Progressing', 'False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`);
  }
  const status: DeploymentStatus = {
    ...(deployment.metadata.generation === undefined ? {} : { observedGeneration: deployment.metadata.generation }),
    ...Object.fromEntries(Object.entries({ ...numbers, unavailableReplicas }).filter(([, value]) => value > 0)),
    conditions,
  };
  const next =
    isComplete || deployment.spec?.paused ? undefined : progressDeadline(deployment, conditionOf(conditions, 'Progressing'));
  return { status, ...(next && next > now ? { deadline: next } : {}) };
}

const progressed = (name: string) => `ReplicaSet "${name}" has successfully progressed.`;

function progressDeadline(
  deployment: Frozen<Deployment>,
  progressing: Frozen<DeploymentCondition> | undefined,
): Date | undefined {
  const seconds = deployment.spec?.progressDeadlineSeconds ?? 600;
  const since = Date.parse(progressing?.lastUpdateTime ?? '');
  return Number.isNaN(since) ? undefined : new Date(since + seconds * 1000);
}
function hasProgressed(
  old: Frozen<DeploymentStatus>,
  now: { replicas: number; updatedReplicas: number; readyReplicas: number; availableReplicas: number },
) {
  const oldOnes = (s: { replicas?: number; updatedReplicas?: number }) => (s.replicas ?? 0) - (s.updatedReplicas ?? 0);
  return (
    now.updatedReplicas > (old.updatedReplicas ?? 0) ||
    oldOnes(now) < oldOnes(old) ||
    now.readyReplicas > (old.readyReplicas ?? 0) ||
    now.availableReplicas > (old.availableReplicas ?? 0)
  );
}

function withUpdate(
  conditions: readonly DeploymentCondition[],
  condition: DeploymentCondition,
  now: Date,
): DeploymentCondition[] {
  const old = conditions.find(c => c.type === condition.type);
  if (old && old.status === condition.status && old.reason === condition.reason && old.message === condition.message)
    return [...conditions];
  const since = old?.status === condition.status ? old.lastTransitionTime : undefined;
  const next = { ...condition, lastUpdateTime: wireTime(now), lastTransitionTime: since ?? wireTime(now) };
  return old ? conditions.map(c => (c === old ? next : c)) : [...conditions, next];
}
