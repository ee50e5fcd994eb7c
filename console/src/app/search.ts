import { useNavigate, useSearch } from '@tanstack/react-router';

/** Every part of a view that a link must carry. All are plain strings, so that an address can be read and typed. */
export type Search = {
  ns?: string;
  q?: string;
  sort?: string;
  cols?: string;
  view?: string;
  tab?: string;
  node?: string;
  loop?: string;
  find?: string;
  attempt?: string;
  line?: string;
  artifact?: string;
  open?: string;
  why?: string;
  pipeline?: string;
  version?: string;
  experiment?: string;
  clone?: string;
  upload?: string;
  show?: string;
};
export type SearchKey = keyof Search;

export function parseSearch(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text)) as Search;
}
/** Keeps `:`, `/` and `,` readable, as they are allowed in a query. */
export function stringifySearch(search: Record<string, unknown>): string {
  const parts = Object.entries(search)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(
      ([key, value]) =>
        `${encodeURIComponent(key)}=${encodeURIComponent(String(value)).replaceAll('%3A', ':').replaceAll('%2F', '/').replaceAll('%2C', ',')}`,
    );
  return parts.length ? `?${parts.join('&')}` : '';
}
/** What a link to another page takes along: the namespace and nothing else. */
export const keepNamespace = (search: Search): Search => (search.ns ? { ns: search.ns } : {});

export function useParams(): Search {
  return useSearch({ strict: false }) as Search;
}
/** Changes some parameters of this page; `push` makes a history entry. */
export function useSetParams(): (change: { [K in SearchKey]?: string | undefined }, o?: { push?: boolean }) => void {
  const navigate = useNavigate();
  return (change, o) => {
    void navigate({ to: '.', search: (old: Search) => ({ ...old, ...change }) as Search, replace: !o?.push });
  };
}
export function useParam(key: SearchKey): [string | undefined, (value: string | undefined) => void] {
  const value = useParams()[key];
  const set = useSetParams();
  return [value, next => set({ [key]: next })];
}
