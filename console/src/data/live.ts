import { useSyncExternalStore } from 'react';
import { now } from '../lib/clock.ts';

/** Whether Skiff answers. One state for the whole page, fed by every request and stream. */
export type Live = { state: 'live' } | { state: 'lost'; since: number; retryAt: number };

const longestWaitMs = 15_000;
let live: Live = { state: 'live' };
let waitMs = 1000;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();
const back = new Set<() => void>();

function set(next: Live): void {
  live = next;
  for (const listener of listeners) listener();
}
/** Something answered: the connection is up. */
export function reportAnswer(): void {
  if (live.state === 'live') return;
  clearTimeout(timer);
  waitMs = 1000;
  set({ state: 'live' });
  for (const listener of back) listener();
}
/** Nothing answered: say so and knock again, ever less often. */
export function reportSilence(): void {
  const since = live.state === 'lost' ? live.since : now();
  clearTimeout(timer);
  set({ state: 'lost', since, retryAt: now() + waitMs });
  timer = setTimeout(knock, waitMs);
  waitMs = Math.min(waitMs * 2, longestWaitMs);
}
/** Tries at once. */
export function knock(): void {
  clearTimeout(timer);
  fetch('/console/api/session', { credentials: 'same-origin' }).then(reportAnswer, reportSilence);
}
/** Calls `listener` each time the connection came back. */
export function onBack(listener: () => void): () => void {
  back.add(listener);
  return () => back.delete(listener);
}
/** The connection state. */
export function useLive(): Live {
  return useSyncExternalStore(
    listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => live,
  );
}
