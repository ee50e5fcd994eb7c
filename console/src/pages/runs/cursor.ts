import { useState } from 'react';
import type { Act } from '../../acts/registry.ts';

/** The cursor row of a list: it is an id, so it stays on its row while rows come and go. */
export function useRowCursor(ids: readonly string[]): { cursor: string | undefined; setCursor(id: string): void; acts: Act[] } {
  const [cursor, setCursor] = useState<string>();
  const move = (by: number): void => {
    const place = cursor === undefined ? -1 : ids.indexOf(cursor);
    const next = ids[Math.min(ids.length - 1, Math.max(0, place < 0 ? 0 : place + by))];
    if (next !== undefined) setCursor(next);
  };
  return {
    cursor,
    setCursor,
    acts: [
      { id: 'down', label: 'Next row', keys: ['j', 'arrowdown'], group: 'List', quiet: true, run: () => move(1) },
      { id: 'up', label: 'Previous row', keys: ['k', 'arrowup'], group: 'List', quiet: true, run: () => move(-1) },
    ],
  };
}
