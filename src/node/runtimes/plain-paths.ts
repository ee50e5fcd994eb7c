import path from 'node:path';
import type { ContainerSpec } from '../runtime.ts';

/** How a container's paths are approximated without mounts: `paths` says where each target really lies. */
export type PlainPaths =
  | { paths: ReadonlyMap<string, string>; folders: readonly string[]; files: readonly PlainFile[] }
  | { refusal: string };
export type PlainFile = { path: string; content: string; mode: number };

/**
 * Without a mount namespace a target cannot be made on the host: it is reached by rewriting its path in arguments and
 * environment to where it lies, which for memory and small files is below `podRoot`. A program that has the path built in
 * does not find it, and nothing is read-only; the Node says so.
 */
export function plainPaths(spec: ContainerSpec, podRoot: string): PlainPaths {
  const paths = new Map<string, string>();
  const folders: string[] = [];
  const files: PlainFile[] = [];
  const own = (target: string) => path.join(podRoot, target);
  for (const mount of spec.mounts) {
    const { target } = mount;
    if (mount.kind === 'overlay') return { refusal: `plain mode cannot lay folders over each other at ${target}` };
    const real = mount.kind === 'bind' ? path.join(mount.source, mount.subPath ?? '') : own(target);
    if (real === target) continue;
    if (mount.kind === 'tmpfs') folders.push(real);
    if (mount.kind === 'file') files.push({ path: real, content: mount.content, mode: mount.mode ?? 0o644 });
    paths.set(target, real);
  }
  if (spec.terminationMessagePath) paths.set(spec.terminationMessagePath, own('/termination-log'));
  return { paths, folders, files };
}

/** Replaces whole paths in a text; the longest target wins. */
export function rewritePaths(text: string, paths: ReadonlyMap<string, string>): string {
  const targets = [...paths.keys()].sort((a, b) => b.length - a.length);
  if (targets.length === 0) return text;
  const any = targets.map(target => target.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  return text.replace(new RegExp(`(?<![\\w./-])(?:${any})(?![\\w.-])`, 'g'), target => paths.get(target)!);
}
