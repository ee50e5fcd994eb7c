import { errors, type Frozen, type Obj } from '../../kube/index.ts';
import { type Amounts, amountsOf, quantityOf } from '../quota/amounts.ts';
import { podResources } from '../quota/usage.ts';
import type { AdmissionStep } from './admission.ts';
import type { ByNamespace } from './by-namespace.ts';

type Quantities = Record<string, string>;
type Limit = {
  type: string;
  default?: Quantities;
  defaultRequest?: Quantities;
  min?: Quantities;
  max?: Quantities;
  maxLimitRequestRatio?: Quantities;
};
type Resources = { requests?: Quantities; limits?: Quantities };
type Container = { name: string; resources?: Resources };
type PodSpec = { containers?: Container[]; initContainers?: Container[] };
type Pod = Obj<PodSpec>;
const ANNOTATION = 'kubernetes.io/limit-ranger';

/** Fills in and checks what a namespace's LimitRanges say of Pods and claims. @source kubernetes plugin/pkg/admission/limitranger */
export function limitRanger(ranges: ByNamespace): AdmissionStep {
  const limits = (namespace: string | undefined, type: string) =>
    ranges
      .in(namespace)
      .flatMap(range => (range.spec as unknown as { limits?: Limit[] }).limits ?? [])
      .filter(l => l.type === type);
  return {
    name: 'LimitRanger',
    applies: (r, def) =>
      def.group === '' &&
      (def.plural === 'pods' || def.plural === 'persistentvolumeclaims') &&
      r.operation !== 'DELETE' &&
      !r.subresource &&
      ranges.in(r.namespace).length > 0,
    mutate(r) {
      if (r.gvk !== 'v1/Pod' || r.operation !== 'CREATE') return undefined;
      return limits(r.namespace, 'Container').reduce((pod, limit) => withDefaults(pod, limit), r.object as unknown as Pod);
    },
    validate(r) {
      const isPod = r.gvk === 'v1/Pod';
      // The resources of a Pod do not change with an ordinary update.
      if (isPod && r.operation === 'UPDATE') return;
      const problems = isPod
        ? [
            ...limits(r.namespace, 'Container').flatMap(l =>
              containersOf(r.object as Frozen<Pod>).flatMap(c => check(l, of(c.resources))),
            ),
            ...limits(r.namespace, 'Pod').flatMap(l => check(l, wholePod(r.object as Frozen<Pod>))),
          ]
        : limits(r.namespace, 'PersistentVolumeClaim').flatMap(l =>
            check(l, of((r.object!.spec as { resources?: Resources }).resources)),
          );
      if (problems.length === 0) return;
      const text = problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`;
      throw errors.forbidden({ group: '', plural: isPod ? 'pods' : 'persistentvolumeclaims' }, r.name, text);
    },
  };
}

const containersOf = ({ spec }: Frozen<Pod>) =>
  [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])] as Frozen<Container>[];
type Usage = { requests: Amounts; limits: Amounts };
const of = (r: Frozen<Resources> | undefined): Usage => ({ requests: amountsOf(r?.requests), limits: amountsOf(r?.limits) });
function wholePod(pod: Frozen<Pod>): Usage {
  const spec = (pod.spec ?? {}) as PodSpec;
  return { requests: podResources(spec, 'requests'), limits: podResources(spec, 'limits') };
}

function withDefaults(pod: Pod, limit: Limit): Pod {
  const said: string[] = [];
  const fill = (kind: string) => (c: Container) => {
    const limits = { ...limit.default, ...c.resources?.limits };
    const requests = { ...limit.defaultRequest, ...c.resources?.requests };
    const added = (now: Quantities, before: Quantities | undefined) =>
      Object.keys(now)
        .filter(k => before?.[k] === undefined)
        .sort();
    const newRequests = added(requests, c.resources?.requests);
    const newLimits = added(limits, c.resources?.limits);
    if (newRequests.length > 0) said.push(`${newRequests.join(', ')} request for ${kind} ${c.name}`);
    if (newLimits.length > 0) said.push(`${newLimits.join(', ')} limit for ${kind} ${c.name}`);
    if (newRequests.length + newLimits.length === 0) return c;
    const some = (q: Quantities) => Object.keys(q).length > 0;
    return { ...c, resources: { ...c.resources, ...(some(limits) ? { limits } : {}), ...(some(requests) ? { requests } : {}) } };
  };
  const spec: PodSpec = { ...pod.spec, containers: (pod.spec?.containers ?? []).map(fill('container')) };
  if (spec.initContainers) spec.initContainers = spec.initContainers.map(fill('init container'));
  if (said.length === 0) return pod;
  const annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${said.join('; ')}` };
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec } as Pod;
}

function check(limit: Limit, { requests, limits }: Usage): string[] {
  const problems: string[] = [];
  const { type } = limit;
  for (const [name, bound] of Object.entries(limit.min ?? {})) {
    const least = amountsOf({ bound })['bound'] ?? 0n;
    const text = `minimum ${name} usage per ${type} is ${bound}`;
    const [request, top] = [requests[name], limits[name]];
    if (request === undefined) problems.push(`${text}.  No request is specified`);
    else if (request < least) problems.push(`${text}, but request is ${quantityOf(request, bound)}`);
    if (request !== undefined && top !== undefined && top < least)
      problems.push(`${text}, but limit is ${quantityOf(top, bound)}`);
  }
  for (const [name, bound] of Object.entries(limit.max ?? {})) {
    const most = amountsOf({ bound })['bound'] ?? 0n;
    const text = `maximum ${name} usage per ${type} is ${bound}`;
    const [request, top] = [requests[name], limits[name]];
    // Claims have no limits: their requests are what is bounded.
    if (type !== 'PersistentVolumeClaim' && top === undefined) problems.push(`${text}.  No limit is specified`);
    else if (top !== undefined && top > most) problems.push(`${text}, but limit is ${quantityOf(top, bound)}`);
    if (request !== undefined && request > most) problems.push(`${text}, but request is ${quantityOf(request, bound)}`);
  }
  for (const [name, bound] of Object.entries(limit.maxLimitRequestRatio ?? {})) {
    const [request, top] = [requests[name], limits[name]];
    const text = `${name} max limit to request ratio per ${type} is ${bound}, but`;
    if (!request || top === undefined) {
      problems.push(`${text} ${!request ? 'no request is specified or request is 0' : 'no limit is specified or limit is 0'}`);
      continue;
    }
    const ratio = Number(top) / Number(request);
    if (ratio > Number(amountsOf({ bound })['bound'] ?? 0n) / 1e9) problems.push(`${text} provided ratio is ${ratio.toFixed(6)}`);
  }
  return problems.map(p => `${p}.`);
}
