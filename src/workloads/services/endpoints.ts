import {
  type ControllerDef,
  type Frozen,
  type Gvk,
  jsonEqual,
  type Obj,
  type Plan,
  refOf,
  Selector,
  type Write,
} from '../../kube/index.ts';
import { suffixOf } from '../names.ts';
import { controllerRef, type Pod } from '../objects.ts';
import { isDeleting, isFinished, isReady } from '../pod-state.ts';

type ServicePort = { name?: string; port: number; targetPort?: number | string; protocol?: string; appProtocol?: string };
export type Service = Obj<{
  selector?: Record<string, string>;
  ports?: ServicePort[];
  type?: string;
  clusterIP?: string;
  publishNotReadyAddresses?: boolean;
}>;
type AnyService = Frozen<Service>;
type AnyPod = Frozen<Pod>;
type Port = { name: string; port: number; protocol: string };
/** Pods behind a Service that listen on the same numbers. */
type Group = { ports: Port[]; pods: AnyPod[] };

const ENDPOINTS: Gvk = 'v1/Endpoints';
const SLICE: Gvk = 'discovery.k8s.io/v1/EndpointSlice';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';
const MAX_ENDPOINTS = 100;

/** One plan over the Services of a namespace keeps their Endpoints and EndpointSlices in step with Pods. */
export const endpoints: ControllerDef<Service> = {
  name: 'endpoint-controller',
  for: 'v1/Service',
  key: service => ({ name: service.metadata.namespace! }),
  reads: [
    { gvk: 'v1/Pod', enqueue: pod => [{ name: pod.metadata.namespace! }] },
    { gvk: ENDPOINTS, enqueue: o => [{ name: o.metadata.namespace! }] },
    { gvk: SLICE, enqueue: o => [{ name: o.metadata.namespace! }] },
  ],
  writes: [
    { gvk: ENDPOINTS, verbs: ['create', 'update'] },
    { gvk: SLICE, verbs: ['create', 'update', 'delete'] },
  ],
  plan({ object, find }): Plan {
    const namespace = object.metadata.namespace!;
    const services = find<Service>('v1/Service', { namespace }).filter(selects);
    // Asked for every Pod that moves: a namespace of steps has mostly none.
    if (services.length === 0) return { writes: [] };
    const pods = find<Pod>('v1/Pod', { namespace }).filter(p => p.status?.podIP && !isFinished(p));
    const slices = find<Obj>(SLICE, { namespace });
    const plain = new Map(find<Obj>(ENDPOINTS, { namespace }).map(o => [o.metadata.name, o]));
    const writes = services.flatMap((service): Write[] => {
      const selector = service.spec!.selector!;
      const groups = groupsOf(
        service,
        pods.filter(p => matches(selector, p)),
      );
      const own = slices.filter(
        s =>
          s.metadata.labels?.[MANAGED_BY] === MANAGER &&
          s.metadata.labels['kubernetes.io/service-name'] === service.metadata.name,
      );
      return [
        ...put(plain.get(service.metadata.name), endpointsOf(service, groups)),
        ...putSlices(own, slicesOf(service, groups)),
      ];
    });
    return { writes };
  },
};

function selects({ spec, metadata }: AnyService): boolean {
  return Object.keys(spec?.selector ?? {}).length > 0 && !metadata.deletionTimestamp;
}
function matches(selector: Readonly<Record<string, string>>, pod: AnyPod): boolean {
  return new Selector(Object.entries(selector).map(([key, value]) => ({ key, operator: 'In', values: [value] }))).matches(
    pod.metadata.labels,
  );
}

/** Named target ports may differ from Pod to Pod. */
function groupsOf(service: AnyService, pods: readonly AnyPod[]): Group[] {
  const groups = new Map<string, Group>();
  for (const pod of pods.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    const ports = (service.spec?.ports ?? []).flatMap(p => portOf(p, pod));
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, pods: [] };
    group.pods.push(pod);
    groups.set(key, group);
  }
  return [...groups.values()];
}
function portOf({ name = '', port, targetPort = port, protocol = 'TCP' }: Frozen<ServicePort>, pod: AnyPod): Port[] {
  if (typeof targetPort === 'number') return [{ name, port: targetPort, protocol }];
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? []).filter(c => c.restartPolicy === 'Always')];
  const found = all.flatMap(c => c.ports ?? []).find(p => p.name === targetPort && (p.protocol ?? 'TCP') === protocol);
  return found ? [{ name, port: found.containerPort, protocol }] : [];
}

