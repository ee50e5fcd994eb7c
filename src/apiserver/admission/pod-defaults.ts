import { errors, type Frozen, type Obj } from '../../kube/index.ts';
import type { Ids } from '../../lib/index.ts';
import type { AdmissionStep } from './admission.ts';

const PODS = { group: '', plural: 'pods' };
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Upstream's lifetime: an hour and seven seconds, so that it can be told from tokens that people ask for. */
const TOKEN_SECONDS = 3607;
const MIRROR = 'kubernetes.io/config.mirror';

type Mount = { name: string; mountPath: string; readOnly?: boolean };
type Container = { name: string; volumeMounts?: Mount[] };
type Toleration = { key?: string; operator?: string; effect?: string; tolerationSeconds?: number };
type PodSpec = {
  serviceAccountName?: string;
  serviceAccount?: string;
  automountServiceAccountToken?: boolean;
  imagePullSecrets?: unknown[];
  volumes?: { name: string }[];
  containers: Container[];
  initContainers?: Container[];
  tolerations?: Toleration[];
  priorityClassName?: string;
  priority?: number;
  preemptionPolicy?: string;
};
type Pod = Obj<PodSpec>;
type Account = Obj & { automountServiceAccountToken?: boolean; imagePullSecrets?: unknown[] };
type PriorityClass = Obj & { value: number; globalDefault?: boolean; preemptionPolicy?: string };

/** What upstream's ServiceAccount, DefaultTolerationSeconds and Priority plugins do to new Pods. @source kubernetes plugin/pkg/admission */
export function podDefaults(ids: Ids): readonly AdmissionStep[] {
  const applies: AdmissionStep['applies'] = (r, def) =>
    def.group === '' && def.plural === 'pods' && r.operation === 'CREATE' && !r.subresource;
  const step = (name: string, mutate: NonNullable<AdmissionStep['mutate']>): AdmissionStep => ({ name, applies, mutate });
  return [
    step('ServiceAccount', (r, find) => {
      const pod = r.object as unknown as Pod;
      if (!pod.spec?.containers || pod.metadata.annotations?.[MIRROR]) return undefined;
      const name = pod.spec.serviceAccountName || 'default';
      const account = find<Account>('v1/ServiceAccount', {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        namespace: r.namespace!,
        name,
      })[0];
      // The default account comes a moment after its namespace: a Pod that is faster need not fail for that (a quirk).
      if (!account && name !== 'default')
        throw errors.forbidden(
          PODS,
          pod.metadata.name,
          `error looking up service account ${r.namespace}/${name}: serviceaccount "${name}" not found`,
        );
      const spec: PodSpec = { ...pod.spec, serviceAccountName: name, serviceAccount: name };
      if (account?.imagePullSecrets && !spec.imagePullSecrets?.length) spec.imagePullSecrets = [...account.imagePullSecrets];
      const mounts = spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true;
      return { ...pod, spec: mounts ? withToken(spec, ids) : spec };
    }),
    step('DefaultTolerationSeconds', r => {
      const pod = r.object as unknown as Pod;
      const tolerations = pod.spec?.tolerations ?? [];
      const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
        key => !tolerations.some(t => (!t.key || t.key === key) && (!t.effect || t.effect === 'NoExecute')),
      );
      if (missing.length === 0 || !pod.spec) return undefined;
      const added = missing.map(key => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
      return { ...pod, spec: { ...pod.spec, tolerations: [...tolerations, ...added] } };
    }),
    step('Priority', (r, find) => {
      const pod = r.object as unknown as Pod;
      if (!pod.spec) return undefined;
      const { priorityClassName } = pod.spec;
      const chosen = priorityClassName
        ? find<PriorityClass>('scheduling.k8s.io/v1/PriorityClass', {
            apiVersion: 'scheduling.k8s.io/v1',
            kind: 'PriorityClass',
            name: priorityClassName,
          })[0]
        : find<PriorityClass>('scheduling.k8s.io/v1/PriorityClass', {}).find(c => c.globalDefault);
      if (priorityClassName && !chosen)
        throw errors.forbidden(PODS, pod.metadata.name, `no PriorityClass with name ${priorityClassName} was found`);
      const preemptionPolicy = pod.spec.preemptionPolicy ?? chosen?.preemptionPolicy ?? 'PreemptLowerPriority';
      const named = chosen && !priorityClassName ? { priorityClassName: chosen.metadata.name } : {};
      return { ...pod, spec: { ...pod.spec, ...named, priority: chosen?.value ?? 0, preemptionPolicy } };
    }),
  ];
}

/** The projected volume `kube-api-access-xxxxx`, in every container that does not mount the path itself. */
function withToken(spec: PodSpec, ids: Ids): PodSpec {
  const isMounted = (c: Frozen<Container>) => c.volumeMounts?.some(m => m.mountPath === TOKEN_PATH) === true;
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  if (all.every(isMounted)) return spec;
  const name = `kube-api-access-${ids.suffix(5)}`;
  const mount = { name, readOnly: true, mountPath: TOKEN_PATH };
  const mounted = (c: Container): Container => (isMounted(c) ? c : { ...c, volumeMounts: [...(c.volumeMounts ?? []), mount] });
  const volume = {
    name,
    projected: {
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  };
  return {
    ...spec,
    containers: spec.containers.map(mounted),
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(mounted) } : {}),
    volumes: [...(spec.volumes ?? []), volume],
  };
}
