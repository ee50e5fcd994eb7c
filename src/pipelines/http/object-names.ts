import type { Frozen, Obj } from '../../kube/index.ts';
import { DOMAIN, sha256Hex } from '../../lib/index.ts';

/** Holds the name of the API where it is none of Kubernetes'. */
export const NAME_ANNOTATION = `pipelines.${DOMAIN}/name`;

const VALID = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const PREFIX_CHARACTERS = 40;

/**
 * The Pipeline object's name for a name of the API: itself where it can be, else made of its letters and a hash, so that
 * equal names meet in one object and the API server sees to it that they are unique.
 */
export function pipelineObjectName(name: string): string {
  return VALID.test(name) && name.length <= 200 ? name : `${prefixOf(name, 'pipeline')}-${shortHash(name)}`;
}
/** Versions share their namespace with those of other pipelines, so the hash is always there. */
export function versionObjectName(pipelineObject: string, name: string): string {
  return `${prefixOf(name, 'version')}-${shortHash(`${pipelineObject}/${name}`)}`;
}
/** The Run object's name: also the workflow name that steps see and the prefix of their Pods. */
export function runObjectName(pipelineName: string, suffix: string): string {
  return `${prefixOf(pipelineName, 'run')}-${suffix}`;
}
/** The name of the API, of an object made by it or by kubectl. */
export function apiNameOf(object: Frozen<Obj>, versionName?: string): string {
  return object.metadata.annotations?.[NAME_ANNOTATION] ?? versionName ?? object.metadata.name;
}

function prefixOf(name: string, otherwise: string): string {
  const letters = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, PREFIX_CHARACTERS)
    .replace(/^-+|-+$/g, '');
  return letters || otherwise;
}
function shortHash(text: string): string {
  return sha256Hex(text).slice(0, 8);
}
