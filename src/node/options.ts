import type { Client } from '../kube/index.ts';
import type { Clock, Ids, Logger } from '../lib/index.ts';
import type { BackoffOptions } from './agent/backoff.ts';
import type { Disk } from './machine/disk.ts';
import type { PodRuntime } from './runtime.ts';

export type NodeOptions = {
  /** `$SKIFF_HOME`. */
  home: string;
  nodeName: string;
  runtime: PodRuntime;
  /** For the Node object, its Lease and clean-up. Controllers act by the runner's clients. */
  client: Client;
  clock: Clock;
  ids: Ids;
  log: Logger;
  /** Resolves when every Pod that was seen so far is on disk: none starts before. */
  durable(): Promise<void>;
  /** The folder behind the CSI volume driver `artifacts.<domain>`. */
  stageDir(id: string): Promise<string>;
  /** Variables of the host that Pods get too: pip's configuration, certificates, proxies. */
  hostEnv: Readonly<Record<string, string>>;
  apiServiceIP: string;
  /** Default `cluster.local`. */
  clusterDomain?: string;
  /** Where programs that stand for images are looked up; default the usual system folders. */
  programPath?: readonly string[];
  /** Measures the disk of `home`; tests say how full it is. */
  disk?: () => Promise<Disk>;
  /** Where the nodes of GPUs are, default `/dev`. */
  deviceFolder?: string;
  /** Waits between restarts; default 10 s, doubling to 300 s. */
  backoff?: BackoffOptions;
  /** A start that takes longer is reported as ContainerCreating; default 500 ms. */
  slowStartMs?: number;
  /** How long logs outlive the Pod object; default one hour. */
  logRetentionMs?: number;
};
