import { ensure, fill, items, sub, type Tree } from '../tree.ts';

const AFFINITY_SECONDS = 10800;

/** @source kubernetes pkg/apis/core/v1/defaults.go (from knowledge) */
export function defaultService(service: Tree): void {
  const spec = ensure(service, 'spec');
  fill(spec, { sessionAffinity: 'None', type: 'ClusterIP' });
  if (spec['sessionAffinity'] === 'ClientIP') {
    fill(ensure(ensure(spec, 'sessionAffinityConfig'), 'clientIP'), { timeoutSeconds: AFFINITY_SECONDS });
  } else delete spec['sessionAffinityConfig'];
  for (const port of items(spec, 'ports')) {
    fill(port, { protocol: 'TCP' });
    // Zero and empty mean "as the port".
    if (!port['targetPort']) port['targetPort'] = port['port'];
  }
  const type = spec['type'];
  if (type === 'NodePort' || type === 'LoadBalancer') fill(spec, { externalTrafficPolicy: 'Cluster' });
  if (type !== 'ExternalName') fill(spec, { internalTrafficPolicy: 'Cluster' });
  if (type === 'LoadBalancer') fill(spec, { allocateLoadBalancerNodePorts: true });
  fill(ensure(service, 'status'), { loadBalancer: {} });
}

export function defaultEndpoints(endpoints: Tree): void {
  for (const subset of items(endpoints, 'subsets')) for (const port of items(subset, 'ports')) fill(port, { protocol: 'TCP' });
}
export function defaultEndpointSlice(slice: Tree): void {
  for (const port of items(slice, 'ports')) fill(port, { name: '', protocol: 'TCP' });
}

/** @source kubernetes pkg/apis/networking/v1/defaults.go (from knowledge) */
export function defaultNetworkPolicy(policy: Tree): void {
  const spec = ensure(policy, 'spec');
  const rules = [...items(spec, 'ingress'), ...items(spec, 'egress')];
  for (const rule of rules) for (const port of items(rule, 'ports')) fill(port, { protocol: 'TCP' });
  fill(spec, { policyTypes: spec['egress'] === undefined ? ['Ingress'] : ['Ingress', 'Egress'] });
}
export function defaultIngressClass(ingressClass: Tree): void {
  fill(sub(sub(ingressClass, 'spec'), 'parameters'), { scope: 'Cluster' });
}
