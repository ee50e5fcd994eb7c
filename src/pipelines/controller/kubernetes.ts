import type { Json } from '../graph/graph.ts';
import { isBound } from '../ir/lower-executor.ts';
import type { Env, Mount, StepContainer, StepPod } from './pod-parts.ts';

type Config = { [key: string]: Json };

/**
 * Adds the Kubernetes configuration of an executor (the second document of a pipeline) to its Pod. A reference whose
 * value is null leaves its setting out.
 * @source pipelines backend/src/v2/driver/k8s.go extendPodSpecPatch@7b70c7b95f68
 */
export function configurePod(pod: StepPod, config: Config, bound: Readonly<Record<string, Json>>): void {
  const resolved = resolve(config, bound) as Config;
  const spec = pod.spec!;
  const main = spec.containers[0];
  for (const item of list(resolved, 'secretAsVolume')) mountSource(pod, item, 'secret', 'secretName', named(item, 'secretName'));
  for (const item of list(resolved, 'configMapAsVolume'))
    mountSource(pod, item, 'configMap', 'name', named(item, 'configMapName', 'configName'));
  for (const item of list(resolved, 'secretAsEnv'))
    main.env.push(...keysAsEnv(item, 'secretKeyRef', 'secretKey', named(item, 'secretName')));
  for (const item of list(resolved, 'configMapAsEnv'))
    main.env.push(...keysAsEnv(item, 'configMapKeyRef', 'configMapKey', named(item, 'configMapName', 'configName')));
  for (const item of list(resolved, 'fieldPathAsEnv'))
    main.env.push({ name: text(item['name']), valueFrom: { fieldRef: { fieldPath: text(item['fieldPath']) } } });
  for (const item of list(resolved, 'imagePullSecret')) {
    const name = named(item, 'secretName');
    if (name) (spec.imagePullSecrets ??= []).push({ name });
  }
  addVolumes(pod, resolved);
  addScheduling(pod, resolved);
  if (typeof resolved['imagePullPolicy'] === 'string' && resolved['imagePullPolicy'])
    main.imagePullPolicy = resolved['imagePullPolicy'];
  if (Number(resolved['activeDeadlineSeconds']) > 0) spec.activeDeadlineSeconds = Number(resolved['activeDeadlineSeconds']);
  const metadata = struct(resolved['podMetadata']);
  Object.assign(pod.metadata.labels!, metadata?.['labels']);
  Object.assign(pod.metadata.annotations!, metadata?.['annotations']);
  const security = struct(resolved['securityContext']);
  if (security) main.securityContext = numbersIn(security, ['runAsUser', 'runAsGroup']);
  const inits = list(resolved, 'initContainers');
  if (inits.length > 0) spec.initContainers = inits.map(initContainer);
}

/** Values in place of references; null where a reference has none. */
function resolve(value: Json, bound: Readonly<Record<string, Json>>): Json {
  if (isBound(value)) return bound[(value as { $parameter: string }).$parameter] ?? null;
  if (Array.isArray(value)) return value.map(v => resolve(v, bound));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, resolve(v, bound)]));
}
function list(config: Config, key: string): Config[] {
  const value = config[key];
  return Array.isArray(value) ? (value as Config[]) : [];
}
function struct(value: Json | undefined): Config | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
}
const text = (value: Json | undefined) => (typeof value === 'string' ? value : '');
/** The name a setting refers to: `<key>Parameter` when it is there, even as null, else the deprecated `<key>`. */
function named(item: Config, key: string, parameter = key): string {
  for (const name of [`${key}Parameter`, `${parameter}Parameter`]) if (name in item) return text(item[name]);
  return text(item[key]);
}
const optional = (item: Config) => (typeof item['optional'] === 'boolean' ? { optional: item['optional'] } : {});

