import { readFileSync } from 'node:fs';
import type { Gvk } from '../../kube/index.ts';

/** A built-in type as `tools/gen-builtin.ts` notes it: fields in the notation of `notation.ts`, or a type of its own. */
export type Definition = { fields?: Record<string, string>; required?: string[]; type?: string; atomic?: true };
type Table = {
  /** `core.v1` to `io.k8s.api.core.v1`. */
  packages: Record<string, string>;
  /** `apps/v1/Deployment` to `apps.v1.Deployment`. */
  kinds: Record<Gvk, string>;
  definitions: Record<string, Definition>;
};

let table: Table | undefined;
function load(): Table {
  return (table ??= JSON.parse(readFileSync(new URL('generated/definitions.json', import.meta.url), 'utf8')) as Table);
}

/** The short name of a kind's definition (`apps.v1.Deployment`); undefined when the kind is not built in. */
export function definitionName(gvk: Gvk): string | undefined {
  return load().kinds[gvk];
}
/** A definition by its short name. */
export function definitionOf(name: string): Definition | undefined {
  return load().definitions[name];
}
/** The name of a definition in OpenAPI documents: `io.k8s.api.apps.v1.Deployment`. */
export function openApiName(name: string): string {
  const dot = name.lastIndexOf('.');
  return `${load().packages[name.slice(0, dot)]}${name.slice(dot)}`;
}
/** Every built-in kind, lists and options included. */
export function builtinKinds(): readonly Gvk[] {
  return Object.keys(load().kinds) as Gvk[];
}

let kindsByName: Map<string, Gvk> | undefined;
/** The kind of which a definition is the schema, or undefined for a part of one. */
export function kindOfDefinition(name: string): Gvk | undefined {
  kindsByName ??= new Map(Object.entries(load().kinds).map(([gvk, definition]) => [definition, gvk as Gvk]));
  return kindsByName.get(name);
}
