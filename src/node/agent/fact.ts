import type { Ref } from '../../kube/index.ts';
import type { ContainerFact, PodFact } from '../runtime.ts';
import type { Container, Handler, Pod, Probe } from './pod.ts';

/** Names of the doors between the plan and the world. */
export const SOURCE = { containers: 'containers', probes: 'probes' } as const;
export const EFFECT = {
  podStart: 'pod.start',
  containerStart: 'container.start',
  containerStop: 'container.stop',
  podRemove: 'pod.remove',
  volumesRefresh: 'volumes.refresh',
} as const;

/** Why something could not be started yet. Key: the container's name, or `POD` for what all containers wait for. */
export type Problem = {
  /** Waiting reason of the container, or the reason of the event when the whole Pod waits (`FailedMount`). */
  reason: string;
  message: string;
  /** How often it failed in a row: 1, 2, … */
  count: number;
  at: string;
  /** The object whose absence is the reason; its appearance ends the wait. */
  missing?: Ref;
};
export const POD = '';
/** Everything outside that the plan of one Pod depends on. */
export type AgentFact = {
  runtime?: PodFact;
  problems: Record<string, Problem>;
  /** `imageID` by container. */
  images: Record<string, string>;
  /** Revisions of the objects that are written into volumes now. */
  volumeVersions?: string;
  /** Why the node ends the Pod. */
  evicted?: string;
};
export const NO_FACT: AgentFact = { problems: {}, images: {} };

/** The verdict of a probe on one attempt of a container, after thresholds. */
export type ProbeFact = { attempt: number; ok?: boolean; failures: number; message: string };
export type ProbeWant = {
  attempt: number;
  uid: string;
  container: string;
  probe: Probe;
  ports: Container['ports'];
};

/** Where the Pod of a uid is found, which objects it reads, and whose log stands in for a missing termination message. */
export type PodWant = { namespace: string; name: string; refs: Ref[]; logTails: string[] };
export type StartParams = { pod: Pod; containers: { name: string; attempt: number }[]; afresh: boolean };
export type StopParams = {
  uid: string;
  container: string;
  attempt: number;
  graceMs: number;
  signal?: string;
  preStop?: Handler;
  ports?: Container['ports'];
};
export type RemoveParams = { uid: string };
export type RefreshParams = { pod: Pod; versions: string };

/** The newest attempt of a container. */
export function latestRun(fact: PodFact | undefined, name: string): ContainerFact | undefined {
  let latest: ContainerFact | undefined;
  for (const c of fact?.containers ?? []) if (c.name === name && (!latest || c.attempt > latest.attempt)) latest = c;
  return latest;
}
