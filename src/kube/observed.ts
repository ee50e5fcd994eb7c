import type { ControllerDef, Observed, Source } from './controller.ts';
import type { Informers } from './informer.ts';
import { parseLabelSelector } from './selectors.ts';
import { type Frozen, type Gvk, keyOf, type Obj, type Ref } from './types.ts';

/** The world as one plan sees it: views on the shared caches, limited to what the controller declares. */
export function observe(
  def: ControllerDef,
  object: Frozen<Obj>,
  memo: unknown,
  informers: Informers,
  sources: ReadonlyMap<string, Source>,
): Observed {
  const uid = object.metadata.uid ?? '';
  const owns = def.owns ?? [];
  const readable = (gvk: Gvk) => gvk === def.for || owns.includes(gvk) || (def.reads?.some(r => r.gvk === gvk) ?? false);
  return {
    object,
    memo,
    owned<C extends Obj>(gvk: Gvk) {
      if (!owns.includes(gvk)) throw new Error(`${def.name} does not declare that it owns ${gvk}`);
      return [...informers.of(gvk).ownedBy(uid)] as unknown as Frozen<C>[];
    },
    find<C extends Obj>(gvk: Gvk, by: Ref | { namespace?: string; labels?: string }) {
      if (!readable(gvk)) throw new Error(`${def.name} does not declare that it reads ${gvk}`);
      const informer = informers.of(gvk);
      if ('name' in by) {
        const found = informer.get(keyOf({ metadata: by }));
        return (found && (!by.uid || found.metadata.uid === by.uid) ? [found] : []) as unknown as Frozen<C>[];
      }
      const items = by.namespace === undefined ? [...informer.all()] : [...informer.inNamespace(by.namespace)];
      if (!by.labels) return items as unknown as Frozen<C>[];
      const selector = parseLabelSelector(by.labels);
      return items.filter(i => selector.matches(i.metadata.labels)) as unknown as Frozen<C>[];
    },
    signal<S>(source: string, key = uid) {
      const found = sources.get(source);
      if (!found) throw new Error(`no source ${source}`);
      return found.get(key) as Frozen<S> | undefined;
    },
  };
}
