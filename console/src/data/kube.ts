import { queryOptions } from '@tanstack/react-query';
import type { Obj } from '../../../src/kube/types.ts';
import { getJson, query, request } from './http.ts';

/** A kind that the API server serves. */
export type Resource = {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
  shortNames?: string[];
};
export type Target = Pick<Resource, 'group' | 'version' | 'plural'>;

const part = encodeURIComponent;
/** The path of a collection or an object through the same-origin proxy; the core group is the empty string. */
export function kubePath(r: Target, o: { namespace?: string | undefined; name?: string; subresource?: string } = {}): string {
  const root = r.group ? `/k8s/apis/${r.group}/${r.version}` : `/k8s/api/${r.version}`;
  const within = o.namespace ? `/namespaces/${part(o.namespace)}` : '';
  return `${root}${within}/${r.plural}${o.name ? `/${part(o.name)}` : ''}${o.subresource ? `/${o.subresource}` : ''}`;
}

type ApiResource = {
  name: string;
  singularName?: string;
  namespaced: boolean;
  kind: string;
  verbs: string[];
  shortNames?: string[];
};
type Discovery = {
  items: {
    metadata: { name?: string };
    versions: {
      version: string;
      resources?: { resource: string; responseKind: { kind: string }; scope: string; verbs: string[]; shortNames?: string[] }[];
    }[];
  }[];
};
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/** Every listable kind: aggregated discovery in two requests, or the old way, one request a group, where that is missing. */
export const discoveryQuery = queryOptions({
  queryKey: ['discovery'],
  queryFn: async ({ signal }) => (await Promise.all([discover('/k8s/api', signal), discover('/k8s/apis', signal)])).flat(),
  staleTime: 60_000,
});
async function discover(root: string, signal: AbortSignal): Promise<Resource[]> {
  const response = await request(root, { headers: { accept: aggregated }, signal });
  const body = (await response.json()) as Discovery & {
    versions?: string[];
    groups?: { name: string; preferredVersion: { version: string } }[];
  };
  if (body.items) {
    return body.items.flatMap(group => {
      // A kind is shown at the first version that serves it: discovery lists the preferred one first.
      const seen = new Map<string, Resource>();
      for (const { version, resources = [] } of group.versions) {
        for (const r of resources) {
          if (seen.has(r.resource) || !r.verbs.includes('list')) continue;
          const { resource: plural, responseKind, scope, verbs, shortNames } = r;
          seen.set(plural, {
            group: group.metadata.name ?? '',
            version,
            plural,
            kind: responseKind.kind,
            namespaced: scope === 'Namespaced',
            verbs,
            ...(shortNames ? { shortNames } : {}),
          });
        }
      }
      return [...seen.values()];
    });
  }
  const groups =
    body.groups?.map(g => ({ group: g.name, version: g.preferredVersion.version })) ??
    (body.versions ?? []).map(version => ({ group: '', version }));
  const lists = await Promise.all(
    groups.map(async ({ group, version }) => {
      const path = group ? `${root}/${group}/${version}` : `${root}/${version}`;
      const list = await getJson<{ resources: ApiResource[] }>(path, signal);
      return list.resources
        .filter(r => !r.name.includes('/') && r.verbs.includes('list'))
        .map(r => ({
          group,
          version,
          plural: r.name,
          kind: r.kind,
          namespaced: r.namespaced,
          verbs: r.verbs,
          ...(r.shortNames ? { shortNames: r.shortNames } : {}),
        }));
    }),
  );
  return lists.flat();
}

export type TableColumn = { name: string; type: string; format?: string; description?: string; priority: number };
export type TableRow = { cells: unknown[]; object: Obj };
export type Table = { columnDefinitions: TableColumn[]; rows: TableRow[]; metadata: { resourceVersion?: string } };
export const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** One object as it is. */
export const getObject = (r: Target, namespace: string | undefined, name: string, signal?: AbortSignal): Promise<Obj> =>
  getJson(kubePath(r, { namespace, name }), signal);
export const objectQuery = (r: Target, namespace: string | undefined, name: string) =>
  queryOptions({
    queryKey: ['object', kubePath(r, { namespace, name })],
    queryFn: ({ signal }) => getObject(r, namespace, name, signal),
    refetchInterval: 5000,
  });
/** All objects of a kind; not found (kind not served) counts as none. */
export const objectsQuery = (r: Target, namespace?: string) =>
  queryOptions({
    queryKey: ['objects', kubePath(r, { namespace })],
    queryFn: async ({ signal }) => {
      const list = await getJson<{ kind: string; apiVersion: string; items: Obj[] }>(kubePath(r, { namespace }), signal);
      // The items of a typed list do not repeat their kind.
      return list.items.map(o => ({
        ...o,
        kind: o.kind ?? list.kind.replace(/List$/, ''),
        apiVersion: o.apiVersion ?? list.apiVersion,
      }));
    },
    refetchInterval: 5000,
    retry: false,
  });

export type KubeEvent = Obj & {
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  lastTimestamp?: string;
  firstTimestamp?: string;
  eventTime?: string;
  involvedObject?: { kind?: string; name?: string };
};
/** The events about one object, oldest first. */
export const eventsQuery = (namespace: string, kind: string | undefined, name: string) =>
  queryOptions({
    queryKey: ['events', namespace, kind ?? '', name],
    queryFn: async ({ signal }) => {
      const selector = [`involvedObject.name=${name}`, ...(kind ? [`involvedObject.kind=${kind}`] : [])].join(',');
      const path = kubePath({ group: '', version: 'v1', plural: 'events' }, { namespace });
      const { items } = await getJson<{ items: KubeEvent[] }>(`${path}${query({ fieldSelector: selector })}`, signal);
      return items.toSorted((a, b) => eventTime(a).localeCompare(eventTime(b)));
    },
    refetchInterval: 5000,
  });
export const eventTime = (e: KubeEvent): string =>
  e.lastTimestamp ?? e.eventTime ?? e.firstTimestamp ?? e.metadata.creationTimestamp ?? '';

/** Replaces an object with YAML text; the API server parses it. `dryRun` only asks what would happen. */
export async function putYaml(
  r: Target,
  namespace: string | undefined,
  name: string,
  yaml: string,
  dryRun: boolean,
): Promise<Obj> {
  const path = `${kubePath(r, { namespace, name })}${query({ fieldManager: 'skiff-console', dryRun: dryRun ? 'All' : undefined })}`;
  return (await (await request(path, { method: 'PUT', raw: yaml, contentType: 'application/yaml' })).json()) as Obj;
}
export const deleteObject = (r: Target, namespace: string | undefined, name: string): Promise<Response> =>
  request(kubePath(r, { namespace, name }), { method: 'DELETE' });
