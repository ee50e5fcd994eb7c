// Stand-ins for rooms that are being written; replaced as they land.
import type { FieldError, Frozen, Gvk, Obj, Schema } from '../kube/index.ts';

export function defaultBuiltin(_gvk: Gvk, obj: Obj): Obj {
  return obj;
}
export function validateBuiltin(_gvk: Gvk, _obj: Obj, _old?: Obj): FieldError[] {
  return [];
}
export function validateMeta(_obj: Obj, _o: { namespaced: boolean }): FieldError[] {
  return [];
}
export function selectableFields(_gvk: Gvk, o: Frozen<Obj> | Obj): Record<string, string> {
  const spec = (o.spec ?? {}) as Record<string, string>;
  const involved = ((o as unknown as { involvedObject?: Record<string, string> }).involvedObject ?? {}) as Record<string, string>;
  return {
    'metadata.name': o.metadata.name,
    'metadata.namespace': o.metadata.namespace ?? '',
    ...(spec['nodeName'] ? { 'spec.nodeName': spec['nodeName'] } : {}),
    ...Object.fromEntries(Object.entries(involved).map(([k, v]) => [`involvedObject.${k}`, v])),
  };
}
type Track = {
  live?: Frozen<Obj>;
  updated: Obj;
  manager: string;
  operation: 'Update';
  schema: Schema | undefined;
  gvk: Gvk;
  now: Date;
  subresource?: string;
};
export function trackFields(o: Track): Obj {
  return o.updated;
}
type Apply = {
  live?: Frozen<Obj>;
  patch: Obj;
  manager: string;
  force: boolean;
  schema: Schema | undefined;
  gvk: Gvk;
  now: Date;
  subresource?: string;
};
export function applyPatch(o: Apply): Obj {
  return { ...o.live, ...o.patch };
}
export type ColumnDefinition = { name: string; type: string; format: string; description: string; priority: number };
export function columnsFor(_gvk: Gvk, _crd?: readonly unknown[]): ColumnDefinition[] {
  return [{ name: 'Name', type: 'string', format: 'name', description: '', priority: 0 }];
}
export function cellsFor(_gvk: Gvk, o: Frozen<Obj>, _now: Date, _crd?: readonly unknown[]): unknown[] {
  return [o.metadata.name];
}
