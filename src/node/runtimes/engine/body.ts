import type { ContainerSpec, MountSpec, SandboxSpec } from '../../runtime.ts';

/** Labels by which a later daemon finds its containers. */
export const LABEL = { home: 'skiff.home', uid: 'skiff.pod', name: 'skiff.container', attempt: 'skiff.attempt' } as const;

export type ContainerPaths = {
  home: string;
  /** Host files that stand for the image's small files and the termination message, by target. */
  files: ReadonlyMap<string, string>;
  /** What is mounted from a volume: its folder, or what a subPath of it leads to. */
  sourceOf(mount: Extract<MountSpec, { kind: 'bind' }>): string;
};
/** Limits of this process, which a rootless engine cannot go beyond. */
export type Ulimit = { Name: 'nofile' | 'nproc'; Soft: number; Hard: number };

/** A container as `POST /containers/create` reads it. Pure. */
export function createBody(pod: SandboxSpec, spec: ContainerSpec, paths: ContainerPaths, ulimits: readonly Ulimit[]): object {
  const binds: string[] = [...paths.files].map(([target, source]) => `${source}:${target}`);
  const devices: string[] = [];
  const tmpfs: Record<string, string> = {};
  for (const mount of spec.mounts) {
    if (mount.kind === 'bind' && mount.source.startsWith('/dev/')) devices.push(mount.source);
    else if (mount.kind === 'bind') binds.push(`${paths.sourceOf(mount)}:${mount.target}${mount.readOnly ? ':ro' : ''}`);
    if (mount.kind === 'tmpfs') tmpfs[mount.target] = mount.sizeBytes ? `size=${mount.sizeBytes}` : '';
  }
  const { memoryBytes, cpuMillis } = spec.limits;
  const user =
    spec.runAsUser === undefined ? undefined : [spec.runAsUser, spec.runAsGroup].filter(n => n !== undefined).join(':');
  return {
    Image: spec.image,
    Entrypoint: spec.argv,
    Cmd: [],
    Env: spec.env.map(e => `${e.name}=${e.value}`),
    WorkingDir: spec.workingDir,
    ...(user === undefined ? {} : { User: user }),
    OpenStdin: spec.stdin,
    Tty: spec.tty,
    Labels: {
      [LABEL.home]: paths.home,
      [LABEL.uid]: pod.uid,
      [LABEL.name]: spec.name,
      [LABEL.attempt]: String(spec.attempt),
    },
    HostConfig: {
      NetworkMode: 'host',
      Binds: binds,
      Tmpfs: tmpfs,
      Devices: devices.map(path => ({ PathOnHost: path, PathInContainer: path, CgroupPermissions: 'rwm' })),
      ExtraHosts: pod.hostAliases.flatMap(a => a.names.map(name => `${name}:${a.ip}`)),
      ReadonlyRootfs: spec.readOnlyRoot,
      SecurityOpt: ['no-new-privileges'],
      Ulimits: ulimits,
      ...(memoryBytes ? { Memory: memoryBytes } : {}),
      ...(cpuMillis ? { NanoCpus: cpuMillis * 1_000_000 } : {}),
    },
  };
}
