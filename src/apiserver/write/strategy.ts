import type { Frozen, Obj, UserInfo } from '../../kube/index.ts';
import { hasSubresource, type ResourceDef } from '../registry/resource.ts';
import { prepareCrd } from './crd-strategy.ts';

/** What a strategy may need besides the object. */
export type StrategyContext = { user: UserInfo; now: Date };
type Members = Record<string, unknown>;
type Create = (o: Obj, ctx: StrategyContext) => Obj;
type Update = (o: Obj, old: Frozen<Obj>, ctx: StrategyContext) => Obj;

const withStatus =
  (status: object): Create =>
  o => ({ ...o, status });
const keepsStatus: Create = o => o;

/** What creation does to single kinds, by `group/plural`; others with a status lose theirs. @source kubernetes pkg/registry */
const ON_CREATE: Readonly<Record<string, Create>> = {
  '/nodes': keepsStatus,
  '/pods': o => ({ ...o, status: { phase: 'Pending', qosClass: qosClassOf(o) } }),
  '/namespaces': o => ({
    ...o,
    metadata: { ...o.metadata, labels: { ...o.metadata.labels, 'kubernetes.io/metadata.name': o.metadata.name } },
    spec: {
      ...(o.spec as object),
      finalizers: [...new Set([...((o.spec as { finalizers?: string[] })?.finalizers ?? []), 'kubernetes'])],
    },
    status: { phase: 'Active' },
  }),
  '/persistentvolumes': withStatus({ phase: 'Pending' }),
  '/persistentvolumeclaims': withStatus({ phase: 'Pending' }),
  '/services': withStatus({ loadBalancer: {} }),
  '/secrets': foldStringData,
  'apiextensions.k8s.io/customresourcedefinitions': (o, { now }) => prepareCrd(o, undefined, now),
  'batch/jobs': o => selectOwnPods({ ...o, status: {} }),
  'certificates.k8s.io/certificatesigningrequests': (o, { user }) => ({
    ...o,
    spec: { ...(o.spec as object), username: user.username, groups: [...user.groups] },
    status: {},
  }),
};
const ON_UPDATE: Readonly<Record<string, Update>> = {
  '/secrets': foldStringData,
  '/namespaces': (o, old) => ({
    ...o,
    spec: old.spec as object,
    metadata: { ...o.metadata, labels: { ...o.metadata.labels, 'kubernetes.io/metadata.name': o.metadata.name } },
  }),
  '/services': (o, old) => keepAddresses(o, old),
};

export function prepareCreate(def: ResourceDef, o: Obj, ctx: StrategyContext): Obj {
  const own = ON_CREATE[`${def.group}/${def.plural}`];
  if (own) return own(o, ctx);
  if (!hasSubresource(def, 'status')) return o;
  const { status: _, ...rest } = o;
  return def.custom ? rest : { ...rest, status: {} };
}

/** The main resource keeps the stored status, `/status` keeps all but the status. */
export function prepareUpdate(def: ResourceDef, o: Obj, old: Frozen<Obj>, subresource: string, ctx: StrategyContext): Obj {
  if (subresource === 'status') return onlyStatus(def, o, old);
  if (subresource === 'ephemeralcontainers')
    return {
      ...o,
      spec: { ...(old.spec as object), ephemeralContainers: (o.spec as Members)['ephemeralContainers'] },
      status: old.status,
    };
  const own = ON_UPDATE[`${def.group}/${def.plural}`];
  const prepared = own ? own(o, old, ctx) : o;
  if (!hasSubresource(def, 'status')) return prepared;
  const { status: _, ...rest } = prepared;
  if (isCrd(def)) return prepareCrd(rest, old, ctx.now);
  return old.status === undefined ? rest : { ...rest, status: old.status };
}

function isCrd(def: ResourceDef): boolean {
  return def.group === 'apiextensions.k8s.io';
}

function onlyStatus(def: ResourceDef, o: Obj, old: Frozen<Obj>): Obj {
  const { status: _, ...rest } = old as Obj;
  const { labels, annotations, finalizers, managedFields } = o.metadata;
  const { labels: l, annotations: a, finalizers: f, managedFields: __, ...metadata } = rest.metadata;
  const editable = def.custom ? { labels: l, annotations: a, finalizers: f } : { labels, annotations, finalizers };
  const defined = Object.fromEntries(Object.entries({ ...editable, managedFields }).filter(([, v]) => v !== undefined));
  return { ...rest, metadata: { ...metadata, ...defined }, ...(o.status === undefined ? {} : { status: o.status }) };
}

/** `stringData` is written, never read: it goes into `data` as base64. */
function foldStringData(o: Obj): Obj {
  const { stringData, ...rest } = o as Obj & { stringData?: Record<string, string>; data?: Record<string, string> };
  if (!stringData) return o;
  const encoded = Object.fromEntries(Object.entries(stringData).map(([k, v]) => [k, Buffer.from(String(v)).toString('base64')]));
  return { ...rest, data: { ...rest.data, ...encoded } } as Obj;
}

/** A Job's Pods are found by its uid. @source kubernetes pkg/registry/batch/job/strategy.go */
function selectOwnPods(job: Obj): Obj {
  type Template = { metadata?: { labels?: Record<string, string> } };
  const spec = (job.spec ?? {}) as Members & { template?: Template; manualSelector?: boolean };
  if (spec.manualSelector) return job;
  const { name, uid } = job.metadata;
  const labels = {
    ...spec.template?.metadata?.labels,
    'batch.kubernetes.io/controller-uid': uid!,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid!,
    'job-name': name,
  };
  const template = { ...spec.template, metadata: { ...spec.template?.metadata, labels } };
  return { ...job, spec: { ...spec, selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } }, template } };
}

/** Addresses given to a Service stay when an update leaves them out. */
function keepAddresses(o: Obj, old: Frozen<Obj>): Obj {
  type Port = { name?: string; port: number; nodePort?: number };
  type Spec = Members & { type?: string; clusterIP?: string; clusterIPs?: string[]; ports?: Port[] };
  const spec = o.spec as Spec | undefined;
  const before = old.spec as Spec | undefined;
  if (!spec || !before || spec.type === 'ExternalName') return o;
  const kept: Spec = { ...spec };
  for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'])
    (kept as Members)[key] ??= (before as Members)[key];
  if (kept.type === 'NodePort' || kept.type === 'LoadBalancer') {
    const known = new Map(before.ports?.map(p => [p.name ?? p.port, p.nodePort]));
    kept.ports = kept.ports?.map(p => {
      const nodePort = p.nodePort ?? known.get(p.name ?? p.port);
      return nodePort ? { ...p, nodePort } : p;
    }) as Port[];
  }
  return { ...o, spec: kept };
}

type Resources = { requests?: Record<string, unknown>; limits?: Record<string, unknown> };
/** @source kubernetes pkg/apis/core/v1/helper/qos */
export function qosClassOf(pod: Obj): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const spec = pod.spec as { containers?: { resources?: Resources }[]; initContainers?: { resources?: Resources }[] } | undefined;
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map(c => c.resources ?? {});
  const amounts = (r: Resources) => ['cpu', 'memory'].flatMap(name => [r.requests?.[name], r.limits?.[name]]);
  if (all.every(r => amounts(r).every(v => v === undefined))) return 'BestEffort';
  const isPinned = (r: Resources) =>
    ['cpu', 'memory'].every(
      name =>
        r.limits?.[name] !== undefined &&
        (r.requests?.[name] === undefined || String(r.requests[name]) === String(r.limits[name])),
    );
  return all.every(isPinned) ? 'Guaranteed' : 'Burstable';
}
