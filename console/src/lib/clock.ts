import { useSyncExternalStore } from 'react';

/** The only reader of the time in the console, so that shots can hold it still. */
export const now = (): number => Date.now();

let current = now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    current = now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}
const read = (): number => (listeners.size === 0 ? (current = now()) : current);
const still = (): (() => void) => () => {};

/** The time in ms, one tick a second for the whole page; `ticking: false` gives the time of the render and never updates. */
export function useNow(ticking = true): number {
  return useSyncExternalStore(ticking ? subscribe : still, ticking ? read : () => current);
}