function targetOf(pod: AnyPod) {
  return { kind: 'Pod', namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid };
}
function endpointsOf(service: AnyService, groups: readonly Group[]): Obj {
  const subsets = groups.map(({ ports, pods }) => {
    const address = (pod: AnyPod) => ({
      ip: pod.status!.podIP!,
      ...(pod.spec?.hostname && pod.spec.subdomain === service.metadata.name ? { hostname: pod.spec.hostname } : {}),
      ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
      targetRef: targetOf(pod),
    });
    const isUp = (pod: AnyPod) => service.spec?.publishNotReadyAddresses || (isReady(pod) && !isDeleting(pod));
    const ready = pods.filter(isUp).map(address);
    const notReady = pods.filter(p => !isUp(p) && !isDeleting(p)).map(address);
    return {
      ...(ready.length > 0 ? { addresses: ready } : {}),
      ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
      ...(ports.length > 0 ? { ports: ports.map(({ name, ...port }) => (name ? { name, ...port } : port)) } : {}),
    };
  });
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: metadataOf(service, service.metadata.name, { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' }),
    ...(subsets.some(s => s.addresses || s.notReadyAddresses) ? { subsets } : {}),
  } as Obj;
}

function slicesOf(service: AnyService, groups: readonly Group[]): Obj[] {
  const parts = groups.flatMap(({ ports, pods }) =>
    Array.from({ length: Math.ceil(pods.length / MAX_ENDPOINTS) }, (_, i) => ({
      ports,
      pods: pods.slice(i * MAX_ENDPOINTS, (i + 1) * MAX_ENDPOINTS),
    })),
  );
  return (parts.length > 0 ? parts : [{ ports: [], pods: [] }]).map(({ ports, pods }, i) => {
    const labels = {
      'kubernetes.io/service-name': service.metadata.name,
      [MANAGED_BY]: MANAGER,
      ...(service.spec?.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
    };
    const endpoint = (pod: AnyPod) => {
      const serving = isReady(pod);
      const ready = service.spec?.publishNotReadyAddresses === true || (serving && !isDeleting(pod));
      return {
        addresses: [pod.status!.podIP!],
        conditions: { ready, serving, terminating: isDeleting(pod) },
        ...(pod.spec?.hostname && pod.spec.subdomain === service.metadata.name ? { hostname: pod.spec.hostname } : {}),
        ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
        targetRef: targetOf(pod),
      };
    };
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: metadataOf(service, `${service.metadata.name}-${suffixOf(`${service.metadata.uid}/${i}`)}`, labels),
      addressType: 'IPv4',
      endpoints: pods.map(endpoint),
      ports: ports.map(({ name, port, protocol }) => ({ name, port, protocol })),
    } as unknown as Obj;
  });
}

/** Both go with their Service: the garbage collector sees to it. */
function metadataOf(service: AnyService, name: string, labels: Record<string, string>): Obj['metadata'] {
  return {
    name,
    namespace: service.metadata.namespace!,
    labels: { ...service.metadata.labels, ...labels },
    ownerReferences: [controllerRef(service)],
  };
}

function put(live: Frozen<Obj> | undefined, wanted: Obj): Write[] {
  if (!live) return [{ verb: 'create', object: wanted }];
  const { apiVersion: _a, kind: _k, metadata, ...content } = wanted as unknown as Record<string, unknown> & Obj;
  const { apiVersion: _b, kind: _l, metadata: old, ...now } = live as unknown as Record<string, unknown> & Frozen<Obj>;
  if (jsonEqual(content, now) && jsonEqual(metadata.labels, old.labels)) return [];
  const { managedFields: _, ...kept } = old as Obj['metadata'];
  return [
    {
      verb: 'update',
      object: { ...wanted, metadata: { ...kept, labels: metadata.labels!, ownerReferences: metadata.ownerReferences! } },
    },
  ];
}
function putSlices(live: readonly Frozen<Obj>[], wanted: readonly Obj[]): Write[] {
  const byName = new Map(live.map(s => [s.metadata.name, s]));
  const names = new Set(wanted.map(s => s.metadata.name));
  const gone = live
    .filter(s => !names.has(s.metadata.name))
    .map((s): Write => ({ verb: 'delete', ref: refOf(s), uid: s.metadata.uid! }));
  return [...wanted.flatMap(s => put(byName.get(s.metadata.name), s)), ...gone];
}