function mount(pod: StepPod, volume: { name: string } & Record<string, unknown>, at: Omit<Mount, 'name'>): void {
  const spec = pod.spec!;
  if (!spec.volumes.some(v => v.name === volume.name)) spec.volumes.push(volume);
  spec.containers[0].volumeMounts.push({ name: volume.name, ...at });
}
function mountSource(pod: StepPod, item: Config, kind: string, member: string, name: string): void {
  if (!name) return;
  const volume = `${kind === 'secret' ? '' : 'configmap-'}${name}`;
  mount(pod, { name: volumeName(volume), [kind]: { [member]: name, ...optional(item) } }, { mountPath: text(item['mountPath']) });
}
/** A DNS label that volumes can have. */
function volumeName(name: string): string {
  return name
    .replace(/[^a-z0-9-]/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
}
function keysAsEnv(item: Config, ref: string, key: string, name: string): Env[] {
  if (!name) return [];
  return list(item, 'keyToEnv').map(pair => ({
    name: text(pair['envVar']),
    valueFrom: { [ref]: { name, key: text(pair[key]), ...optional(item) } },
  }));
}

function addVolumes(pod: StepPod, config: Config): void {
  for (const item of list(config, 'pvcMount')) {
    const claimName = named(item, 'pvcName') || text(item['constant']);
    if (!claimName) continue;
    const subPath = text(item['subPath']);
    const at = { mountPath: text(item['mountPath']), ...(subPath ? { subPath } : {}) };
    mount(pod, { name: volumeName(claimName), persistentVolumeClaim: { claimName } }, at);
  }
  for (const item of list(config, 'emptyDirMounts')) {
    const emptyDir = { ...pick(item, ['medium', 'sizeLimit']) };
    mount(pod, { name: text(item['volumeName']), emptyDir }, { mountPath: text(item['mountPath']) });
  }
  const shared = struct(config['enabledSharedMemory']);
  if (shared) {
    const size = text(shared['size']);
    const emptyDir = { medium: 'Memory', ...(size ? { sizeLimit: size } : {}) };
    mount(pod, { name: text(shared['volumeName']) || 'shm', emptyDir }, { mountPath: '/dev/shm' });
  }
  for (const item of list(config, 'genericEphemeralVolume')) {
    const storageClassName = text(item['storageClassName']);
    const spec = {
      accessModes: item['accessModes'] ?? [],
      resources: { requests: { storage: item['size'] } },
      ...(item['defaultStorageClass'] ? {} : { storageClassName }),
    };
    const template = { ...(struct(item['metadata']) ? { metadata: item['metadata'] } : {}), spec };
    mount(
      pod,
      { name: text(item['volumeName']), ephemeral: { volumeClaimTemplate: template } },
      { mountPath: text(item['mountPath']) },
    );
  }
}
function pick(item: Config, keys: readonly string[]): Config {
  return Object.fromEntries(
    keys.flatMap(k => (item[k] === undefined || item[k] === null || item[k] === '' ? [] : [[k, item[k]]])),
  );
}
function numbersIn(item: Config, keys: readonly string[]): Config {
  return Object.fromEntries(Object.entries(item).map(([k, v]) => [k, keys.includes(k) ? Number(v) : v]));
}

function addScheduling(pod: StepPod, config: Config): void {
  const spec = pod.spec!;
  const selector = struct(config['nodeSelector']);
  const labels = selector && (struct(selector['nodeSelectorJson']) ?? struct(selector['labels']));
  if (labels && Object.keys(labels).length > 0) spec.nodeSelector = labels as Record<string, string>;
  for (const item of list(config, 'tolerations')) {
    const whole = item['tolerationJson'];
    const given = Array.isArray(whole)
      ? (whole as Config[])
      : struct(whole)
        ? [whole as Config]
        : 'tolerationJson' in item
          ? []
          : [item];
    for (const toleration of given)
      (spec.tolerations ??= []).push(
        numbersIn(pick(toleration, ['key', 'operator', 'value', 'effect', 'tolerationSeconds']), ['tolerationSeconds']),
      );
  }
  for (const item of list(config, 'nodeAffinity')) addNodeAffinity(pod, item);
  for (const item of list(config, 'podAffinity')) addPodAffinity(pod, item);
}

type Terms = Record<string, unknown[] | Record<string, unknown[]>>;
function affinityOf(pod: StepPod, kind: string): Terms {
  const affinity = (pod.spec!.affinity ??= {});
  return (affinity[kind] ??= {});
}
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

function addNodeAffinity(pod: StepPod, item: Config): void {
  const whole = struct(item['nodeAffinityJson']);
  if (whole) {
    if (Object.keys(whole).length > 0) Object.assign(affinityOf(pod, 'nodeAffinity'), whole);
    return;
  }
  if ('nodeAffinityJson' in item) return;
  const term = pick(item, ['matchExpressions', 'matchFields']);
  if (Object.keys(term).length === 0) return;
  const terms = affinityOf(pod, 'nodeAffinity');
  if (item['weight'] !== undefined) ((terms[PREFERRED] ??= []) as unknown[]).push({ weight: item['weight'], preference: term });
  else ((terms[REQUIRED] ??= { nodeSelectorTerms: [] }) as { nodeSelectorTerms: unknown[] }).nodeSelectorTerms.push(term);
}
function addPodAffinity(pod: StepPod, item: Config): void {
  const selector = (expressions: string, matchLabels: string): Config => ({
    ...(item[expressions] ? { matchExpressions: item[expressions]! } : {}),
    ...(item[matchLabels] ? { matchLabels: item[matchLabels]! } : {}),
  });
  const namespaces = selector('matchNamespaceExpressions', 'matchNamespaceLabels');
  const term = {
    ...pick(item, ['topologyKey', 'namespaces']),
    labelSelector: selector('matchPodExpressions', 'matchPodLabels'),
    ...(Object.keys(namespaces).length > 0 ? { namespaceSelector: namespaces } : {}),
  };
  const terms = affinityOf(pod, item['anti'] === true ? 'podAntiAffinity' : 'podAffinity');
  if (item['weight'] !== undefined)
    ((terms[PREFERRED] ??= []) as unknown[]).push({ weight: item['weight'], podAffinityTerm: term });
  else ((terms[REQUIRED] ??= []) as unknown[]).push(term);
}

function initContainer(item: Config): StepContainer {
  const restartPolicy = text(item['restartPolicy']);
  return {
    name: text(item['name']),
    image: text(item['image']),
    ...(Array.isArray(item['command']) ? { command: item['command'] as string[] } : {}),
    ...(Array.isArray(item['args']) ? { args: item['args'] as string[] } : {}),
    env: list(item, 'env').map(e => ({ name: text(e['name']), value: text(e['value']) })),
    volumeMounts: list(item, 'volumeMounts').map(m => ({ name: text(m['volumeName']), mountPath: text(m['mountPath']) })),
    ...(struct(item['resources']) ? { resources: item['resources'] as NonNullable<StepContainer['resources']> } : {}),
    ...(restartPolicy ? { restartPolicy } : {}),
  };
}
