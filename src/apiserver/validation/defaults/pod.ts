import { ensure, fill, items, sub, type Tree, text } from '../tree.ts';

/** Octal 0644. */
const FILE_MODE = 420;

/**
 * Defaults of a Pod's spec, wherever one stands (Pod or template).
 * @source kubernetes pkg/apis/core/v1/defaults.go (from knowledge)
 */
export function defaultPodSpec(spec: Tree): void {
  fill(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  });
  // The older name stays in step with the newer one.
  if (text(spec, 'serviceAccountName')) spec['serviceAccount'] = spec['serviceAccountName'];
  else if (text(spec, 'serviceAccount')) spec['serviceAccountName'] = spec['serviceAccount'];
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'])
    for (const c of items(spec, list)) defaultContainer(c);
  for (const volume of items(spec, 'volumes')) defaultVolume(volume);
}

/** Defaults of a Pod that templates do not have. */
export function defaultPod(pod: Tree): void {
  const spec = ensure(pod, 'spec');
  defaultPodSpec(spec);
  fill(spec, { enableServiceLinks: true });
  for (const container of [...items(spec, 'containers'), ...items(spec, 'initContainers')]) {
    if (spec['hostNetwork'] === true)
      for (const port of items(container, 'ports')) fill(port, { hostPort: port['containerPort'] });
    const limits = sub(sub(container, 'resources'), 'limits');
    if (limits) fill(ensure(ensure(container, 'resources'), 'requests'), limits);
  }
  const status = ensure(pod, 'status');
  fill(status, { phase: 'Pending', qosClass: qosClass(spec) });
}

/** Defaults of a template of Pods below a spec. */
export function defaultTemplate(spec: Tree): void {
  const template = sub(spec, 'template');
  if (!template) return;
  defaultPodSpec(ensure(template, 'spec'));
}

/** Without a tag, or with `latest`, an image may change under its name. */
function pullPolicy(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^:/]+)$/.exec(image)?.[1] ?? 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultContainer(container: Tree): void {
  fill(container, {
    imagePullPolicy: pullPolicy(text(container, 'image')),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    resources: {},
  });
  for (const port of items(container, 'ports')) fill(port, { protocol: 'TCP' });
  for (const env of items(container, 'env')) fill(sub(sub(env, 'valueFrom'), 'fieldRef'), { apiVersion: 'v1' });
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(sub(container, probe));
  const lifecycle = sub(container, 'lifecycle');
  for (const hook of ['postStart', 'preStop']) defaultHttpGet(sub(sub(lifecycle, hook), 'httpGet'));
}
function defaultProbe(probe: Tree | undefined): void {
  fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  defaultHttpGet(sub(probe, 'httpGet'));
  fill(sub(probe, 'grpc'), { service: '' });
}
function defaultHttpGet(httpGet: Tree | undefined): void {
  fill(httpGet, { path: '/', scheme: 'HTTP' });
}

function defaultVolume(volume: Tree): void {
  if (Object.keys(volume).every(key => key === 'name')) volume['emptyDir'] = {};
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected']) fill(sub(volume, source), { defaultMode: FILE_MODE });
  fill(sub(volume, 'hostPath'), { type: '' });
  defaultDownward(sub(volume, 'downwardAPI'));
  for (const source of items(sub(volume, 'projected'), 'sources')) {
    fill(sub(source, 'serviceAccountToken'), { expirationSeconds: 3600 });
    defaultDownward(sub(source, 'downwardAPI'));
  }
  fill(sub(sub(sub(volume, 'ephemeral'), 'volumeClaimTemplate'), 'spec'), { volumeMode: 'Filesystem' });
}
function defaultDownward(source: Tree | undefined): void {
  for (const item of items(source, 'items')) fill(sub(item, 'fieldRef'), { apiVersion: 'v1' });
}

/** Guaranteed, Burstable or BestEffort, by the CPU and memory of the containers. */
export function qosClass(spec: Tree): string {
  const containers = [...items(spec, 'containers'), ...items(spec, 'initContainers')].map(c => sub(c, 'resources'));
  const amounts = (resources: Tree | undefined, kind: string) =>
    Object.entries(sub(resources, kind) ?? {}).filter(
      ([name, amount]) => (name === 'cpu' || name === 'memory') && amount !== '0',
    );
  if (containers.every(r => amounts(r, 'requests').length === 0 && amounts(r, 'limits').length === 0)) return 'BestEffort';
  const isGuaranteed = containers.every(r => {
    const limits = amounts(r, 'limits');
    return limits.length === 2 && limits.every(([name, amount]) => sub(r, 'requests')?.[name] === amount);
  });
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
