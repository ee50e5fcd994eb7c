import { type ControllerDef, type EventDraft, type Frozen, jsonEqual, type Plan, refOf, type Write } from '../../kube/index.ts';
import { templateHash } from '../names.ts';
import { controllerRef, type PodTemplate } from '../objects.ts';
import type { Deployment } from './deployment-object.ts';
import { deploymentStatus } from './deployment-status.ts';
import type { ReplicaSet } from './replica-set.ts';
import { MAXIMUM, proportionalStep, rolloutBounds, rolloutStep, type Scaling } from './rollout.ts';

const HASH = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
const HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

type AnySet = Frozen<ReplicaSet>;

/** Rolls Pod templates out: a ReplicaSet a template, scaled against each other. */
export const deployments: ControllerDef<Deployment> = {
  name: 'deployment-controller',
  for: 'apps/v1/Deployment',
  owns: ['apps/v1/ReplicaSet'],
  plan({ object: deployment, owned }, now): Plan {
    const all = owned<ReplicaSet>('apps/v1/ReplicaSet').filter(s => !s.metadata.deletionTimestamp);
    const fresh = newest(all.filter(s => isSameTemplate(s, deployment)));
    const old = all.filter(s => s !== fresh);
    const { status, deadline } = deploymentStatus(deployment, { fresh, all }, now);
    const rest: Plan = { status, ...(deadline ? { requeueAt: deadline } : {}) };
    if (deployment.metadata.deletionTimestamp) return rest;
    if (deployment.spec?.paused || isResized(deployment, all))
      return { ...rest, ...scalePlan(deployment, all, proportionalStep(deployment, { fresh, old })) };
    const revision = String(Math.max(0, ...old.map(revisionOf)) + 1);
    if (!fresh) {
      const created = newReplicaSet(deployment, old, revision);
      const message = `Scaled up replica set ${created.metadata.name} from 0 to ${created.spec?.replicas}`;
      const writes: Write[] = [{ verb: 'create', object: created }, ...noteRevision(deployment, revision)];
      return { ...rest, writes, ...(created.spec?.replicas ? { events: [{ reason: 'ScalingReplicaSet', message }] } : {}) };
    }
    const current = revisionOf(fresh) >= Number(revision) ? String(revisionOf(fresh)) : revision;
    const scaled = scalePlan(deployment, all, rolloutStep(deployment, { fresh, old }));
    const notes = describe(fresh, deployment, current);
    return {
      ...rest,
      writes: [...notes, ...(scaled.writes ?? []), ...noteRevision(deployment, current), ...cleanup(deployment, old)],
      events: scaled.events ?? [],
    };
  },
};

function revisionOf(set: AnySet): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0);
}
function newest(sets: readonly AnySet[]): AnySet | undefined {
  return sets.toSorted((a, b) => revisionOf(b) - revisionOf(a))[0];
}
function isSameTemplate(set: AnySet, deployment: Frozen<Deployment>): boolean {
  return jsonEqual(withoutHash(set.spec?.template), withoutHash(deployment.spec?.template));
}
function withoutHash(template: Frozen<PodTemplate> | undefined): unknown {
  const { metadata, ...rest } = template ?? {};
  const { [HASH]: _, ...labels } = metadata?.labels ?? {};
  return { ...rest, metadata: { ...metadata, labels, creationTimestamp: undefined } };
}

function newReplicaSet(deployment: Frozen<Deployment>, old: readonly AnySet[], revision: string): ReplicaSet {
  const { name, namespace } = deployment.metadata;
  const { template, selector, minReadySeconds } = deployment.spec!;
  const hash = templateHash(withoutHash(template));
  const labels = { ...template?.metadata?.labels, [HASH]: hash };
  const empty: ReplicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace: namespace!,
      labels,
      annotations: { ...copiedAnnotations(deployment), [REVISION]: revision, ...sizeAnnotations(deployment) },
      ownerReferences: [controllerRef(deployment)],
    },
    spec: {
      replicas: 0,
      selector: {
        ...(selector as ReplicaSet['spec'] & object),
        matchLabels: { ...selector?.matchLabels, [HASH]: hash },
      } as never,
      template: { ...(template as PodTemplate), metadata: { ...(template?.metadata as object), labels } },
      ...(minReadySeconds ? { minReadySeconds } : {}),
    },
  };
  const first = rolloutStep(deployment, { fresh: empty as AnySet, old }).get(empty.metadata.name) ?? 0;
  return { ...empty, spec: { ...empty.spec!, replicas: first } };
}

