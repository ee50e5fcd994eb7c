import { DOMAIN, fnv32a, GROUP } from '../../lib/index.ts';
import { RUN_API_VERSION } from '../api/run.ts';
import { type Instance, nodeOf, type RunState, workOf } from '../engine/state.ts';
import type { Exec } from '../graph/graph.ts';
import { type ExecutorInput, executorInput } from '../ir/executor-input.ts';
import { inputPaths, MOUNTS, WORKSPACE_PATH } from '../ir/paths.ts';
import { resolveText, resolveWords } from '../ir/placeholders.ts';
import { configurePod } from './kubernetes.ts';
import type { Env, StepPod } from './pod-parts.ts';

/** Holds a Pod until its outcome is in the log. */
export const OUTCOME_FINALIZER = `${GROUP}/outcome`;
export const NODE_LABEL = `${GROUP}/node`;
export const ATTEMPT_LABEL = `${GROUP}/attempt`;
/** The address of its node. */
export const NODE_ID_ANNOTATION = `${GROUP}/node-id`;
const VOLUME = 'kfp-artifacts';
const NAME_LIMIT = 63;

/** `<run>-<task>-<hash>`, at most 63 characters: the same for the same attempt of the same node. */
export function podName(state: RunState, instance: Instance, attempt: number): string {
  const task = nodeOf(state.graph, instance)!
    .name.toLowerCase()
    .replace(/[^a-z0-9-]/g, '-');
  const hash = fnv32a(`${state.run.uid}/${instance.number}/${attempt}`).toString(36).padStart(7, '0');
  const prefix = `${state.run.name}-${task}`.slice(0, NAME_LIMIT - hash.length - 1).replace(/-+$/, '');
  return `${prefix}-${hash}`;
}
export function workspaceClaim(runName: string): string {
  return `${runName}-kfp-workspace`;
}
export function stageId(runUid: string, node: number, attempt: number): string {
  return `${runUid}-${node}-${attempt}`;
}

/**
 * The Pod of an attempt: upstream's container contract without its driver and launcher. Placeholders are resolved here,
 * and the object stores that the step sees as folders are one volume, its stage.
 * @source b1 of spec/pipelines.md; pipelines backend/src/v2/driver, component@7b70c7b95f68
 */
export function stepPod(state: RunState, instance: Instance, attempt: number): StepPod {
  const node = nodeOf(state.graph, instance)!;
  const work = workOf(state.graph, instance) as Exec;
  const { run } = state;
  const input = executorInput(state, instance, node, attempt);
  const container = work.containers[0]!;
  const resources = container.resources && resolveResources(container.resources, input);
  const pod: StepPod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName(state, instance, attempt),
      namespace: run.namespace,
      labels: {
        'pipeline/runid': run.uid,
        'pipelines.kubeflow.org/v2_component': 'true',
        'workflows.argoproj.io/workflow': labelValue(run.name),
        component: labelValue(node.name),
        [NODE_LABEL]: String(instance.number),
        [ATTEMPT_LABEL]: String(attempt),
      },
      annotations: {
        'pipelines.kubeflow.org/run_name': run.displayName,
        'workflows.argoproj.io/node-name': `${run.name}.${instance.id}`,
        'sidecar.istio.io/inject': 'false',
        [NODE_ID_ANNOTATION]: instance.id,
      },
      ownerReferences: [runOwner(run)],
      finalizers: [OUTCOME_FINALIZER],
    },
    spec: {
      restartPolicy: 'Never',
      serviceAccountName: run.serviceAccountName,
      containers: [
        {
          name: 'main',
          image: resolveText(container.image, input),
          ...words('command', container.command, input),
          ...words('args', container.args, input),
          env: [...container.env.map(({ name, value }) => ({ name, value: resolveText(value, input) })), ...contractEnv(attempt)],
          volumeMounts: mountsOf(input).map(({ path, folder }) => ({ name: VOLUME, mountPath: path, subPath: folder })),
          ...(resources ? { resources } : {}),
          // The last lines of its log are the best there is to say about a step that failed.
          terminationMessagePolicy: 'FallbackToLogsOnError',
        },
      ],
      volumes: [
        {
          name: VOLUME,
          csi: { driver: `artifacts.${DOMAIN}`, volumeAttributes: { stage: stageId(run.uid, instance.number, attempt) } },
        },
      ],
      ...(node.timeoutMs ? { activeDeadlineSeconds: Math.ceil(node.timeoutMs / 1000) } : {}),
    },
  };
  if (state.graph.workspace) addWorkspace(pod, run.name);
  if (work.pod) configurePod(pod, work.pod, instance.inputs?.pod ?? {});
  return pod;
}
/** The reference that makes an object go with its run. */
export function runOwner(run: { name: string; uid: string }) {
  return { apiVersion: RUN_API_VERSION, kind: 'Run', name: run.name, uid: run.uid, controller: true, blockOwnerDeletion: true };
}

function words(key: 'command' | 'args', list: readonly string[], input: ExecutorInput): { command?: string[]; args?: string[] } {
  return list.length > 0 ? { [key]: resolveWords(list, input) } : {};
}
function contractEnv(attempt: number): Env[] {
  const field = (name: string, fieldPath: string): Env => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  return [
    field('KFP_POD_NAME', 'metadata.name'),
    field('KFP_POD_UID', 'metadata.uid'),
    field('NAMESPACE', 'metadata.namespace'),
    { name: 'KFP_RETRY_INDEX', value: String(attempt) },
    { name: 'METADATA_GRPC_SERVICE_HOST', value: 'metadata-grpc-service.kubeflow.svc.cluster.local' },
    { name: 'METADATA_GRPC_SERVICE_PORT', value: '8080' },
  ];
}
/** The stores that the step's artifacts are in, and the folder of its output parameters. */
export function mountsOf(input: ExecutorInput): typeof MOUNTS {
  const paths = [...Object.values(input.inputs.artifacts), ...Object.values(input.outputs.artifacts)]
    .flatMap(a => a.artifacts)
    .flatMap(a => inputPaths(a.uri, a.metadata));
  paths.push(input.outputs.outputFile, ...Object.values(input.outputs.parameters).map(p => p.outputFile));
  return MOUNTS.filter(m => m.path === '/minio' || paths.some(p => p.startsWith(`${m.path}/`)));
}
function addWorkspace(pod: StepPod, runName: string): void {
  pod.spec!.volumes.push({ name: 'kfp-workspace', persistentVolumeClaim: { claimName: workspaceClaim(runName) } });
  pod.spec!.containers[0].volumeMounts.push({ name: 'kfp-workspace', mountPath: WORKSPACE_PATH });
}
type Resources = NonNullable<Exec['containers'][number]['resources']>;
/** An optional amount whose input has no value is left out. */
function resolveResources(resources: Resources, input: ExecutorInput): Resources {
  const all = (amounts: Record<string, string> | undefined) => {
    const entries = Object.entries(amounts ?? {}).map(([k, v]) => [resolveText(k, input), resolveText(v, input)] as const);
    return Object.fromEntries(entries.filter(([k, v]) => v !== '' && !v.includes('{{$') && !k.includes('{{$')));
  };
  const limits = all(resources.limits);
  const requests = all(resources.requests);
  return { ...(Object.keys(limits).length ? { limits } : {}), ...(Object.keys(requests).length ? { requests } : {}) };
}
function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9_.-]/g, '-')
    .slice(0, NAME_LIMIT)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}
