import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Frozen } from '../../kube/index.ts';
import type { Container } from '../agent/pod.ts';
import { expand } from '../env/expand.ts';
import { errors } from '../errors.ts';
import type { MountSpec } from '../runtime.ts';
import type { VolumeSource } from './volumes.ts';

/** The mounts of a container's volumes. `env` expands `subPathExpr`. @throws NotStartable CreateContainerConfigError */
export async function volumeMounts(
  container: Frozen<Container>,
  sources: ReadonlyMap<string, VolumeSource>,
  env: ReadonlyMap<string, string>,
): Promise<MountSpec[]> {
  const mounts: MountSpec[] = [];
  for (const m of container.volumeMounts ?? []) {
    const source = sources.get(m.name);
    if (!source) throw errors.mountUnknown(m.name);
    const target = m.mountPath;
    if (source.kind === 'memory') {
      mounts.push({ kind: 'tmpfs', target, ...(source.sizeBytes ? { sizeBytes: source.sizeBytes } : {}) });
      continue;
    }
    const subPath = m.subPathExpr ? expandAll(m.subPathExpr, env) : m.subPath;
    if (subPath) makeSubPath(source.path, subPath);
    const readOnly = source.readOnly || m.readOnly === true;
    mounts.push({ kind: 'bind', source: source.path, target, readOnly, idmap: source.own, ...(subPath ? { subPath } : {}) });
  }
  return mounts;
}

function expandAll(expr: string, env: ReadonlyMap<string, string>): string {
  return expand(expr, name => {
    const value = env.get(name);
    if (value === undefined) throw errors.subPathUnknown(expr);
    return value;
  });
}

/** Makes the missing folders of a subPath; a link on the way, which a Pod may have planted, is refused. */
function makeSubPath(root: string, subPath: string): void {
  const parts = subPath.split('/').filter(p => p !== '' && p !== '.');
  if (subPath.startsWith('/') || parts.includes('..')) throw errors.subPathUnsafe(subPath);
  let path = root;
  for (const [i, part] of parts.entries()) {
    path = join(path, part);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (!found) mkdirSync(path, { mode: 0o777 });
    // The files of a ConfigMap volume are links into `..data`: the last part may be one, below the same root.
    else if (found.isSymbolicLink() && i < parts.length - 1) throw errors.subPathUnsafe(subPath);
  }
}