/** Brings what a set has of its Deployment up to date: notes (the cause of a change), the revision, when Pods are available. */
function describe(set: AnySet, deployment: Frozen<Deployment>, revision: string): Write[] {
  const before = set.metadata.annotations?.[REVISION];
  const history =
    before && before !== revision ? [set.metadata.annotations?.[HISTORY], before].filter(Boolean).join(',') : undefined;
  const annotations = {
    ...copiedAnnotations(deployment),
    [REVISION]: revision,
    ...(history ? { [HISTORY]: history } : {}),
  };
  const { minReadySeconds = 0 } = deployment.spec ?? {};
  const isNoted = Object.entries(annotations).every(([key, value]) => set.metadata.annotations?.[key] === value);
  if (isNoted && (set.spec?.minReadySeconds ?? 0) === minReadySeconds) return [];
  return [{ verb: 'patch', ref: refOf(set), type: 'merge', patch: { metadata: { annotations }, spec: { minReadySeconds } } }];
}

/** Whether the wanted size has changed since the sets were last scaled. */
function isResized(deployment: Frozen<Deployment>, sets: readonly AnySet[]): boolean {
  const replicas = String(deployment.spec?.replicas ?? 1);
  return sets.some(s => s.spec?.replicas !== 0 && (s.metadata.annotations?.[DESIRED] ?? replicas) !== replicas);
}

function copiedAnnotations(deployment: Frozen<Deployment>): Record<string, string> {
  const own = [LAST_APPLIED, REVISION, HISTORY, DESIRED, MAXIMUM];
  return Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !own.includes(key)));
}
function sizeAnnotations(deployment: Frozen<Deployment>): Record<string, string> {
  const replicas = deployment.spec?.replicas ?? 1;
  return { [DESIRED]: String(replicas), [MAXIMUM]: String(replicas + rolloutBounds(deployment).maxSurge) };
}

function scalePlan(deployment: Frozen<Deployment>, sets: readonly AnySet[], scaling: Scaling): Pick<Plan, 'writes' | 'events'> {
  const writes: Write[] = [];
  const events: EventDraft[] = [];
  for (const set of sets) {
    const replicas = scaling.get(set.metadata.name);
    if (replicas === undefined) continue;
    const from = set.spec?.replicas ?? 1;
    const annotations = sizeAnnotations(deployment);
    const isKnown = Object.entries(annotations).every(([key, value]) => set.metadata.annotations?.[key] === value);
    if (replicas === from && isKnown) continue;
    writes.push({ verb: 'patch', ref: refOf(set), type: 'merge', patch: { metadata: { annotations }, spec: { replicas } } });
    if (replicas === from) continue;
    const direction = replicas > from ? 'up' : 'down';
    events.push({
      reason: 'ScalingReplicaSet',
      message: `Scaled ${direction} replica set ${set.metadata.name} from ${from} to ${replicas}`,
    });
  }
  return { writes, events };
}
function annotate(object: Frozen<Deployment>, annotations: Record<string, string>): Write {
  return { verb: 'patch', ref: refOf(object), type: 'merge', patch: { metadata: { annotations } } };
}
function noteRevision(deployment: Frozen<Deployment>, revision: string): Write[] {
  return deployment.metadata.annotations?.[REVISION] === revision ? [] : [annotate(deployment, { [REVISION]: revision })];
}

/** Old sets beyond the history limit go, once they are empty and the rollout is over. */
function cleanup(deployment: Frozen<Deployment>, old: readonly AnySet[]): Write[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  const empty = old.filter(
    s => s.spec?.replicas === 0 && (s.status?.replicas ?? 0) === 0 && s.status?.observedGeneration === s.metadata.generation,
  );
  const surplus = old.length - limit;
  if (surplus <= 0) return [];
  return empty
    .toSorted((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, surplus)
    .map((s): Write => ({ verb: 'delete', ref: refOf(s), uid: s.metadata.uid! }));
}
