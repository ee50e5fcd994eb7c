import type { Schema } from '../../kube/index.ts';
import { type FieldType, fieldTypeOf } from './field-type.ts';

/** What ownership must know of metadata where a CRD's schema only says that it is an object. */
const METADATA: Schema = {
  type: 'object',
  properties: {
    annotations: { type: 'object', additionalProperties: { type: 'string' } },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    finalizers: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    ownerReferences: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      items: {
        type: 'object',
        'x-kubernetes-map-type': 'atomic',
        properties: Object.fromEntries(['apiVersion', 'kind', 'name', 'uid'].map(name => [name, { type: 'string' }])),
      },
    },
    managedFields: { type: 'array', 'x-kubernetes-list-type': 'atomic', items: { type: 'object' } },
    ...Object.fromEntries(
      ['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'selfLink', 'creationTimestamp', 'deletionTimestamp'].map(
        name => [name, { type: 'string' }],
      ),
    ),
    generation: { type: 'integer' },
    deletionGracePeriodSeconds: { type: 'integer' },
  },
};
const metadataType = fieldTypeOf(METADATA);
const known = new WeakMap<Schema, FieldType>();

/** The field type of a whole object; `undefined` for kinds without schema. */
export function objectTypeOf(schema: Schema | undefined): FieldType {
  const type = fieldTypeOf(schema);
  if (schema?.properties?.metadata?.properties?.labels || schema?.properties?.metadata?.allOf) return type;
  const key = schema ?? METADATA;
  let object = known.get(key);
  if (!object) {
    object = {
      kind: type.kind,
      isAtomicMap: false,
      isAtomicList: type.isAtomicList,
      keys: undefined,
      keyDefault: () => undefined,
      items: type.items,
      hasField: name => name === 'metadata' || type.hasField(name),
      field: name => (name === 'metadata' ? metadataType : type.field(name)),
    };
    known.set(key, object);
  }
  return object;
}
