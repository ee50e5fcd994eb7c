import type { LucideIcon } from 'lucide-react';
import { useEffect, useRef, useSyncExternalStore } from 'react';

/** Something a user can do here and now. One list feeds keys, palette, key map and help, so none can disagree. */
export type Act = {
  id: string;
  label: string;
  /** `g r`, `x`, `shift+x`, `ctrl+enter`, `/`, `escape`. Several are given as alternatives. */
  keys?: string | readonly string[];
  icon?: LucideIcon;
  hint?: string;
  /** The same act on the command line. */
  command?: string;
  /** Where the palette and the key map list it. */
  group?: string;
  /** Only a key, not worth a palette row. */
  quiet?: boolean;
  run(): void;
};

let lists: readonly { owner: object; acts: readonly Act[] }[] = [];
let flat: readonly Act[] = [];
const listeners = new Set<() => void>();
function change(next: typeof lists): void {
  lists = next;
  // The innermost (last mounted) page comes first: it wins a key and leads the palette.
  flat = lists.toReversed().flatMap(list => list.acts);
  for (const listener of listeners) listener();
}

/** Offers acts while the component is mounted. */
export function useActs(acts: readonly Act[]): void {
  const owner = useRef({});
  const latest = useRef(acts);
  latest.current = acts;
  const shape = acts.map(act => `${act.id}\u0000${act.label}\u0000${act.command ?? ''}`).join('\u0001');
  // biome-ignore lint/correctness/useExhaustiveDependencies: closures may change each render; the registry holds indirections
  useEffect(() => {
    const me = owner.current;
    const held = latest.current.map(act => ({ ...act, run: () => latest.current.find(a => a.id === act.id)?.run() }));
    const place = lists.findIndex(list => list.owner === me);
    change(place < 0 ? [...lists, { owner: me, acts: held }] : lists.with(place, { owner: me, acts: held }));
  }, [shape]);
  useEffect(() => {
    const me = owner.current;
    return () => change(lists.filter(list => list.owner !== me));
  }, []);
}
export const currentActs = (): readonly Act[] => flat;
export function useAllActs(): readonly Act[] {
  return useSyncExternalStore(listener => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, currentActs);
}
