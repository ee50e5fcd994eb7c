import type { FieldSet } from '../apply/index.ts';
import { hasSubresource, type ResourceDef } from '../registry/resource.ts';

const STATUS: FieldSet = { 'f:status': {} };
const NOT_STATUS: FieldSet = { 'f:spec': {}, 'f:metadata': {} };
const NONE: FieldSet = {};

/** Fields that an endpoint takes from the stored object, and that its writer therefore never owns. */
export function resetFields(def: ResourceDef, subresource: string): FieldSet {
  if (subresource === 'status') return def.custom ? NOT_STATUS : { 'f:spec': {} };
  return hasSubresource(def, 'status') ? STATUS : NONE;
}
