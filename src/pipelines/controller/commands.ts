import type { Obj } from '../../kube/types.ts';
import { canonicalJson, sha256Hex } from '../../lib/index.ts';
import type { AttemptOutcome, RunEvent } from '../engine/events.ts';
import { type Instance, nodeOf, type RunState, workOf } from '../engine/state.ts';
import { type Artifact, textOf } from '../engine/values.ts';
import type { Import, K8s } from '../graph/graph.ts';
import { type ExecutorInput, executorInput } from '../ir/executor-input.ts';
import { bucketKey, inputPaths, localPath, stagePath } from '../ir/paths.ts';
import { resolveJson } from '../ir/placeholders.ts';
import { mountsOf, runOwner, stageId, stepPod, workspaceClaim } from './pod.ts';
import type { StepPod } from './pod-parts.ts';

/** What effects are told. An attempt is named, not described: plans repeat it until it is done, and what it takes follows from the state. */
export type AttemptKey = { runUid: string; node: number; attempt: number };
export type AppendParams = { runUid: string; events: RunEvent[]; lazy: boolean };
export type CollectParams = AttemptKey & { outcome: AttemptOutcome };
export type LookupParams = { runUid: string; namespace: string; pipeline: string; fingerprints: string[] };
export type ReleaseParams = {
  runUid: string;
  namespace: string;
  pod: string;
  podUid: string;
  finalizers: string[];
  stage: string;
  /** Whose log to keep first. */
  log?: { node: string; attempt: number };
};

/** What starting an attempt takes. */
export type Start = { pod: StepPod; stage: Stage; claim?: Obj };
/**
 * Folders to make and artifacts to copy below a stage before its Pod starts. The folder of `output_metadata.json` is the
 * step's to make, as upstream.
 * @source pipelines backend/src/v2/component/launcher_v2.go prepareOutputFolders@7b70c7b95f68
 */
export type Stage = { id: string; folders: string[]; copies: { bucket: string; key: string; to: string }[] };
export function startOf(state: RunState, instance: Instance, attempt: number): Start {
  const input = executorInput(state, instance, nodeOf(state.graph, instance)!, attempt);
  const claim = state.graph.workspace ? { claim: workspaceObject(state) } : {};
  return { pod: stepPod(state, instance, attempt), stage: stageOf(state, instance, attempt, input), ...claim };
}
function stageOf(state: RunState, instance: Instance, attempt: number, input: ExecutorInput): Stage {
  const inputs = Object.values(input.inputs.artifacts).flatMap(a => a.artifacts);
  const outputs = Object.values(input.outputs.artifacts).flatMap(a => a.artifacts);
  const copies = inputs.flatMap(({ uri, metadata }) => {
    const place = bucketKey(uri);
    if (!place) return [];
    return inputPaths(uri, metadata)
      .flatMap(path => stagePath(path) ?? [])
      .map(to => ({ ...place, to }));
  });
  const paths = [...Object.values(input.outputs.parameters).map(p => p.outputFile), ...outputs.map(a => localPath(a.uri))];
  const below = paths.map(path => stagePath(folderOf(path))).filter(f => f !== undefined);
  const folders = [...new Set([...mountsOf(input).map(m => m.folder), ...below])];
  return { id: stageId(state.run.uid, instance.number, attempt), folders, copies };
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

/** An artifact to bring in; `fingerprint`, under which an import is remembered, is absent when it is to be repeated. */
export type ArtifactImport = { artifact: Artifact; output: string; fingerprint?: string };
export function importOf(state: RunState, instance: Instance, attempt: number): ArtifactImport {
  const node = nodeOf(state.graph, instance)!;
  const work = workOf(state.graph, instance) as Import;
  const input = executorInput(state, instance, node, attempt);
  const uri = textOf(resolveJson(work.uri, input));
  const metadata = resolveJson(work.metadata, input) as Artifact['metadata'];
  if (work.toWorkspace) metadata['_kfp_workspace'] = true;
  const output = Object.keys(node.outputs.artifacts)[0] ?? 'artifact';
  const fingerprint = sha256Hex(canonicalJson(['import', uri, work.type, metadata]));
  return { artifact: { name: output, type: work.type, uri, metadata }, output, ...(work.reimport ? {} : { fingerprint }) };
}

/** A claim to create or to delete. */
export type ObjectWrite = { create: Obj } | { remove: { namespace: string; name: string } };
/** @source pipelines backend/src/v2/driver/k8s.go createPVC, deletePVC@7b70c7b95f68 */
export function objectOf(state: RunState, instance: Instance): ObjectWrite {
  const work = workOf(state.graph, instance) as K8s;
  const given = instance.inputs!.parameters;
  const { namespace, name: runName } = state.run;
  if (work.operation === 'deletePvc') return { remove: { namespace, name: textOf(given['pvc_name'] ?? '') } };
  const suffix = textOf(given['pvc_name_suffix'] ?? `-${instance.number}`);
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
  return { create };
}
