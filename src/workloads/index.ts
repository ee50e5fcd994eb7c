import type { ControllerDef, Gvk, Obj, Performer, Source } from '../kube/index.ts';
import { controllerUser } from '../kube/index.ts';
import { type Logger, silentLogger } from '../lib/index.ts';
import { budgets } from './disruption/budget.ts';
import { fakeNodes } from './fake/fake-node.ts';
import { fakePods } from './fake/fake-pod.ts';
import { cronJobs } from './jobs/cron-job.ts';
import { jobs, orphanedJobPods } from './jobs/job.ts';
import { BUILTIN_KINDS } from './namespaces/builtin-kinds.ts';
import { garbageCollector, garbageRemover, objectFollower } from './namespaces/garbage.ts';
import { namespaceFinalizer, namespaces } from './namespaces/namespace.ts';
import { ObjectFeed } from './namespaces/object-feed.ts';
import { daemonSets } from './replicas/daemon-set.ts';
import { deployments } from './replicas/deployment.ts';
import { replicaSets } from './replicas/replica-set.ts';
import { statefulSets } from './replicas/stateful-set.ts';
import { binder, scheduler } from './scheduling/scheduler.ts';
import { endpoints } from './services/endpoints.ts';
import { claims, defaultClass } from './volumes/claim.ts';
import { volumeRemover, volumes } from './volumes/volume.ts';

export type WorkloadOptions = {
  /** Folders of persistent volumes are made below it. Absolute. */
  volumesFolder: string;
  /** Removes a folder with all it holds, for released volumes. Without it folders stay. */
  removeFolder?: (path: string) => Promise<void>;
  log?: Logger;
  /** Kinds that are followed for ownership and namespace deletion, besides custom ones. */
  kinds?: readonly Gvk[];
  /** The pause after a Job's first failure; it doubles. Default 10 s. */
  jobPodBackoffMs?: number;
  /** Nodes that exist in the API only. Default none. */
  fakeNodes?: number;
};
export type Workloads = { controllers: ControllerDef[]; sources: Source[]; performers: Performer[]; bootstrap: Obj[] };

/** What a controller manager and a scheduler do, for a cluster of one machine. */
export function workloads(o: WorkloadOptions): Workloads {
  const feed = new ObjectFeed({ log: o.log ?? silentLogger, kinds: o.kinds ?? BUILTIN_KINDS });
  return {
    controllers: [
      namespaces,
      garbageCollector,
      scheduler,
      jobs({ podBackoffMs: o.jobPodBackoffMs ?? 10_000 }),
      orphanedJobPods,
      cronJobs,
      replicaSets,
      deployments,
      statefulSets,
      daemonSets,
      endpoints,
      budgets,
      claims({ volumesFolder: o.volumesFolder }),
      volumes,
      fakeNodes(o.fakeNodes ?? 0),
      ...(o.fakeNodes ? [fakePods] : []),
    ],
    sources: [feed.garbage, feed.contents],
    performers: [objectFollower(feed), garbageRemover(feed), namespaceFinalizer(feed), binder, volumeRemover(o)] as Performer[],
    bootstrap: [defaultClass, ...['garbage-collector', 'namespace-controller'].flatMap(allowAll)],
  };
}

/** These two meet objects of every kind, so what they may do cannot follow from a definition. */
function allowAll(controller: string): Obj[] {
  const name = `skiff:controller:${controller}:all`;
  const account = controllerUser(controller).username.split(':');
  const verbs = ['get', 'list', 'watch', 'patch', 'update', 'delete'];
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  return [
    { apiVersion, kind: 'ClusterRole', metadata: { name }, rules: [{ apiGroups: ['*'], resources: ['*'], verbs }] } as Obj,
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name: account.at(-1), namespace: account.at(-2) }],
    } as Obj,
  ];
}
