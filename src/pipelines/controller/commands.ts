import type { Obj } from '../../kube/types.ts';
import { sha256Hex } from '../../lib/index.ts';
import { at } from '../engine/chunks.ts';
import type { AttemptOutcome, RunEvent } from '../engine/events.ts';
import { type Instance, nodeOf, type RunState, workOf } from '../engine/state.ts';
import type { Action } from '../engine/step.ts';
import { textOf } from '../engine/values.ts';
import type { ArtifactType, Import, Json, K8s, Ports } from '../graph/graph.ts';
import { type ExecutorInput, executorInput } from '../ir/executor-input.ts';
import { bucketKey, localPath, PARAMETER_FOLDER, stagePath } from '../ir/paths.ts';
import { resolveJson } from '../ir/placeholders.ts';
import { runOwner, stageId, stepPod, workspaceClaim } from './pod.ts';
import type { StepPod } from './pod-parts.ts';

/** What effects are told: all they need, so that a plan says everything that will be done. */
export type AttemptKey = { runUid: string; node: number; attempt: number };
export type AppendParams = { runUid: string; events: RunEvent[]; lazy: boolean };
export type StartParams = AttemptKey & { pod: StepPod; stage: Stage; claim?: Obj };
/** Folders to make and artifacts to copy below a stage before its Pod starts. */
export type Stage = { id: string; folders: string[]; copies: { bucket: string; key: string; to: string }[] };
export type CollectParams = AttemptKey & {
  outcome: AttemptOutcome;
  stage: string;
  input: ExecutorInput;
  outputs: Ports;
};
export type ImportParams = AttemptKey & {
  uri: string;
  artifactType: ArtifactType;
  metadata: { [key: string]: Json };
  output: string;
  /** Under which an import is remembered; absent when it is to be repeated. */
  fingerprint?: string;
};
export type ObjectParams = (AttemptKey & { create: Obj }) | (AttemptKey & { remove: { namespace: string; name: string } });
export type LookupParams = { runUid: string; namespace: string; pipeline: string; fingerprints: string[] };
export type ReleaseParams = {
  runUid: string;
  namespace: string;
  pod: string;
  podUid: string;
  finalizers: string[];
  stage?: string;
};

const instanceOf = (state: RunState, number: number): Instance => at(state.nodes, number)!;

export function startParams(state: RunState, node: number, attempt: number): StartParams {
  const instance = instanceOf(state, node);
  const input = executorInput(state, instance, nodeOf(state.graph, instance)!, attempt);
  const claim = state.graph.workspace ? { claim: workspaceObject(state) } : {};
  return {
    runUid: state.run.uid,
    node,
    attempt,
    pod: stepPod(state, instance, attempt),
    stage: stageOf(state, instance, attempt, input),
    ...claim,
  };
}
function stageOf(state: RunState, instance: Instance, attempt: number, input: ExecutorInput): Stage {
  const inputs = Object.values(input.inputs.artifacts).flatMap(a => a.artifacts);
  const outputs = Object.values(input.outputs.artifacts).flatMap(a => a.artifacts);
  const copies = inputs.flatMap(({ uri, metadata }) => {
    const to = stagePath(localPath(uri, metadata));
    const place = bucketKey(uri);
    return to && place ? [{ ...place, to }] : [];
  });
  const folders = [PARAMETER_FOLDER, folderOf(input.outputs.outputFile), ...outputs.map(a => folderOf(localPath(a.uri)))];
  const below = folders.map(f => stagePath(f)).filter(f => f !== undefined);
  return { id: stageId(state.run.uid, instance.number, attempt), folders: [...new Set(below)], copies };
}
const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/'));

/** The run's shared volume. */
function workspaceObject(state: RunState): Obj {
  const { size, spec } = state.graph.workspace!;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: workspaceClaim(state.run.name),
      namespace: state.run.namespace,
      labels: { 'pipeline/runid': state.run.uid },
      ownerReferences: [runOwner(state.run)],
    },
    spec: { accessModes: ['ReadWriteMany'], ...(spec as object), resources: { requests: { storage: size } } },
  };
}

export function collectParams(state: RunState, node: number, attempt: number, outcome: AttemptOutcome): CollectParams {
  const instance = instanceOf(state, node);
  const template = nodeOf(state.graph, instance)!;
  return {
    runUid: state.run.uid,
    node,
    attempt,
    outcome,
    stage: stageId(state.run.uid, node, attempt),
    input: executorInput(state, instance, template, attempt),
    outputs: template.outputs,
  };
}

export function importParams(state: RunState, { node, attempt }: Extract<Action, { do: 'import' | 'k8s' }>): ImportParams {
  const instance = instanceOf(state, node);
  const template = nodeOf(state.graph, instance)!;
  const work = workOf(state.graph, instance) as Import;
  const input = executorInput(state, instance, template, attempt);
  const uri = textOf(resolveJson(work.uri, input));
  const metadata = resolveJson(work.metadata, input) as { [key: string]: Json };
  if (work.toWorkspace) metadata['_kfp_workspace'] = true;
  const key = JSON.stringify(['import', uri, work.type, metadata]);
  return {
    runUid: state.run.uid,
    node,
    attempt,
    uri,
    artifactType: work.type,
    metadata,
    output: Object.keys(template.outputs.artifacts)[0] ?? 'artifact',
    ...(work.reimport ? {} : { fingerprint: sha256Hex(key) }),
  };
}

/** @source pipelines backend/src/v2/driver/k8s.go createPVC, deletePVC@7b70c7b95f68 */
export function objectParams(state: RunState, { node, attempt }: Extract<Action, { do: 'import' | 'k8s' }>): ObjectParams {
  const instance = instanceOf(state, node);
  const work = workOf(state.graph, instance) as K8s;
  const key = { runUid: state.run.uid, node, attempt };
  const given = instance.inputs!.parameters;
  const { namespace, name: runName } = state.run;
  if (work.operation === 'deletePvc') return { ...key, remove: { namespace, name: textOf(given['pvc_name'] ?? '') } };
  const suffix = textOf(given['pvc_name_suffix'] ?? `-${node}`);
  const name = given['pvc_name'] ? textOf(given['pvc_name']) : `${runName}-${suffix.replace(/^-+/, '')}`;
  const storageClassName = given['storage_class_name'];
  const volumeName = given['volume_name'];
  const create: Obj = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace,
      labels: { 'pipeline/runid': state.run.uid },
      ...(given['annotations'] ? { annotations: given['annotations'] as Record<string, string> } : {}),
    },
    spec: {
      accessModes: given['access_modes'] ?? ['ReadWriteOnce'],
      resources: { requests: { storage: given['size'] ?? '1Gi' } },
      // An empty class means "no provisioning", which makes sense only with a volume named.
      ...(storageClassName || volumeName ? { storageClassName: storageClassName ?? '' } : {}),
      ...(volumeName ? { volumeName } : {}),
      ...(given['data_source'] ? { dataSource: given['data_source'] } : {}),
    },
  };
  return { ...key, create };
}
