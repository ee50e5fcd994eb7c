import { UserError } from './command.ts';

export type Resource = { group: string; version: string; plural: string; kind: string; namespaced: boolean };
export const DISCOVERY = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
export type Discovery = {
  items: {
    metadata?: { name?: string };
    versions: {
      version: string;
      resources: {
        resource: string;
        scope: string;
        singularResource?: string;
        shortNames?: string[];
        responseKind: { kind: string };
      }[];
    }[];
  }[];
};

/**
 * A kind as people type it: `pods`, `po`, `Pod`, `deployments.apps`.
 * @throws UserError naming what is close when nothing fits.
 */
export async function findResource(discover: (path: '/api' | '/apis') => Promise<Discovery>, typed: string): Promise<Resource> {
  const wanted = typed.toLowerCase();
  const names = new Set<string>();
  for (const path of ['/api', '/apis'] as const) {
    const list = await discover(path);
    for (const g of list.items) {
      const group = g.metadata?.name ?? '';
      for (const v of g.versions)
        for (const r of v.resources) {
          const aliases = [r.resource, r.singularResource ?? '', r.responseKind.kind, ...(r.shortNames ?? [])].map(a =>
            a.toLowerCase(),
          );
          if (aliases.includes(wanted) || (group && aliases.some(a => a && `${a}.${group}` === wanted)))
            return {
              group,
              version: v.version,
              plural: r.resource,
              kind: r.responseKind.kind,
              namespaced: r.scope === 'Namespaced',
            };
          names.add(r.resource);
        }
    }
  }
  const close = [...names].filter(n => n.startsWith(wanted.slice(0, 3)));
  throw new UserError(`there is no kind ${JSON.stringify(typed)}${close.length ? `; perhaps ${close.join(', ')}` : ''}`);
}

/** The path of a resource below the door. */
export function pathOf(r: Resource, namespace: string | undefined, name?: string, subresource?: string): string {
  const root = r.group ? `/k8s/apis/${r.group}/${r.version}` : `/k8s/api/${r.version}`;
  const scope = r.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${r.plural}${name ? `/${encodeURIComponent(name)}` : ''}${subresource ? `/${subresource}` : ''}`;
}
