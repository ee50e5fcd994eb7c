import { useSyncExternalStore } from 'react';
import { now } from '../lib/clock.ts';

export type Toast = { id: number; text: string; name?: string; error?: boolean; until?: number; undo?: () => void };
const lastsMs = 10_000;
const infoMs = 5000;
let toasts: readonly Toast[] = [];
let nextId = 1;
const endings = new Map<number, { timer: ReturnType<typeof setTimeout>; commit?: () => void }>();
const listeners = new Set<() => void>();
function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}
function end(id: number, how: 'commit' | 'undo' | 'close'): void {
  const ending = endings.get(id);
  const toast = toasts.find(t => t.id === id);
  if (ending) clearTimeout(ending.timer);
  endings.delete(id);
  set(toasts.filter(t => t.id !== id));
  if (how === 'undo') toast?.undo?.();
  else ending?.commit?.();
}
function add(toast: Omit<Toast, 'id'>, ms: number | undefined, commit?: () => void): void {
  const id = nextId++;
  set([...toasts, { ...toast, id, ...(ms === undefined ? {} : { until: now() + ms }) }]);
  if (ms !== undefined) endings.set(id, { timer: setTimeout(() => end(id, 'commit'), ms), ...(commit ? { commit } : {}) });
}
/** Says what happened. */
export const notify = (text: string, name?: string): void => add({ text, ...(name ? { name } : {}) }, infoMs);
/** Says what was done and can be taken back for 10 s; `commit`, if any, runs when the time is over or the page is left. */
export const notifyUndo = (text: string, name: string | undefined, undo: () => void, commit?: () => void): void =>
  add({ text, undo, ...(name ? { name } : {}) }, lastsMs, commit);
/** An error stays until it is closed. */
export const notifyError = (error: unknown): void =>
  add({ text: error instanceof Error ? error.message : String(error), error: true }, undefined);
export const closeToast = (id: number): void => end(id, 'close');
export const undoToast = (id: number): void => end(id, 'undo');
/** Takes back the last act, if its time is not over. */
export function undoLast(): void {
  const last = toasts.findLast(t => t.undo);
  if (last) end(last.id, 'undo');
}
/** Performs what is still waiting for its undo time: the page is about to go. */
export function commitAll(): void {
  for (const id of [...endings.keys()]) end(id, 'commit');
}
export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
}
