import type { FieldError, Frozen, Gvk, Obj } from '../../kube/index.ts';

/** Checks a defaulted built-in object on create, or on update when `old` is given. Metadata is `validateMeta`'s. */
export function validateBuiltin(_gvk: Gvk, _object: Frozen<Obj>, _old?: Frozen<Obj>): FieldError[] {
  return [];
}
