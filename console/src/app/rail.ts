import { useCallback, useEffect, useState } from 'react';

const wide = matchMedia('(min-width: 1600px)');
/** Run and pipeline pages are drawings and want the width. */
export const isCanvas = (path: string): boolean => /^\/(runs|pipelines)\/(?!new$)[^/]+/.test(path);
/** Canvas pages fold the sidebar under 1600 px; the choice is remembered for each kind of page. */
export function useRail(kind: 'list' | 'canvas'): [boolean, () => void] {
  const key = `skiff.rail.${kind}`;
  const initial = useCallback(() => {
    const chosen = localStorage.getItem(key);
    return chosen === null ? kind === 'canvas' && !wide.matches : chosen === 'on';
  }, [key, kind]);
  const [state, setState] = useState({ key, railed: initial() });
  const railed = state.key === key ? state.railed : initial();
  useEffect(() => setState({ key, railed: initial() }), [key, initial]);
  const toggle = useCallback(() => {
    const next = !railed;
    localStorage.setItem(key, next ? 'on' : 'off');
    setState({ key, railed: next });
  }, [key, railed]);
  return [railed, toggle];
}
