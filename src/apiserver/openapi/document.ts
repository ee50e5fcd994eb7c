import { canonicalJson, sha256Hex, VERSION } from '../../lib/index.ts';
import { Components } from './components.ts';
import { addPaths, type OpenApiResource, type Paths } from './paths.ts';

/** The path of a group version below `/` and below `/openapi/v3/`: `api/v1`, `apis/apps/v1`. */
export function groupVersionPath(groupVersion: string): string {
  return groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
}

/** Changes when the document of a group version does; cheap, as the document itself is not made. */
export function openApiHash(groupVersion: string, resources: readonly OpenApiResource[]): string {
  return sha256Hex(canonicalJson({ VERSION, groupVersion, resources })).toUpperCase();
}

/** `/openapi/v3`: where the document of each group version (`v1`, `apps/v1`) is, and its hash. */
export function openApiRoot(groupVersions: ReadonlyMap<string, readonly OpenApiResource[]>): unknown {
  const paths: Record<string, { serverRelativeURL: string }> = {};
  for (const [groupVersion, resources] of groupVersions) {
    const path = groupVersionPath(groupVersion);
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${openApiHash(groupVersion, resources)}` };
  }
  return { paths };
}

/**
 * `/openapi/v3/{api/v1 | apis/group/version}`: paths and schemas of one group version, as kubectl's validation, `explain` and
 * strategic patches read them. Making it takes some milliseconds: keep the text by `openApiHash`.
 */
export function openApiV3(groupVersion: string, resources: readonly OpenApiResource[]): unknown {
  const root = `/${groupVersionPath(groupVersion)}`;
  const components = new Components();
  const paths: Paths = {};
  for (const resource of resources) addPaths(paths, components, root, groupVersion, resource);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'unversioned' },
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header', description: 'Bearer token' } },
    },
  };
}
