import type { Act } from './registry.ts';

export type Press = { key: string; ctrl: boolean; shift: boolean; alt: boolean };

/** The name of a key press as acts write it: `ctrl+k`, `shift+x`, `?`, `escape`. Shift is named for letters and Enter only. */
export function nameOf(p: Press): string {
  const key = p.key === ' ' ? 'space' : p.key.length === 1 ? p.key : p.key.toLowerCase();
  const letter = /^[a-zA-Z]$/.test(key);
  const shift = p.shift && (letter || key === 'enter');
  return `${p.ctrl ? 'ctrl+' : ''}${p.alt ? 'alt+' : ''}${shift ? 'shift+' : ''}${letter ? key.toLowerCase() : key}`;
}
export const keysOf = (act: Act): readonly string[] =>
  act.keys === undefined ? [] : typeof act.keys === 'string' ? [act.keys] : act.keys;

export type Match = { act: Act } | { prefix: string } | undefined;
/** What a press means after `prefix` (the `g` of `g r`): an act, the start of a sequence, or nothing. */
export function matchPress(acts: readonly Act[], prefix: string, name: string): Match {
  const typed = prefix ? `${prefix} ${name}` : name;
  const act = acts.find(a => keysOf(a).includes(typed));
  if (act) return { act };
  if (acts.some(a => keysOf(a).some(k => k.startsWith(`${typed} `)))) return { prefix: typed };
  return prefix ? matchPress(acts, '', name) : undefined;
}

/** Whether single letters belong to the focused element (text fields, menus, sandboxed frames). */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest('[role="menu"],[role="listbox"]')) return true;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'file', 'range'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
const words: Record<string, string> = {
  ctrl: 'Ctrl',
  enter: 'Enter',
  escape: 'Esc',
  shift: 'Shift',
  alt: 'Alt',
  arrowdown: '↓',
  arrowup: '↑',
  arrowleft: '←',
  arrowright: '→',
  space: 'Space',
};
/** `ctrl+enter` as the caps to draw: `Ctrl`, `Enter`. */
export function capsOf(keys: string): string[] {
  return keys.split(/[ +]/).map(part => words[part] ?? part);
}
