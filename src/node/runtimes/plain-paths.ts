import path from 'node:path';
import type { ContainerSpec, MountSpec } from '../runtime.ts';

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** How a container's paths are approximated without mounts: `paths` says where each target really lies. */
export type PlainPaths =
  | { paths: ReadonlyMap<string, string>; files: readonly { path: string; content: string }[] }
  | { refusal: string };

const isBelow = (child: string, folder: string) =>
  child === folder || child.startsWith(folder.endsWith('/') ? folder : `${folder}/`);

/**
 * Without a mount namespace a target cannot be made on the host. What Skiff itself stores (below `home`) and what is mounted
 * in /tmp, at the service account or as memory is reached by rewriting its path in arguments and environment to where it
 * lies; anything else is refused with the reason.
 */
export function plainPaths(spec: ContainerSpec, home: string, podRoot: string): PlainPaths {
  const paths = new Map<string, string>();
  const files: { path: string; content: string }[] = [];
  const own = (target: string) => path.join(podRoot, target);
  const isOwnPlace = (target: string) =>
    isBelow(target, '/tmp') || isBelow(target, '/var/tmp') || isBelow(target, SERVICE_ACCOUNT);
  for (const mount of spec.mounts) {
    const { target } = mount;
    const real = mount.kind === 'bind' ? path.join(mount.source, mount.subPath ?? '') : own(target);
    if (mount.kind === 'bind' && real === target) continue;
    if (mount.kind === 'overlay') return { refusal: refusalOf(mount) };
    if (mount.kind === 'file') {
      if (!isOwnPlace(target)) return { refusal: refusalOf(mount) };
      files.push({ path: real, content: mount.content });
    } else if (mount.kind === 'bind' && !isBelow(real, home) && !isOwnPlace(target)) return { refusal: refusalOf(mount) };
    paths.set(target, real);
  }
  if (spec.terminationMessagePath) paths.set(spec.terminationMessagePath, own('/termination-log'));
  return { paths, files };
}

function refusalOf(mount: MountSpec): string {
  return `plain mode cannot mount ${mount.target}: without a mount namespace the path does not exist for this Pod alone`;
}

/** Replaces whole paths in a text; the longest target wins. */
export function rewritePaths(text: string, paths: ReadonlyMap<string, string>): string {
  const targets = [...paths.keys()].sort((a, b) => b.length - a.length);
  if (targets.length === 0) return text;
  const any = targets.map(target => target.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  return text.replace(new RegExp(`(?<![\\w./-])(?:${any})(?![\\w.-])`, 'g'), target => paths.get(target)!);
}
