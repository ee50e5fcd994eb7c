import type { Obj } from '../../kube/types.ts';

/** The parts of a Pod that a step's template fills. */
export type Env = { name: string; value?: string; valueFrom?: unknown };
export type Mount = { name: string; mountPath: string; subPath?: string; readOnly?: boolean };
export type StepContainer = {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  env: Env[];
  volumeMounts: Mount[];
  resources?: { limits?: Record<string, string>; requests?: Record<string, string> };
  imagePullPolicy?: string;
  restartPolicy?: string;
  securityContext?: unknown;
  terminationMessagePolicy?: string;
};
export type StepPodSpec = {
  restartPolicy: 'Never';
  serviceAccountName: string;
  containers: [StepContainer];
  initContainers?: StepContainer[];
  volumes: ({ name: string } & Record<string, unknown>)[];
  activeDeadlineSeconds?: number;
  nodeSelector?: Record<string, string>;
  tolerations?: unknown[];
  affinity?: Record<string, Record<string, unknown[] | Record<string, unknown[]>>>;
  imagePullSecrets?: { name: string }[];
};
export type PodStatus = {
  phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  reason?: string;
  message?: string;
  startTime?: string;
  conditions?: { type: string; status: string; message?: string }[];
  containerStatuses?: {
    name: string;
    state?: { terminated?: Terminated; running?: { startedAt?: string }; waiting?: { reason?: string; message?: string } };
  }[];
};
export type Terminated = { exitCode: number; reason?: string; message?: string; startedAt?: string; finishedAt?: string };
export type StepPod = Obj<StepPodSpec, PodStatus>;
