import type { Frozen } from '../../kube/index.ts';
import type { DownwardFile, KeyToPath, Pod, Volume } from '../agent/pod.ts';
import { fieldValue, type NodeFacts, resourceValue } from '../env/fields.ts';
import { errors } from '../errors.ts';
import type { DataKind, ObjectReader } from '../objects.ts';
import type { VolumeFile } from './atomic-writer.ts';

type Files = Map<string, VolumeFile>;
export type TokenRequest = { audience?: string; expirationSeconds: number };
export type PayloadContext = {
  pod: Frozen<Pod>;
  reader: ObjectReader;
  node: NodeFacts;
  token(request: TokenRequest): Promise<string>;
};
const DEFAULT_MODE = 0o644;
const DEFAULT_EXPIRATION_SECONDS = 3600;

/** The files of a configMap, secret, downwardAPI or projected volume; undefined for other types. @throws NotStartable */
export async function payloadOf(volume: Frozen<Volume>, c: PayloadContext): Promise<Files | undefined> {
  const files: Files = new Map();
  if (volume.configMap) {
    const { name, items, defaultMode, optional } = volume.configMap;
    await addData(files, c, volume.name, 'ConfigMap', name, items, optional, defaultMode ?? DEFAULT_MODE);
  } else if (volume.secret) {
    const { secretName, items, defaultMode, optional } = volume.secret;
    await addData(files, c, volume.name, 'Secret', secretName, items, optional, defaultMode ?? DEFAULT_MODE);
  } else if (volume.downwardAPI) {
    addDownward(files, c, volume.name, volume.downwardAPI.items, volume.downwardAPI.defaultMode ?? DEFAULT_MODE);
  } else if (volume.projected) await addProjected(files, c, volume);
  else return undefined;
  return files;
}

async function addProjected(files: Files, c: PayloadContext, volume: Frozen<Volume>): Promise<void> {
  const mode = volume.projected!.defaultMode ?? DEFAULT_MODE;
  for (const s of volume.projected!.sources ?? []) {
    if (s.configMap)
      await addData(files, c, volume.name, 'ConfigMap', s.configMap.name, s.configMap.items, s.configMap.optional, mode);
    if (s.secret) await addData(files, c, volume.name, 'Secret', s.secret.name, s.secret.items, s.secret.optional, mode);
    if (s.downwardAPI) addDownward(files, c, volume.name, s.downwardAPI.items, mode);
    if (s.serviceAccountToken) {
      const { audience, expirationSeconds = DEFAULT_EXPIRATION_SECONDS, path } = s.serviceAccountToken;
      const token = await c.token({ expirationSeconds, ...(audience ? { audience } : {}) });
      files.set(checked(volume.name, path), { data: Buffer.from(token), mode });
    }
  }
}

async function addData(
  files: Files,
  c: PayloadContext,
  volume: string,
  kind: DataKind,
  name: string,
  items: Frozen<KeyToPath[]> | undefined,
  optional: boolean | undefined,
  mode: number,
): Promise<void> {
  const data = await c.reader.data(kind, name);
  if (!data) {
    if (optional) return;
    throw errors.volumeObjectMissing(volume, kind, c.reader.namespace, name);
  }
  const wanted = items ?? [...data.keys()].map(key => ({ key, path: key, mode: undefined }));
  for (const item of wanted) {
    const bytes = data.get(item.key);
    if (bytes) files.set(checked(volume, item.path), { data: bytes, mode: item.mode ?? mode });
    else if (!optional) throw errors.volumeKeyMissing(volume, kind, item.key);
  }
}

function addDownward(
  files: Files,
  c: PayloadContext,
  volume: string,
  items: Frozen<DownwardFile[]> | undefined,
  mode: number,
): void {
  for (const item of items ?? []) {
    const text = item.fieldRef
      ? fieldValue(c.pod, item.fieldRef.fieldPath, c.node)
      : item.resourceFieldRef
        ? resourceValue(c.pod, undefined, item.resourceFieldRef, c.node)
        : '';
    files.set(checked(volume, item.path), { data: Buffer.from(text), mode: item.mode ?? mode });
  }
}

/** A path stays in its volume. */
function checked(volume: string, path: string): string {
  if (path === '' || path.startsWith('/') || path.split('/').includes('..')) throw errors.volumeFileInvalid(volume, path);
  return path;
}
