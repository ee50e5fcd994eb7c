import { sha256Hex, uuidFrom } from '../../lib/index.ts';
import type { Instance, RunState } from '../engine/state.ts';

export const DEFAULT_ROOT = 'minio://mlpipeline/v2/artifacts';
export const WORKSPACE_PATH = '/kfp-workspace';
export const PARAMETER_FOLDER = '/tmp/kfp/outputs';

/** Where steps find object stores in their file system; a stage folder has one folder for each mount. */
export const MOUNTS: readonly { path: string; folder: string }[] = [
  { path: '/minio', folder: 'minio' },
  { path: '/s3', folder: 's3' },
  { path: '/gcs', folder: 'gcs' },
  { path: '/oci', folder: 'oci' },
  { path: '/tmp/kfp', folder: 'tmp-kfp' },
  { path: `${WORKSPACE_PATH}/.artifacts`, folder: 'workspace' },
];

/**
 * Where the artifacts of a run go: as the run says, else its pipeline, else its namespace.
 * @source pipelines backend/src/v2/driver/root_dag.go, config/env.go DefaultPipelineRoot@7b70c7b95f68
 */
export function pipelineRoot({ run, graph, artifactRoot }: RunState): string {
  return run.pipelineRoot || graph.artifactRoot || artifactRoot || DEFAULT_ROOT;
}

/** The folder of object storage that a step writes below: `<root>/<pipeline>/<run>/<task>/<uuid>`, the same for each asking. */
export function taskRoot(state: RunState, instance: Instance, taskName: string, attempt: number): string {
  const { run, graph } = state;
  const root = pipelineRoot(state).replace(/\?.*$/, '').replace(/\/+$/, '');
  const unique = uuidFrom(Buffer.from(sha256Hex(`${run.uid}/${instance.number}/${attempt}`), 'hex'));
  return `${root}/${graph.name}/${run.uid}/${taskName}/${unique}`;
}

/**
 * Where a step sees an artifact; a URI of another scheme is its own path, as the SDK has it.
 * @source pipelines sdk/python/kfp/dsl/types/artifact_types.py@7b70c7b95f68
 */
export function localPath(uri: string, metadata: Readonly<Record<string, unknown>> = {}): string {
  const [, scheme, rest] = /^([a-z0-9]+):\/\/(.*)$/.exec(uri) ?? [];
  if (metadata['_kfp_workspace'] === true && rest) return `${WORKSPACE_PATH}/.artifacts/${scheme}/${rest}`;
  switch (scheme) {
    case 'minio':
      return `/minio/${rest}`;
    case 's3':
      return `/s3/${rest}`;
    case 'gs':
      return `/gcs/${rest}`;
    case 'oci':
      return `/oci/${rest!.replaceAll('/', '_')}/models`;
    default:
      return uri;
  }
}

/**
 * Where a step may look for an input. What an importer put into the workspace is in both places: SDKs before 2.15 do not
 * know the mark and look where any artifact of the store is.
 */
export function inputPaths(uri: string, metadata: Readonly<Record<string, unknown>> = {}): string[] {
  return [...new Set([localPath(uri, metadata), localPath(uri)])];
}

/** An absolute path inside the step as a path below its stage folder; undefined when it is on no mount. */
export function stagePath(path: string): string | undefined {
  if (path.split('/').includes('..')) return undefined;
  const mount = MOUNTS.find(m => path.startsWith(`${m.path}/`));
  return mount && `${mount.folder}${path.slice(mount.path.length)}`;
}

/** Bucket and key of an object store URI; undefined for other URIs. */
export function bucketKey(uri: string): { bucket: string; key: string } | undefined {
  const [, bucket, key] = /^(?:minio|s3|gs):\/\/([^/]+)\/(.+?)\/*(?:\?.*)?$/.exec(uri) ?? [];
  return bucket && key ? { bucket, key } : undefined;
}
