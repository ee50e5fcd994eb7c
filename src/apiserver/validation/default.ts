import type { Frozen, Gvk, Obj } from '../../kube/index.ts';

/** What Go's decoding and defaulting make of a built-in object. Gives a new object; the given one stays as it is. */
export function defaultBuiltin(_gvk: Gvk, object: Frozen<Obj> | Obj): Obj {
  return structuredClone(object) as Obj;
}
