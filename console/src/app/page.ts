import { useEffect, useSyncExternalStore } from 'react';

export type Crumb = { label: string; to?: string };
/** What the frame must know of the page inside it. */
export type PageInfo = { crumbs: readonly Crumb[]; namespace?: string };
let page: PageInfo = { crumbs: [] };
const listeners = new Set<() => void>();

/** Names the page (breadcrumb and title of the tab) and the namespace of what it shows. */
export function usePage(crumbs: readonly Crumb[], namespace?: string): void {
  const key = JSON.stringify([crumbs, namespace]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for crumbs
  useEffect(() => {
    page = { crumbs, ...(namespace ? { namespace } : {}) };
    document.title = `${crumbs.at(-1)?.label ?? 'Home'} · Skiff`;
    for (const listener of listeners) listener();
  }, [key]);
}
export function usePageInfo(): PageInfo {
  return useSyncExternalStore(
    listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => page,
  );
}
