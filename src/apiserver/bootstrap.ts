import {
  type ApiResponse,
  type Frozen,
  isReason,
  jsonEqual,
  type Obj,
  resourcePath,
  type Status,
  StatusError,
  SYSTEM_NAMESPACE,
  type Transport,
  type UserInfo,
} from '../kube/index.ts';
import type { Registry } from './registry/registry.ts';
import type { Store } from './store/index.ts';

/** The server's own hand: what exists before anybody may sign in. */
export const SYSTEM: UserInfo = { username: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

const namespace = (name: string): Obj => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const priorityClass = (name: string, value: number, description: string): Obj =>
  ({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, description }) as Obj;

/** What every cluster has. */
export const SYSTEM_OBJECTS: readonly Obj[] = [
  ...['default', 'kube-system', 'kube-public', 'kube-node-lease', SYSTEM_NAMESPACE].map(namespace),
  priorityClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
  priorityClass(
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }] },
  },
];

export type Bootstrap = { store: Store; registry: Registry; transport: Transport };

/** The answer of a request of the server's own. @throws StatusError */
export function checked(response: ApiResponse): Frozen<unknown> {
  if (response.code >= 400) throw new StatusError(response.object as Frozen<Status>);
  return response.object!;
}

/** Creates what was never created here before: what its owner deletes later stays deleted. */
export async function createOnce(b: Bootstrap, objects: readonly Obj[]): Promise<void> {
  for (const object of objects) {
    const mark = `once ${object.apiVersion}/${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    if (b.store.meta(mark)) continue;
    const r = await b.registry.resourceFor(`${object.apiVersion}/${object.kind}` as `${string}/${string}`);
    try {
      checked(
        await b.transport.request({
          method: 'POST',
          path: resourcePath(r, object.metadata.namespace),
          object,
          user: SYSTEM,
          headers: AGENT,
        }),
      );
    } catch (e) {
      if (!isReason(e, 'AlreadyExists')) throw e;
    }
    b.store.setMeta(mark, '1');
  }
}

/** Creates an object, or brings one part of it to this release's. */
export async function ensure(b: Bootstrap, object: Obj, part: 'spec' | 'rules' | 'subjects' | 'data'): Promise<void> {
  const { name, namespace } = object.metadata;
  const r = await b.registry.resourceFor(`${object.apiVersion}/${object.kind}` as `${string}/${string}`);
  const { storage } = b.registry.find(r.group, r.version, r.plural)!;
  type Parts = Frozen<Obj> & Record<string, unknown>;
  const existing = b.store.get(storage!, namespace ? `${namespace}/${name}` : name)?.object as Parts | undefined;
  if (!existing) {
    checked(
      await b.transport.request({ method: 'POST', path: resourcePath(r, namespace), object, user: SYSTEM, headers: AGENT }),
    );
    return;
  }
  const wanted = (object as unknown as Parts)[part];
  if (jsonEqual(existing[part], wanted)) return;
  const updated = { ...existing, [part]: wanted };
  checked(
    await b.transport.request({
      method: 'PUT',
      path: resourcePath(r, namespace, name),
      object: updated,
      user: SYSTEM,
      headers: AGENT,
    }),
  );
}
const AGENT = { 'user-agent': 'skiff' };
