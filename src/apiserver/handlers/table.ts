import type { Frozen, Obj } from '../../kube/index.ts';
import { cellsFor, columnsFor } from '../printers/index.ts';
import { gvkOfDef, type ResourceDef } from '../registry/resource.ts';

/** Only what names an object, for rows and for metadata informers. */
export function partialOf(o: Frozen<Obj>): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: o.metadata };
}

/** A Table of objects; `withColumns` false in later events of a watch. */
export function tableOf(
  def: ResourceDef,
  objects: readonly Frozen<Obj>[],
  query: URLSearchParams,
  now: Date,
  metadata: object,
  version: 'v1' | 'v1beta1',
  withColumns = true,
): object {
  const gvk = gvkOfDef(def);
  const include = query.get('includeObject') ?? 'Metadata';
  const columns = def.custom?.columns;
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    ...(withColumns ? { columnDefinitions: columnsFor(gvk, columns) } : { columnDefinitions: null }),
    rows: objects.map(o => ({
      cells: cellsFor(gvk, o, now, columns),
      ...(include === 'None' ? { object: null } : { object: include === 'Object' ? o : partialOf(o) }),
    })),
  };
}
