import { chmodSync, mkdirSync } from 'node:fs';
import { access, lstat, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Frozen, type Obj, parseQuantity } from '../../kube/index.ts';
import { type Clock, DOMAIN, Trash } from '../../lib/index.ts';
import type { Pod, Volume } from '../agent/pod.ts';
import { errors } from '../errors.ts';
import { writeAtomically } from './atomic-writer.ts';
import { type PayloadContext, payloadOf } from './payload.ts';

/** Where a volume's content is on the host. */
export type VolumeSource =
  | { kind: 'folder'; path: string /** Skiff's own, stored as uid 0 */; own: boolean; readOnly: boolean }
  /** Seen by one container only, so it needs no place on the host. */
  | { kind: 'memory'; sizeBytes?: number };
export type VolumeOptions = { home: string; clock: Clock; stageDir(id: string): Promise<string> };
export const ARTIFACTS_DRIVER = `artifacts.${DOMAIN}`;
const PRIVATE = 0o700;

type Claim = Obj<{ volumeName?: string }, { phase?: string }>;
type PersistentVolume = Obj<{ hostPath?: { path: string }; local?: { path: string }; csi?: Volume['csi'] }>;

/**
 * The volumes of Pods, each below `home/pods/<uid>/volumes`, a folder that only the daemon may enter: a setuid file that a
 * Pod makes there is out of everybody's reach.
 */
export class Volumes {
  readonly #o: VolumeOptions;
  readonly #trash: Trash;
  #stamp = 0;
  constructor(o: VolumeOptions) {
    this.#o = o;
    this.#trash = new Trash({ folder: join(o.home, 'trash'), clock: o.clock });
  }
  folder(uid: string): string {
    return join(this.#o.home, 'pods', uid);
  }

  /** Makes or refreshes all volumes of a Pod. Idempotent. @throws NotStartable FailedMount */
  async prepare(c: PayloadContext): Promise<Map<string, VolumeSource>> {
    const root = join(this.folder(c.pod.metadata.uid!), 'volumes');
    mkdirSync(root, { recursive: true, mode: PRIVATE });
    const volumes = c.pod.spec!.volumes ?? [];
    const sources = await Promise.all(volumes.map(v => this.#prepareOne(v, join(root, v.name), c)));
    return new Map(volumes.map((v, i) => [v.name, sources[i]!]));
  }
  remove(uid: string): void {
    this.#trash.take(this.folder(uid));
  }

  async #prepareOne(v: Frozen<Volume>, path: string, c: PayloadContext): Promise<VolumeSource> {
    const files = await payloadOf(v, c);
    if (files) {
      writeAtomically(path, files, this.#nextStamp());
      return { kind: 'folder', path, own: true, readOnly: true };
    }
    if (v.hostPath) return hostPath(v.name, v.hostPath);
    if (v.persistentVolumeClaim) return this.#claim(v, c);
    if (v.csi) return this.#csi(v.name, v.csi, v.csi.readOnly ?? false);
    if (v.image) throw errors.volumeUnsupported(v.name, 'an image volume', 'copy the files into a claim or a ConfigMap');
    if (v.ephemeral) return this.#claim(v, c, `${c.pod.metadata.name}-${v.name}`);
    const other = Object.keys(v).find(k => k !== 'name' && k !== 'emptyDir');
    if (other)
      throw errors.volumeUnsupported(v.name, `volume type ${other}`, 'use a persistentVolumeClaim, hostPath or emptyDir');
    return emptyDir(v, path, c.pod);
  }
  #nextStamp(): string {
    return `${this.#o.clock.now().toISOString().replaceAll(/[-:T]/g, '_').slice(0, 19)}.${this.#stamp++}`;
  }

  async #claim(v: Frozen<Volume>, c: PayloadContext, generated?: string): Promise<VolumeSource> {
    const name = generated ?? v.persistentVolumeClaim!.claimName;
    const namespace = c.reader.namespace;
    const claim = await c.reader.get<Claim>('PersistentVolumeClaim', name);
    if (!claim) throw errors.volumeObjectMissing(v.name, 'PersistentVolumeClaim', namespace, name);
    const bound = claim.spec?.volumeName
      ? await c.reader.clusterWide<PersistentVolume>('PersistentVolume', claim.spec.volumeName)
      : undefined;
    if (!bound) throw errors.claimUnbound(v.name, namespace, name);
    const readOnly = v.persistentVolumeClaim?.readOnly ?? false;
    if (bound.spec?.csi) return this.#csi(v.name, bound.spec.csi, readOnly);
    const path = bound.spec?.hostPath?.path ?? bound.spec?.local?.path;
    if (!path) throw errors.volumeUnsupported(v.name, 'this type of persistent volume', 'use hostPath or local');
    const own = path.startsWith(`${this.#o.home}/`);
    if (own) openFolder(path);
    await mustExist(v.name, path);
    return { kind: 'folder', path, own, readOnly };
  }
  async #csi(name: string, csi: NonNullable<Frozen<Volume>['csi']>, readOnly: boolean): Promise<VolumeSource> {
    const id = csi.volumeAttributes?.['stage'];
    if (csi.driver !== ARTIFACTS_DRIVER || !id)
      throw errors.volumeFailed(name, `driver name ${csi.driver} not found in the list of registered CSI drivers`);
    return { kind: 'folder', path: await this.#o.stageDir(id), own: true, readOnly };
  }
}

function emptyDir(v: Frozen<Volume>, path: string, pod: Frozen<Pod>): VolumeSource {
  const { medium, sizeLimit } = v.emptyDir ?? {};
  const users = [...pod.spec!.containers, ...(pod.spec!.initContainers ?? [])].filter(c =>
    c.volumeMounts?.some(m => m.name === v.name),
  );
  // A tmpfs belongs to one mount namespace: memory that several containers share is a folder.
  if (medium === 'Memory' && users.length === 1 && pod.spec!.restartPolicy === 'Never') {
    const sizeBytes = parseQuantity(sizeLimit);
    return { kind: 'memory', ...(sizeBytes ? { sizeBytes } : {}) };
  }
  openFolder(path);
  return { kind: 'folder', path, own: true, readOnly: false };
}
/** A folder that every user of the Pod may write, whatever the daemon's umask. */
function openFolder(path: string): void {
  const made = mkdirSync(path, { recursive: true });
  if (made !== undefined) chmodSync(path, 0o777);
}
async function mustExist(volume: string, path: string): Promise<void> {
  await access(path).catch(() => {
    throw errors.volumeFailed(volume, `path "${path}" does not exist`);
  });
}

async function hostPath(name: string, { path, type }: NonNullable<Frozen<Volume>['hostPath']>): Promise<VolumeSource> {
  if (type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 });
  if (type === 'FileOrCreate' && !(await lstat(path).catch(() => undefined))) {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await writeFile(path, '', { flag: 'a', mode: 0o644 });
  }
  const found = await stat(path).catch(() => undefined);
  const wrong = (what: string) => errors.hostPathWrong(name, path, what);
  if (type?.startsWith('Directory') && !found?.isDirectory()) throw wrong('directory');
  if (type?.startsWith('File') && !found?.isFile()) throw wrong('file');
  if (type === 'Socket' && !found?.isSocket()) throw wrong('socket file');
  if (type === 'CharDevice' && !found?.isCharacterDevice()) throw wrong('character device');
  if (type === 'BlockDevice' && !found?.isBlockDevice()) throw wrong('block device');
  if (!found) throw errors.volumeFailed(name, `path "${path}" does not exist`);
  return { kind: 'folder', path, own: false, readOnly: false };
}
