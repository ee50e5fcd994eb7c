import { sha256Hex } from '../../lib/index.ts';
import { compareVersions } from '../registry/crds.ts';
import type { Registry } from '../registry/registry.ts';
import { apiVersionOf, type ResourceDef } from '../registry/resource.ts';

type Versions = ReadonlyMap<string, ReadonlyMap<string, ResourceDef>>;
/** Versions of a group, the preferred one first. */
function ordered(versions: Versions): [string, readonly ResourceDef[]][] {
  return [...versions]
    .sort(([a], [b]) => compareVersions(a, b))
    .map(([v, resources]) => [v, [...resources.values()].sort(byName)]);
}
const byName = (a: ResourceDef, b: ResourceDef) => (a.plural < b.plural ? -1 : 1);

/** `/api` and `/apis` in one document each. @source apiserver pkg/endpoints/discovery/aggregated@24a394e516bf */
export function aggregatedDiscovery(registry: Registry, which: 'core' | 'groups', version: 'v2' | 'v2beta1'): object {
  const groups = [...registry.groups].filter(([name]) => (name === '') === (which === 'core'));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(([name, versions]) => ({
      metadata: { ...(name ? { name } : {}), creationTimestamp: null },
      versions: ordered(versions).map(([v, resources]) => ({
        version: v,
        resources: resources.map(discovered),
        freshness: 'Current',
      })),
    })),
  };
}

function discovered(def: ResourceDef): object {
  return {
    resource: def.plural,
    responseKind: { group: def.group, version: def.version, kind: def.kind },
    scope: def.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: def.singular,
    verbs: def.verbs,
    ...(def.shortNames.length > 0 ? { shortNames: def.shortNames } : {}),
    ...(def.categories.length > 0 ? { categories: def.categories } : {}),
    ...(def.subresources.length > 0
      ? {
          subresources: def.subresources.map(s => ({
            subresource: s.name,
            responseKind: { group: s.group, version: s.version, kind: s.kind },
            verbs: s.verbs,
          })),
        }
      : {}),
  };
}

export function apiVersions(): object {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }] };
}

export function groupList(registry: Registry): object {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [...registry.groups].filter(([g]) => g !== '').map(([g, versions]) => groupBody(g, versions)),
  };
}
export function group(registry: Registry, name: string): object | undefined {
  const versions = name === '' ? undefined : registry.groups.get(name);
  return versions && { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(name, versions) };
}
function groupBody(name: string, versions: Versions) {
  const list = ordered(versions).map(([version]) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: list, preferredVersion: list[0] };
}

/** The resources of one group version, subresources as `pods/log`. */
export function resourceList(registry: Registry, groupName: string, version: string): object | undefined {
  const resources = registry.groups.get(groupName)?.get(version);
  if (!resources) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group: groupName, version }),
    resources: [...resources.values()].sort(byName).flatMap(legacyEntries),
  };
}

function legacyEntries(def: ResourceDef): object[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories, group: g, version } = def;
  const own = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(def.storage
      ? {
          storageVersionHash: Buffer.from(sha256Hex(`${def.storageApiVersion}/${kind}`), 'hex')
            .subarray(0, 8)
            .toString('base64'),
        }
      : {}),
  };
  const subs = def.subresources.map(s => ({
    name: `${plural}/${s.name}`,
    singularName: '',
    namespaced,
    ...(s.group === g && s.version === version ? {} : { group: s.group, version: s.version }),
    kind: s.kind,
    verbs: s.verbs,
  }));
  return [own, ...subs];
}
