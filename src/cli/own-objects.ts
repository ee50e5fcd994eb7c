import { type Client, type ControllerDef, isReason, type Obj, type ResourceMapper, rolesOf } from '../kube/index.ts';

/** Creates or updates the service account, role and binding of every controller: they follow this release. */
export async function ensureRoles(client: Client, mapper: ResourceMapper, controllers: readonly ControllerDef[]): Promise<void> {
  const objects = (await Promise.all(controllers.map(c => rolesOf(c, mapper)))).flat();
  await Promise.all(objects.map(o => ensure(client, o)));
}

/** Our own Services have no Pods: their endpoints are the daemon's address as Pods see it. */
export async function ownEndpoints(client: Client, gatewayIP: string, ports: { kubernetes: number }): Promise<void> {
  const slices: Obj[] = [slice('kubernetes', 'default', gatewayIP, [{ name: 'https', port: ports.kubernetes }])];
  for (const [name, served] of Object.entries(SERVICES)) slices.push(slice(name, 'kubeflow', gatewayIP, served));
  await Promise.all(slices.map(s => ensure(client, s)));
}
const SERVICES: Record<string, { name: string; port: number }[]> = {
  'ml-pipeline': [{ name: 'http', port: 8888 }],
  'ml-pipeline-ui': [{ name: 'http', port: 8888 }],
};

function slice(service: string, namespace: string, ip: string, ports: { name: string; port: number }[]): Obj {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: service, namespace, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    ports: ports.map(p => ({ ...p, protocol: 'TCP' })),
  } as unknown as Obj;
}

async function ensure(client: Client, object: Obj): Promise<void> {
  try {
    await client.write({ verb: 'create', object });
  } catch (e) {
    if (!isReason(e, 'AlreadyExists')) throw e;
    const { apiVersion, kind, metadata } = object;
    const { name, namespace } = metadata;
    const { apiVersion: _a, kind: _k, metadata: _m, ...patch } = object;
    await client.write({
      verb: 'patch',
      type: 'merge',
      ref: { apiVersion, kind, name, ...(namespace ? { namespace } : {}) },
      patch,
    });
  }
}
