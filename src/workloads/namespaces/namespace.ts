import {
  type Client,
  type Condition,
  type ControllerDef,
  type Frozen,
  isReason,
  jsonEqual,
  type Obj,
  type Performer,
  type Plan,
  parseGvk,
  type Write,
} from '../../kube/index.ts';
import { withCondition } from '../conditions.ts';
import type { ObjectFeed } from './object-feed.ts';
import type { Content } from './owner-graph.ts';

export type Namespace = Obj<{ finalizers?: string[] }, { phase?: 'Active' | 'Terminating'; conditions?: Condition[] }>;
type ConfigMap = Obj & { data?: Record<string, string> };

const FINALIZE = 'namespace.finalize';
const CONTENT = 'kubernetes';
const ROOT_CA = 'kube-root-ca.crt';
const PUBLISHED_IN = 'kube-system';
const MAX_DELETES = 500;

/**
 * Gives every namespace its default service account and the CA certificate (as the API server publishes it in kube-system);
 * empties it when it is deleted, says what remains, and ends it.
 */
export const namespaces: ControllerDef<Namespace> = {
  name: 'namespace-controller',
  for: 'v1/Namespace',
  reads: [
    { gvk: 'v1/ServiceAccount', enqueue: a => (a.metadata.name === 'default' ? [{ name: a.metadata.namespace! }] : []) },
    { gvk: 'v1/ConfigMap', enqueue: c => (c.metadata.name === ROOT_CA ? [{ name: c.metadata.namespace! }] : []) },
  ],
  writes: [
    { gvk: 'v1/ServiceAccount', verbs: ['create'] },
    { gvk: 'v1/ConfigMap', verbs: ['create', 'patch'] },
    { gvk: 'v1/Namespace', verbs: ['update'], subresource: 'finalize' },
  ],
  sources: [{ name: 'contents', key: namespace => [{ name: namespace }] }],
  plan({ object: namespace, find, signal }, now): Plan {
    const { name } = namespace.metadata;
    if (namespace.metadata.deletionTimestamp) {
      const needs = [{ source: 'contents', key: name }];
      const contents = signal<readonly Content[]>('contents', name);
      return { needs, ...(contents ? endingPlan(namespace, contents as readonly Content[], now) : {}) };
    }
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', namespace: name, name: 'default' };
    const rootCa = (of: string) =>
      find<ConfigMap>('v1/ConfigMap', { apiVersion: 'v1', kind: 'ConfigMap', namespace: of, name: ROOT_CA })[0];
    const writes: Write[] = [];
    if (find('v1/ServiceAccount', account).length === 0)
      writes.push({
        verb: 'create',
        object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } },
      });
    const published = rootCa(PUBLISHED_IN);
    if (published) writes.push(...rootCaWrites(name, published, rootCa(name)));
    return { writes, ...(namespace.status?.phase ? {} : { status: { phase: 'Active' } }) };
  },
};

function rootCaWrites(namespace: string, { data }: Frozen<ConfigMap>, live: Frozen<ConfigMap> | undefined): Write[] {
  const metadata = { name: ROOT_CA, namespace };
  if (!live)
    return [{ verb: 'create', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { ...data } } as ConfigMap }];
  if (jsonEqual(live.data, data)) return [];
  return [{ verb: 'patch', ref: { apiVersion: 'v1', kind: 'ConfigMap', ...metadata }, type: 'merge', patch: { data } }];
}

function endingPlan(namespace: Frozen<Namespace>, contents: readonly Content[], now: Date): Plan {
  const writes = contents
    .filter(c => !c.isDeleting)
    .slice(0, MAX_DELETES)
    .map(({ ref: { uid, ...ref } }): Write => ({ verb: 'delete', ref, uid, propagation: 'Background' }));
  const status = { ...namespace.status, phase: 'Terminating', conditions: conditionsOf(namespace, contents, now) };
  const isHeld = namespace.spec?.finalizers?.includes(CONTENT);
  if (contents.length > 0 || !isHeld) return { writes, status };
  // No status beside it: the namespace is gone when it succeeds.
  return {
    effects: [
      { name: FINALIZE, id: namespace.metadata.uid ?? namespace.metadata.name, params: { namespace: namespace.metadata.name } },
    ],
  };
}

function conditionsOf(namespace: Frozen<Namespace>, contents: readonly Content[], now: Date): Condition[] {
  const resources = countBy(contents.map(c => resourceText(c)));
  const finalizers = countBy(contents.flatMap(c => [...c.finalizers]));
  const remaining = resources.map(([name, count]) => `${name} has ${count} resource instances`).join(', ');
  const held = finalizers.map(([name, count]) => `${name} in ${count} resource instances`).join(', ');
  const said: Condition[] = [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: 'False',
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    {
      type: 'NamespaceDeletionContentFailure',
      status: 'False',
      reason: 'ContentDeleted',
      message: 'All content successfully deleted, may be waiting on finalization',
    },
    remaining
      ? {
          type: 'NamespaceContentRemaining',
          status: 'True',
          reason: 'SomeResourcesRemain',
          message: `Some resources are remaining: ${remaining}`,
        }
      : {
          type: 'NamespaceContentRemaining',
          status: 'False',
          reason: 'ContentRemoved',
          message: 'All content successfully removed',
        },
    held
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${held}`,
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'False',
          reason: 'ContentHasNoFinalizers',
          message: 'All content-preserving finalizers finished',
        },
  ];
  return said.reduce((all, c) => withCondition(all, c, now), [...(namespace.status?.conditions ?? [])] as Condition[]);
}
function countBy(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
/** `pods.`, `jobs.batch`: the usual plural is near enough for a message. */
function resourceText({ gvk }: Content): string {
  const { group, kind } = parseGvk(gvk);
  return `${kind.toLowerCase()}${/(s|x|ch)$/i.test(kind) ? 'es' : 's'}.${group}`;
}

/** Looks at every kind once more, then takes the last finalizer off a namespace. What it finds is news for the plan. */
export function namespaceFinalizer(feed: ObjectFeed): Performer<{ namespace: string }> {
  return {
    name: FINALIZE,
    order: 'afterWrites',
    async perform({ namespace }, { client }) {
      const left = (await Promise.all(feed.kinds.map(gvk => listed(client, gvk, namespace)))).flat();
      for (const object of left) feed.observe('ADDED', object);
      if (left.length > 0) return;
      try {
        const live = await client.get<Namespace>({ apiVersion: 'v1', kind: 'Namespace', name: namespace });
        if (!live.metadata.deletionTimestamp) return;
        const finalizers = (live.spec?.finalizers ?? []).filter(f => f !== CONTENT);
        await client.write({
          verb: 'update',
          subresource: 'finalize',
          object: { ...(live as Namespace), spec: { ...live.spec, finalizers } },
        });
      } catch (e) {
        if (!isReason(e, 'NotFound')) throw e;
      }
    },
  };
}
async function listed(client: Client, gvk: `${string}/${string}`, namespace: string): Promise<Frozen<Obj>[]> {
  const found: Frozen<Obj>[] = [];
  try {
    for await (const page of client.list(gvk, { namespace })) found.push(...page.items);
  } catch (e) {
    // A kind that is not served any more holds nothing.
    if (!isReason(e, 'NotFound')) throw e;
  }
  return found.filter(o => o.metadata.namespace === namespace);
}
