import type { Ref } from '../kube/index.ts';

/**
 * Why a Pod or a container cannot be started now: the reason and text that users see. The plan decides when to try again;
 * the appearance of `missing` is one occasion.
 */
export class NotStartable extends Error {
  readonly reason: string;
  readonly missing: Ref | undefined;
  constructor(reason: string, message: string, missing?: Ref) {
    super(message);
    this.name = 'NotStartable';
    this.reason = reason;
    this.missing = missing;
  }
}

type Named = 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim';
const ref = (kind: Named, namespace: string, name: string): Ref => ({ apiVersion: 'v1', kind, namespace, name });
const config = (message: string, missing?: Ref) => new NotStartable('CreateContainerConfigError', message, missing);
const mount = (volume: string, detail: string, missing?: Ref) =>
  new NotStartable('FailedMount', `MountVolume.SetUp failed for volume "${volume}" : ${detail}`, missing);

/** The error table of the node. Texts are the kubelet's where it has one; our own name the remedy. */
export const errors = {
  configObjectMissing: (kind: Named, namespace: string, name: string) =>
    config(`${kind.toLowerCase()} "${name}" not found`, ref(kind, namespace, name)),
  configKeyMissing: (kind: Named, namespace: string, name: string, key: string) =>
    config(`couldn't find key ${key} in ${kind} ${namespace}/${name}`),
  fieldUnsupported: (fieldPath: string) => config(`unsupported fieldPath: ${fieldPath}`),
  resourceUnsupported: (resource: string) => config(`unsupported container resource : ${resource}`),
  subPathUnknown: (expr: string) => config(`failed to expand subPath for volumeMount: missing value for "${expr}"`),
  subPathUnsafe: (subPath: string) => config(`subPath "${subPath}" leads out of its volume`),
  mountUnknown: (name: string) => config(`cannot find volume "${name}" to mount into container`),
  noCommand: (image: string) =>
    new NotStartable(
      'CreateContainerError',
      `no command specified: "${image}" stands for programs of this host and has no entry point; set command in the Pod, or give it one in $SKIFF_HOME/images.yaml`,
    ),
  volumeObjectMissing: (volume: string, kind: Named, namespace: string, name: string) =>
    mount(volume, `${kind.toLowerCase()} "${name}" not found`, ref(kind, namespace, name)),
  volumeKeyMissing: (volume: string, kind: Named, key: string) =>
    mount(volume, `${kind.toLowerCase()} references non-existent ${kind === 'Secret' ? 'secret' : 'config'} key: ${key}`),
  volumeFileInvalid: (volume: string, path: string) => mount(volume, `invalid path "${path}": must be relative and without ..`),
  claimUnbound: (volume: string, namespace: string, name: string) =>
    mount(volume, `persistentvolumeclaim "${name}" is not bound`, ref('PersistentVolumeClaim', namespace, name)),
  volumeUnsupported: (volume: string, type: string, remedy: string) =>
    mount(volume, `${type} is not supported by this node; ${remedy}`),
  hostPathWrong: (volume: string, path: string, type: string) =>
    mount(volume, `hostPath type check failed: ${path} is not a ${type}`),
  volumeFailed: (volume: string, detail: string) => mount(volume, detail),
  imageNameInvalid: (image: string) =>
    new NotStartable(
      'InvalidImageName',
      `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`,
    ),
  imageUnknown: (image: string) =>
    new NotStartable(
      'ErrImagePull',
      `no program of this host stands for image "${image}"; name one in $SKIFF_HOME/images.yaml, or run it with podman or on a cluster`,
    ),
  imageNeverPull: (image: string) =>
    new NotStartable('ErrImageNeverPull', `Container image "${image}" is not present with pull policy of Never`),
  imageProgramMissing: (image: string, program: string) =>
    new NotStartable(
      'ErrImagePull',
      `image "${image}" needs the program "${program}" on this host; install it, the Pod then starts`,
    ),
  imageRefused: (image: string, message: string) =>
    new NotStartable('ErrImagePull', `image "${image}" is not run by the node: ${message}`),
  imagePullFailed: (image: string, detail: string) =>
    new NotStartable('ErrImagePull', `failed to pull image "${image}": ${detail}`),
  layerFailed: (image: string, detail: string) =>
    new NotStartable('ErrImagePull', `the Python environment for "${image}" could not be made: ${detail}`),
  devicesShort: (resource: string, requested: number, available: number) =>
    new NotStartable(
      'UnexpectedAdmissionError',
      `Allocate failed due to requested number of devices unavailable for ${resource}. Requested: ${requested}, Available: ${available}, which is unexpected`,
    ),
  sandboxFailed: (detail: string) => new NotStartable('FailedCreatePodSandBox', `Failed to create pod sandbox: ${detail}`),
  postStartFailed: (detail: string) => new NotStartable('PostStartHookError', `PostStartHook failed: ${detail}`),
  runFailed: (detail: string) => new NotStartable('RunContainerError', detail),
};
